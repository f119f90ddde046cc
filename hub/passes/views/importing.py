"""Many passes from a file: looked at first, issued after a yes. Until then the hub keeps nothing: the page carries the file."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from hub.accounts.roles import Role
from hub.console.carried import pack, unpack
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import worded
from hub.errors import RefusedError
from hub.passes.importing.preview import Preview
from hub.passes.importing.run import import_passes, preview_import
from hub.passes.listed import read
from hub.passes.sheet import MOST_BYTES
from hub.passes.views.blueprint import blueprint

UPLOAD = MOST_BYTES * 3 // 2
"""Bytes of a request with a file, or with what the page carries of it."""
FAULTS = 200
ROWS = 20


@blueprint.url_value_preprocessor
def _room(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    # a file is more than a form may hold elsewhere; base64 makes four bytes of three
    if endpoint == "passes.import_list" and current_user.is_authenticated:
        request.max_content_length = request.max_form_memory_size = UPLOAD


@blueprint.route("/import", methods=["GET", "POST"])
@needs(Role.SUPERVISOR)
def import_list() -> str | Response | tuple[str, int]:
    """Shows what a list asks for and every row that is wrong; with `kept` (the file, from that page) issues all of it."""
    if request.method != "POST":
        return _page()
    if "kept" in request.form:
        return _issue(request.form.get("name", "")[:100] or "list", unpack(request.form["kept"], MOST_BYTES))
    file = request.files.get("list")
    data = file.read(MOST_BYTES + 1) if file is not None else b""
    if file is None or not file.filename or not data:
        return _page(wrong=gettext("Choose a file with a heading and a row for each pass.")), HTTPStatus.BAD_REQUEST
    name = file.filename[:100]
    try:
        found = preview_import(hub().opened, reading(), read(data, name), name, now())
    except RefusedError as refused:
        return _page(wrong=worded(refused.words)), HTTPStatus.BAD_REQUEST
    return _page(found, data), HTTPStatus.BAD_REQUEST if found.faults else HTTPStatus.OK


def _issue(name: str, data: bytes) -> str | Response | tuple[str, int]:
    """Issues a list whose columns and doubts were confirmed as they stand; else shows it again with what is left to confirm."""
    town = hub().opened
    columns = request.form.getlist("column")
    mark = request.form.get("mark", "") if "doubts" in request.form else ""
    try:
        # read before the transaction, which nobody else can write in
        table = read(data, name)
        found = preview_import(town, reading(), table, name, now())
        if (refusal := found.refusal(columns, found.mark == mark)) is not None:
            wrong = worded(refusal.words) if found.faults else ""
            return _page(found, data, wrong, columns, left=True), HTTPStatus.CONFLICT
        with hub().writing.begin() as connection:
            issued = import_passes(
                town, connection, table, name, by=user().id, now=now(), ignored=columns, confirmed=mark
            )
    except RefusedError as refused:
        return _page(wrong=worded(refused.words)), HTTPStatus.CONFLICT
    flash(gettext("%(count)s passes are issued.", count=len(issued)))
    return redirect(url_for("passes.every"))


def _page(
    found: Preview | None = None,
    data: bytes = b"",
    wrong: str = "",
    columns: Sequence[str] = (),
    left: bool = False,
) -> str:
    """The page: `columns` are those that may stay unread, `left` is true if something was not confirmed."""
    return render_template(
        "passes/import.html",
        found=found,
        carried=pack(data) if found and found.fresh and not found.faults else "",
        wrong=wrong,
        faults=FAULTS,
        rows=ROWS,
        columns=columns,
        left=left,
    )
