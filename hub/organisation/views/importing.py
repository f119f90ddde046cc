"""Units from a list: looked at first, added after a yes. Until then the hub keeps nothing: the page carries the file.

Tested in `tests/hub/organisation/test_views.py`.
"""

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
from hub.organisation.importing import Preview, import_units, preview
from hub.organisation.views.blueprint import blueprint, level_names
from hub.passes.listed import read
from hub.passes.sheet import MOST_BYTES

UPLOAD = MOST_BYTES * 3 // 2
"""Bytes of a request with a file, or with what the page carries of it."""
FAULTS, ROWS = 100, 100


@blueprint.url_value_preprocessor
def _room(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    # a file is more than a form may hold elsewhere; base64 makes four bytes of three
    if endpoint == "organisation.import_list" and current_user.is_authenticated:
        request.max_content_length = request.max_form_memory_size = UPLOAD


@blueprint.route("/import", methods=["GET", "POST"])
@needs(Role.ADMIN)
def import_list() -> str | Response | tuple[str, int]:
    """Shows what a list would add and every row that is wrong; with `kept` (the file, from that page) adds all of it."""
    if request.method != "POST":
        return _page()
    if "kept" in request.form:
        return _add(request.form.get("name", "")[:100] or "list", unpack(request.form["kept"], MOST_BYTES))
    file = request.files.get("list")
    data = file.read(MOST_BYTES + 1) if file is not None else b""
    if file is None or not file.filename or not data:
        return _page(wrong=gettext("Choose a file with a heading and a row for each unit.")), HTTPStatus.BAD_REQUEST
    name = file.filename[:100]
    try:
        found = preview(reading(), hub().town, read(data, name), name)
    except RefusedError as refused:
        return _page(wrong=worded(refused.words)), HTTPStatus.BAD_REQUEST
    return _page(found, data), HTTPStatus.BAD_REQUEST if found.faults else HTTPStatus.OK


def _add(name: str, data: bytes) -> Response | tuple[str, int]:
    try:
        # read before the transaction, which nobody else can write in
        table = read(data, name)
        with hub().writing.begin() as connection:
            found = import_units(connection, town=hub().town, table=table, name=name, by=user().id, now=now())
    except RefusedError as refused:
        return _page(wrong=worded(refused.words)), HTTPStatus.CONFLICT
    flash(gettext("%(count)s units are added.", count=len(found.new)))
    return redirect(url_for("organisation.every"))


def _page(found: Preview | None = None, data: bytes = b"", wrong: str = "") -> str:
    return render_template(
        "organisation/import.html",
        found=found,
        kept=pack(data) if found and found.new and not found.faults else "",
        wrong=wrong,
        faults=FAULTS,
        rows=ROWS,
        levels=level_names(),
    )
