"""Many rows from a file: looked at first, imported after a yes; a long list by a process of its own, whose progress the page shows.

Until the yes the hub keeps nothing: the page carries the file. Tested in `tests/hub/registers/views/test_importing.py`.
"""

import base64
import binascii
import os
import zlib
from collections.abc import Sequence
from http import HTTPStatus
from threading import Thread
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from hub.accounts.roles import Role
from hub.console import context
from hub.console.context import hub, needs, now, role, user
from hub.console.display import worded
from hub.errors import RefusedError
from hub.organisation.naming import UnitNames
from hub.registers.catalogue import TownRegister
from hub.registers.importing import files, job_process, reading, store
from hub.registers.importing.preview import Preview, preview
from hub.registers.importing.run import AT_ONCE, Importer, words_of
from hub.registers.views.blueprint import HOOKS, blueprint, writable
from hub.registers.views.one import Answer
from hub.registers.views.showing import all_drafts, columns

FAULTS = 200
ROWS = 20


@blueprint.route("/<register_id>/import", methods=["GET", "POST"])
@needs(Role.SUPERVISOR)
def import_list(register_id: str) -> Answer:
    """Shows what a list holds and every row that is wrong; with `carried` (the file, from that page) imports all of it."""
    found = writable(register_id)
    if found.closed_at is not None:
        abort(HTTPStatus.CONFLICT)
    if request.method != "POST":
        return _page(found)
    if "carried" in request.form:
        return _import(found, request.form.get("name", "")[:100] or "list", unpack(request.form["carried"]))
    file = request.files.get("list")
    data = file.read(reading.MOST_BYTES + 1) if file is not None else b""
    if file is None or not file.filename or not data:
        return _page(
            found, wrong=gettext("Choose a file with a heading and a row for each entry.")
        ), HTTPStatus.BAD_REQUEST
    name = file.filename[:100]
    try:
        looked = _preview(found, data, name)
    except RefusedError as refused:
        return _page(found, wrong=worded(refused.words)), HTTPStatus.BAD_REQUEST
    return _page(found, looked, data), HTTPStatus.BAD_REQUEST if looked.faults else HTTPStatus.OK


@blueprint.get("/<register_id>/imports")
@needs(Role.SUPERVISOR)
def imports(register_id: str) -> str:
    """The imports of a register alone, which the page asks for again while one runs."""
    return render_template("registers/imports.html", register=writable(register_id).register, **_jobs(register_id))


def _preview(found: TownRegister, data: bytes, name: str) -> Preview:
    here = job_process.here_of(context.reading(), hub().opened)
    within = context.branch()
    names = UnitNames.of(context.reading(), hub().town, within)
    here = here.within(None if within is None else within.gates)
    return preview(context.reading(), hub().town, found, reading.read(data, name), name, here, names)


def _import(found: TownRegister, name: str, data: bytes) -> Answer:
    columns_ = request.form.getlist("column")
    try:
        looked = _preview(found, data, name)
        if (refusal := looked.refusal(columns_)) is not None:
            wrong = worded(refusal.words) if looked.faults else ""
            return _page(found, looked, data, wrong, columns_, left=True), HTTPStatus.CONFLICT
        if len(looked.rows) > AT_ONCE:
            _start(found, name, data, tuple(columns_), len(looked.rows))
            flash(gettext("The list is being imported; this page shows how far it is."))
            return redirect(url_for("registers.import_list", register_id=found.register.id), HTTPStatus.SEE_OTHER)
        drafts = [draft for _, draft in looked.rows]
        count = _importer().at_once(found.register.id, drafts, name, user().id, role())
    except RefusedError as refused:
        return _page(found, wrong=worded(refused.words)), HTTPStatus.CONFLICT
    flash(gettext("%(count)s rows are imported.", count=count))
    return redirect(url_for("registers.rows", register_id=found.register.id), HTTPStatus.SEE_OTHER)


def _importer() -> Importer:
    here = job_process.here_of(context.reading(), hub().opened)
    return Importer(hub().town, hub().writing, hub().reading, here, current_app.extensions[HOOKS], hub().clock)


def _start(found: TownRegister, name: str, data: bytes, ignored: tuple[str, ...], rows: int) -> None:
    folder = hub().settings.imports
    job_process.settle(_importer(), folder)
    with hub().writing.begin() as connection:
        id_ = store.begin(
            connection, hub().town, found.register.id, name, ignored, rows, by=user().id, role=role().value, now=now()
        )
        held = files.lock(folder, id_)
    try:
        files.keep(folder, id_, data)
        process = files.start(hub().settings.folder, hub().settings.log, id_, held)
    except OSError:
        _importer().undo(id_, job_process.STOPPED)
        files.erase(folder, id_)
        raise
    finally:
        # the process holds it from here on
        os.close(held)
    Thread(target=process.wait, name=f"import-{id_[:8]}", daemon=True).start()


def _jobs(register_id: str) -> dict[str, Any]:
    """What the page shows of the register's imports. One that nobody goes on with, as after a restart, is taken out again."""
    folder = hub().settings.imports

    def found() -> list[store.Import]:
        # not the request's connection, which sees what was there at its first look
        with context.open_reading() as connection:
            return store.of_register(connection, hub().town, register_id)

    jobs = found()
    going = (store.State.RUNNING, store.State.UNDOING)
    if any(each.state in going and not files.is_running(folder, each.id) for each in jobs):
        job_process.settle(_importer(), folder)
        jobs = found()
    shown = [(each, worded(words_of(each.error)) if each.error else "") for each in jobs]
    return {"jobs": shown, "running": any(each.state in going for each in jobs)}


def _page(
    found: TownRegister,
    looked: Preview | None = None,
    data: bytes = b"",
    wrong: str = "",
    columns_: Sequence[str] = (),
    *,
    left: bool = False,
) -> str:
    """The page: `columns_` are those that may stay unread, `left` is true if something was not confirmed."""
    fits = looked is not None and looked.rows and not looked.faults
    return render_template(
        "registers/import.html",
        found=found,
        register=found.register,
        looked=looked,
        carried=pack(data) if fits else "",
        sample=all_drafts(found, [draft for _, draft in looked.rows[:ROWS]]) if fits and looked else [],
        sample_columns=[each for each in columns(found) if not each.computed],
        wrong=wrong,
        faults=FAULTS,
        columns=columns_,
        left=left,
        most_rows=reading.MOST_ROWS,
        most_bytes=reading.MOST_BYTES // 1024 // 1024,
        **_jobs(found.register.id),
    )


def pack(data: bytes) -> str:
    """A file as text that a form can carry."""
    return base64.b64encode(zlib.compress(data)).decode("ascii")


def unpack(text: str) -> bytes:
    """The file again; 400 for text that no page of ours carried, or that unpacks to more than a file may have."""
    try:
        inflate = zlib.decompressobj()
        data = inflate.decompress(base64.b64decode(text, validate=True), reading.MOST_BYTES + 1)
    except (binascii.Error, ValueError, zlib.error):
        abort(HTTPStatus.BAD_REQUEST)
    if not inflate.eof or len(data) > reading.MOST_BYTES:
        abort(HTTPStatus.BAD_REQUEST)
    return data
