"""The page that imports a list: looked at first, taken after a yes. Until then the hub keeps nothing: the page carries the file.

What stands on it is the subject's own `ListPage`. Tested in `tests/hub/imports/test_pages.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from hub.console.carried import pack, unpack
from hub.console.context import hub, limit, reading
from hub.console.display import worded
from hub.errors import RefusedError
from hub.imports import plain_list
from hub.imports.faults import refusal
from hub.imports.plain_list import Columns, Preview, RowReader
from hub.passes.listed import read
from hub.passes.sheet import MOST_BYTES

UPLOAD = MOST_BYTES * 3 // 2
"""Bytes of a request with a file, or with what the page carries of it: base64 makes four bytes of three."""
ROWS = 20

Answer = str | Response | tuple[str, int]


@dataclass(frozen=True, slots=True)
class ListPage:
    """What is imported: the page's title, where it leads back to (address and words), its navigation, the columns, who reads the rows.

    `taken`: told how many rows were new and how many known, in the transaction that took them.
    """

    title: str
    back: tuple[str, str]
    nav: str
    columns: Columns
    reader: Callable[[Connection], RowReader]
    taken: Callable[[Connection, int, int], None]


def give_room(endpoint: str | None, wanted: str) -> None:
    """Lets a request bring a whole list to this endpoint."""
    if endpoint == wanted and current_user.is_authenticated:
        request.max_content_length = request.max_form_memory_size = UPLOAD


def import_page(page: ListPage) -> Answer:
    """Shows what a list asks for and every row that is wrong; with `kept` (the file, from that page) takes all of it."""
    if request.method != "POST":
        return _shown(page)
    if "kept" in request.form:
        return _take(page, request.form.get("name", "")[:100] or "list", unpack(request.form["kept"], MOST_BYTES))
    file = request.files.get("list")
    data = file.read(MOST_BYTES + 1) if file is not None else b""
    if file is None or not file.filename or not data:
        wrong = gettext("Choose a file with a heading and a row for each line.")
        return _shown(page, wrong=wrong), HTTPStatus.BAD_REQUEST
    name = file.filename[:100]
    try:
        found = plain_list.look(page.columns, page.reader(reading()), read(data, name), name)
    except RefusedError as refused:
        return _shown(page, wrong=worded(refused.words)), HTTPStatus.BAD_REQUEST
    return _shown(page, found, data, name), HTTPStatus.BAD_REQUEST if found.faults else HTTPStatus.OK


def _take(page: ListPage, name: str, data: bytes) -> Answer:
    try:
        # read before the transaction, which nobody else can write in
        rows = read(data, name)
        # of a limited account by what it may see: a refusal by all that there is would tell of the rest
        looked = None if limit() is None else plain_list.look(page.columns, page.reader(reading()), rows, name)
        if looked is not None and (wrong := refusal(name, looked.faults)) is not None:
            raise wrong
        with hub().writing.begin() as connection:
            new, known = plain_list.take(page.columns, page.reader(connection), rows, name)
            page.taken(connection, new, known)
    except RefusedError as refused:
        return _shown(page, wrong=worded(refused.words)), HTTPStatus.CONFLICT
    flash(gettext("Imported: %(count)s rows.", count=new))
    return redirect(page.back[0])


def _shown(page: ListPage, found: Preview | None = None, data: bytes = b"", name: str = "", wrong: str = "") -> str:
    return render_template(
        "import_list.html",
        page=page,
        found=found,
        name=name,
        kept=pack(data) if found and found.fresh and not found.faults else "",
        wrong=wrong,
        rows=ROWS,
        columns=[
            (words[0], words[1:], column in page.columns.needed) for column, words in page.columns.headings.items()
        ],
        worded=worded,
    )
