"""Duty staff or a roster from a file: looked at first, taken after a yes. Until then the hub keeps nothing: the page carries the file.

Tested in `tests/hub/roster/test_views.py`.
"""

from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from hub.accounts.roles import Role
from hub.console.carried import pack, unpack
from hub.console.context import hub, needs, reading
from hub.console.display import worded
from hub.errors import RefusedError
from hub.passes.listed import read
from hub.passes.sheet import MOST_BYTES
from hub.roster import importing
from hub.roster.importing import HEADINGS, NEEDED, ListKind, Preview
from hub.roster.views.blueprint import author, blueprint

UPLOAD = MOST_BYTES * 3 // 2
ROWS = 20


@blueprint.url_value_preprocessor
def _room(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    # a file is more than a form may hold elsewhere; base64 makes four bytes of three
    if endpoint == "roster.import_list" and current_user.is_authenticated:
        request.max_content_length = request.max_form_memory_size = UPLOAD


@blueprint.route("/roster/import/<kind>", methods=["GET", "POST"])
@needs(Role.SUPERVISOR)
def import_list(kind: str) -> str | Response | tuple[str, int]:
    """Shows what a list asks for and every row that is wrong; with `kept` (the file, from that page) takes all of it."""
    if kind not in set(ListKind):
        abort(404)
    wanted = ListKind(kind)
    if request.method != "POST":
        return _page(wanted)
    if "kept" in request.form:
        return _take(wanted, request.form.get("name", "")[:100] or "list", unpack(request.form["kept"], MOST_BYTES))
    file = request.files.get("list")
    data = file.read(MOST_BYTES + 1) if file is not None else b""
    if file is None or not file.filename or not data:
        return _page(
            wanted, wrong=gettext("Choose a file with a heading and a row for each line.")
        ), HTTPStatus.BAD_REQUEST
    name = file.filename[:100]
    try:
        found = importing.look(author(reading()), wanted, read(data, name), name)
    except RefusedError as refused:
        return _page(wanted, wrong=worded(refused.words)), HTTPStatus.BAD_REQUEST
    return _page(wanted, found, data, name), HTTPStatus.BAD_REQUEST if found.faults else HTTPStatus.OK


def _take(kind: ListKind, name: str, data: bytes) -> str | Response | tuple[str, int]:
    try:
        # read before the transaction, which nobody else can write in
        rows = read(data, name)
        with hub().writing.begin() as connection:
            count = importing.take(author(connection), kind, rows, name)
    except RefusedError as refused:
        return _page(kind, wrong=worded(refused.words)), HTTPStatus.CONFLICT
    flash(gettext("Imported: %(count)s rows.", count=count))
    return redirect(url_for("roster.everybody" if kind is ListKind.STAFF else "roster.every"))


def _page(kind: ListKind, found: Preview | None = None, data: bytes = b"", name: str = "", wrong: str = "") -> str:
    return render_template(
        "roster/import.html",
        kind=kind.value,
        found=found,
        name=name,
        kept=pack(data) if found and found.fresh and not found.faults else "",
        wrong=wrong,
        rows=ROWS,
        columns=[(words[0], words[1:], column in NEEDED[kind]) for column, words in HEADINGS[kind].items()],
        worded=worded,
    )
