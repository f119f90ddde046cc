"""Adding a row and changing one: the form, and what is wrong with it; nothing that somebody typed is lost.

Tested in `tests/hub/registers/views/test_writing.py`.
"""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, role, user
from hub.console.display import user_name, worded
from hub.console.once import do_once
from hub.console.units import gate_choices, unit_choices
from hub.errors import RefusedError
from hub.organisation import store as organisation
from hub.registers import catalogue, pictures, store
from hub.registers.catalogue import TownRegister
from hub.registers.field_types import FieldType
from hub.registers.pictures import MOST_BYTES
from hub.registers.rows import Draft, Links, RegisterRow
from hub.registers.store import Asked
from hub.registers.views.blueprint import blueprint, keeper_of, known_row, named, row_writer, writable
from hub.registers.views.forms import MARK, PICTURE_MARK, Kept, PictureField, RowForm, hint, row_form
from hub.registers.views.one import Answer, fresh_row, version_of
from hub.registers.views.showing import cell, row_name

OFFERED = 40
"""Texts, and rows to belong to, that a field offers."""
LOOKED_AT = 200


@blueprint.route("/<register_id>/new", methods=["GET", "POST"])
@needs(Role.OFFICER)
def new(register_id: str) -> Answer:
    """A new row."""
    found = writable(register_id)
    kept = Kept(found)
    if request.method != "POST":
        return _page(kept, row_form(kept), _links_of(request.args))
    form, odd = _sent(kept)
    links = _links_of(request.form)
    if odd or not form.validate():
        return _page(kept, form, links, odd), HTTPStatus.BAD_REQUEST

    def do(connection: Connection) -> str:
        draft = Draft(form.values(), _checked_links(connection, found, links))
        _check_pictures(connection, kept, draft)
        row = keeper_of(connection, register_id).add(connection, draft, row_writer())
        _bind_pictures(connection, kept, row)
        if "again" in request.form:
            return url_for(
                "registers.new",
                register_id=register_id,
                parent=links["parent"] or None,
                day=links["day"] or None,
                unit=links["unit"] or None,
            )
        return url_for("registers.row", register_id=register_id, row_id=row.id)

    try:
        with hub().writing.begin() as connection:
            there = do_once(connection, lambda: do(connection))
    except RefusedError as refused:
        return _page(kept, form, links, worded(refused.words)), HTTPStatus.CONFLICT
    flash(gettext("The row is added."))
    return redirect(there, HTTPStatus.SEE_OTHER)


@blueprint.route("/<register_id>/<int:row_id>/change", methods=["GET", "POST"])
@needs(Role.OFFICER)
def change(register_id: str, row_id: int) -> Answer:
    """Changes what a row says. Who comes second is shown what the row says now, beside what was typed."""
    found = writable(register_id)
    there = known_row(found, row_id)
    if there.removed_at is not None:
        abort(HTTPStatus.NOT_FOUND)
    kept = Kept(found, there)
    if request.method != "POST":
        return _page(kept, row_form(kept), _of_row(there))
    form, odd = _sent(kept)
    links = _links_of(request.form)
    if odd or not form.validate():
        return _page(kept, form, links, odd), HTTPStatus.BAD_REQUEST

    def do(connection: Connection) -> str:
        row = known_row(found, row_id, connection)
        draft = Draft(form.values(), _checked_links(connection, found, links, row))
        _check_pictures(connection, kept, draft)
        why = request.form.get("why", "")[:500].strip()
        after = keeper_of(connection, register_id).change(
            connection, row, draft, row_writer(), version=version_of(form.version.data), why=why
        )
        _bind_pictures(connection, kept, after)
        return url_for("registers.row", register_id=register_id, row_id=row_id)

    try:
        with hub().writing.begin() as connection:
            address = do_once(connection, lambda: do(connection))
    except RefusedError as refused:
        return _second(found, row_id, form, links, worded(refused.words)), HTTPStatus.CONFLICT
    flash(gettext("The row is changed."))
    return redirect(address, HTTPStatus.SEE_OTHER)


def _second(found: TownRegister, row_id: int, form: RowForm, links: Mapping[str, str], odd: str) -> str:
    """The form again with what was typed, beside what the row says now; sent once more it counts for the row as it is now."""
    fresh = fresh_row(found, row_id)
    if version_of(form.version.data) == fresh.version:
        return _page(Kept(found, fresh), form, links, odd)
    form.version.data = str(fresh.version)
    typed = form.said
    now_there = {
        of.id: cell(of, fresh.values.get(of.id), role()) or gettext("nothing")
        for of in Kept(found, fresh).fields
        if fresh.values.get(of.id) != typed.get(of.id)
    }
    odd = gettext(
        "%(user)s changed this row in the meantime. Nothing of yours is lost: what it says now stands below each field that "
        "differs. Save once more to let yours count.",
        user=user_name(fresh.changed_by),
    )
    return _page(Kept(found, fresh), form, links, odd, now_there)


def _sent(kept: Kept) -> tuple[RowForm, str]:
    """The form that was sent, with the pictures that came with it already taken; and what is wrong with one of them."""
    form = row_form(kept, request.form)
    odd = ""
    for of in kept.fields:
        f = form.field_of(of)
        if not isinstance(f, PictureField):
            continue
        if PICTURE_MARK + "gone-" + of.id in request.form:
            f.data = ""
        file = request.files.get(MARK + of.id)
        data = file.read(MOST_BYTES + 1) if file is not None and file.filename else b""
        if not data:
            continue
        try:
            picture = pictures.taken(data)
        except RefusedError as refused:
            odd = worded(refused.words)
            continue
        with hub().writing.begin() as connection:
            f.data = pictures.keep(connection, hub().town, of.id, picture, by=user().id, now=now())
    return form, odd


def _check_pictures(connection: Connection, kept: Kept, draft: Draft) -> None:
    row = None if kept.row is None else kept.row.id
    for of in kept.fields:
        value = draft.values.get(of.id)
        if of.type is FieldType.PICTURE and value is not None and value != kept.value(of):
            pictures.check(connection, hub().town, of.id, str(value), row, user().id)


def _bind_pictures(connection: Connection, kept: Kept, row: RegisterRow) -> None:
    of_type = [of for of in kept.found.register.fields if of.type is FieldType.PICTURE]
    if of_type:
        ids = [str(row.values[of.id]) for of in of_type if of.id in row.values]
        pictures.bind(connection, hub().town, row.id, ids)


LINKS = ("parent", "day", "unit", "gate", "visit")


def _links_of(sent: Mapping[str, str]) -> dict[str, str]:
    return {name: sent.get(name, "").strip()[:64] for name in LINKS}


def _of_row(row: RegisterRow) -> dict[str, str]:
    links = {name: str(getattr(row.links, name) or "") for name in LINKS}
    if row.links.parent is not None and (above := store.find(reading(), hub().town, row.links.parent)):
        links["parent"] = str(above.number)
    return links


def _checked_links(
    connection: Connection, found: TownRegister, links: Mapping[str, str], row: RegisterRow | None = None
) -> Links:
    """What a row is bound to, as its form says; `RefusedError` for what there is not."""
    register = found.register
    before = Links() if row is None else row.links
    day = links["day"] or None
    if day is not None and register.daily:
        try:
            date.fromisoformat(day)
        except ValueError:
            raise RefusedError("%(column)s %(found)r: expected a day of the calendar such as 2026-03-01",
                               column="日期 Day", found=day) from None  # fmt: skip
    return Links(
        parent=_parent(connection, found, links["parent"]) if register.parent else None,
        day=day if register.daily else None,
        unit=_unit(connection, links["unit"], before.unit) if register.unit != "off" else before.unit,
        gate=_gate(links["gate"]) if register.gate != "off" else before.gate,
        visit=(links["visit"] or None) if register.visit else before.visit,
        pass_id=before.pass_id,
    )


def _unit(connection: Connection, text: str, before: str | None) -> str | None:
    """The unit that a form names: one of the organisation, or the one that stood there before."""
    if text and text != before:
        return organisation.known(connection, hub().town, text).id
    return text or None


def _gate(text: str) -> str | None:
    if text and text not in dict(gate_choices()):
        raise RefusedError("%(column)s %(found)r: there is none such", column="卡口 Gate", found=text)
    return text or None


def _parent(connection: Connection, found: TownRegister, text: str) -> int | None:
    """The row that another belongs to, by its number."""
    if not text:
        return None
    number = text.removeprefix("№").strip().partition(" ")[0]
    above = catalogue.known(connection, hub().town, str(found.register.parent)).register
    row = (
        store.numbered(connection, hub().town, above, int(number))
        if number.isascii() and number.isdigit() and len(number) < 10
        else None
    )
    if row is None:
        raise RefusedError("register %(register)r: there is no row %(id)s", register=above.id, id=text)
    return row.id


def _page(
    kept: Kept, form: RowForm, links: Mapping[str, str], odd: str = "", now_there: Mapping[str, str] | None = None
) -> str:
    found = kept.found
    groups: dict[str, list[Any]] = {}
    for of in kept.fields:
        groups.setdefault(named(of.group), []).append(of)
    return render_template(
        "registers/form.html",
        found=found,
        register=found.register,
        row=kept.row,
        title=None if kept.row is None else row_name(found.register, kept.row, role()),
        form=form,
        groups=list(groups.items()),
        hint=lambda of: hint(kept, of),
        links=links,
        units=unit_choices(),
        gates=gate_choices(),
        parents=_parents(found),
        offered=_offered(found),
        today=now().astimezone(hub().zone).date().isoformat(),
        odd=odd,
        now_there=now_there or {},
    )


def _parents(found: TownRegister) -> list[tuple[int, str]]:
    """The newest rows that a row of this register may belong to, by number."""
    if found.register.parent is None:
        return []
    above = catalogue.known(reading(), hub().town, found.register.parent).register
    rows = store.page(reading(), hub().town, above, Asked(), role(), before=None, limit=OFFERED)
    return [(each.number, row_name(above, each, role())) for each in rows]


def _offered(found: TownRegister) -> dict[str, list[str]]:
    """By field: the texts that the newest rows say there, for fields that say nothing of a person."""
    texts = [of for of in found.register.typed if of.type is FieldType.TEXT and not of.personal and not of.unique]
    if not texts:
        return {}
    rows = store.page(reading(), hub().town, found.register, Asked(), role(), before=None, limit=LOOKED_AT)
    return {of.id: sorted({str(each.values[of.id]) for each in rows if of.id in each.values})[:OFFERED] for of in texts}
