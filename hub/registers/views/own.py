"""Registers of one's own, for an admin: from a template or a text, looked at before they are added; declared anew; what the town chose of each.

Tested in `tests/hub/registers/views/test_own.py`.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse

from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import worded
from hub.console.once import do_once
from hub.errors import RefusedError
from hub.registers import catalogue, declaration
from hub.registers.catalogue import Chosen, SlotNames, TownRegister
from hub.registers.declaration import MOST_BYTES, Register
from hub.registers.views.blueprint import blueprint, named
from hub.registers.views.forms import Kept, row_form
from hub.registers.views.one import version_of
from hub.registers.views.showing import columns

Answer = str | AnyResponse | tuple[str, int]
ENDS = ("destroy", "archive", "keep")


@blueprint.route("/own", methods=["GET", "POST"])
@needs(Role.ADMIN)
def own() -> Answer:
    """The registers of the town, the templates that it may add, and a text that declares one: looked at, then added."""
    if request.method != "POST":
        return _page(request.args.get("template", ""))
    text = _text()
    try:
        looked = declaration.read(text)
    except RefusedError as refused:
        return _page(text=text, wrong=worded(refused.words)), HTTPStatus.BAD_REQUEST
    if "add" not in request.form:
        return _page(text=text, looked=looked)

    def do(connection: Connection) -> str:
        # a child is nothing without its parent: templates bring theirs along
        if catalogue.shipped().get(looked.id) == text:
            catalogue.add_shipped(connection, hub().town, [looked.id], by=user().id, now=now())
        else:
            catalogue.add(connection, hub().town, text, by=user().id, now=now())
        return url_for("registers.settings", register_id=looked.id)

    try:
        with hub().writing.begin() as connection:
            there = do_once(connection, lambda: do(connection))
    except RefusedError as refused:
        return _page(text=text, looked=looked, wrong=worded(refused.words)), HTTPStatus.CONFLICT
    flash(gettext("The register is added."))
    return redirect(there, HTTPStatus.SEE_OTHER)


@blueprint.get("/own/<register_id>")
@needs(Role.ADMIN)
def settings(register_id: str) -> str:
    """One register as it is declared, and what the town chose of it."""
    return _settings(_known(register_id))


@blueprint.post("/own/<register_id>/choose")
@needs(Role.ADMIN)
def choose(register_id: str) -> Answer:
    """Writes which fields are asked, how its roles are called, what becomes of it at the end."""
    found = _known(register_id)
    asked = {
        each.id: f"ask-{each.id}" in request.form
        for each in found.register.typed
        if (f"ask-{each.id}" in request.form) != each.asked
    }
    slots: dict[str, SlotNames] = {}
    for each in found.register.fields:
        zh, en = (request.form.get(f"{language}-{each.id}", "").strip()[:60] for language in ("zh", "en"))
        if each.slot and zh and en:
            slots[each.id] = SlotNames(zh=zh, en=en)
    end, days = request.form.get("end", ""), request.form.get("keep_days", "").strip()
    if end not in (*ENDS, "") or (days and not (days.isascii() and days.isdigit() and int(days[:6]) <= 36_600)):
        return _settings(found, wrong=gettext("Expected at most 36,600 days.")), HTTPStatus.BAD_REQUEST
    chosen = Chosen.model_validate(
        {"asked": asked, "slots": slots, "end": end or None, "keep_days": int(days) if days else None}
    )
    return _change(found, gettext("The settings are kept."), lambda connection, version: catalogue.choose(
        connection, hub().town, register_id, chosen, version=version, by=user().id, now=now()
    ))  # fmt: skip


@blueprint.post("/own/<register_id>/declare")
@needs(Role.ADMIN)
def declare(register_id: str) -> Answer:
    """Declares a register anew."""
    found, text = _known(register_id), _text()
    return _change(found, gettext("The register is declared anew."), lambda connection, version: catalogue.declare(
        connection, hub().town, register_id, text, version=version, by=user().id, now=now()
    ), text)  # fmt: skip


@blueprint.post("/own/<register_id>/close")
@needs(Role.ADMIN)
def close(register_id: str) -> Answer:
    """Closes a register: nothing is added to it any more."""
    found, why = _known(register_id), request.form.get("reason", "")[:500]
    return _change(found, gettext("The register is closed."), lambda connection, version: catalogue.close(
        connection, hub().town, register_id, version=version, by=user().id, why=why, now=now()
    ))  # fmt: skip


def _change(
    found: TownRegister, said: str, act: Callable[[Connection, int], TownRegister], text: str | None = None
) -> Answer:
    """Acts on a register; who comes second is told so, and what was typed is shown again."""
    version = version_of(request.form.get("version"))

    def do(connection: Connection) -> str:
        act(connection, version)
        return url_for("registers.settings", register_id=found.register.id)

    try:
        with hub().writing.begin() as connection:
            there = do_once(connection, lambda: do(connection))
    except RefusedError as refused:
        with hub().reading.connect() as connection:
            fresh = catalogue.find(connection, hub().town, found.register.id) or found
        return _settings(fresh, text, worded(refused.words)), HTTPStatus.CONFLICT
    flash(said)
    return redirect(there, HTTPStatus.SEE_OTHER)


def _known(register_id: str) -> TownRegister:
    found = catalogue.find(reading(), hub().town, register_id)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found


def _text() -> str:
    """The text of the form, or of the file that came with it."""
    file = request.files.get("file")
    data = file.read(MOST_BYTES + 1) if file is not None and file.filename else b""
    if data:
        return data.decode("utf-8-sig", "replace")
    return request.form.get("text", "").replace("\r\n", "\n")


def _page(template: str = "", text: str = "", looked: Register | None = None, wrong: str = "") -> str:
    shipped = catalogue.shipped()
    there = {each.register.id: each for each in catalogue.every(reading(), hub().town)}
    if template in shipped and not text:
        text, looked = shipped[template], declaration.read(shipped[template])
    return render_template(
        "registers/own.html",
        there=list(there.values()),
        templates=[declaration.read(each) for id_, each in shipped.items() if id_ not in there],
        text=text,
        looked=looked,
        wrong=wrong,
        most=MOST_BYTES // 1024,
        **(_preview(looked, text) if looked else {}),
    )


def _preview(looked: Register, text: str) -> dict[str, Any]:
    """What the list and the form of a register would be."""
    found = TownRegister(looked, text, Chosen(), 0, "", "", "", "", None)
    form = row_form(Kept(found))
    return {"preview_columns": columns(found), "preview_form": form, "preview_fields": form.kept.fields}


def _settings(found: TownRegister, text: str | None = None, wrong: str = "") -> str:
    plain = declaration.read(found.text)
    return render_template(
        "registers/settings.html",
        found=found,
        register=found.register,
        plain={each.id: each for each in plain.fields},
        text=found.text if text is None else text,
        ends=ENDS,
        wrong=wrong,
        title=named(found.register),
    )
