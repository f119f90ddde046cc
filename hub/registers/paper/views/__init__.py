"""A register as it is printed and passed on: PDF, workbook, masked picture, and the empty form, on one blueprint.

Tested in `tests/hub/registers/paper/test_views.py`.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta

from flask import Blueprint, Response, abort, request
from flask_babel import gettext

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.console.context import hub, needs, note, now, reading, role
from hub.console.days import day_or_none
from hub.console.display import chinese, gate_name, user_name
from hub.console.times import now_text
from hub.console.units import unit_name
from hub.errors import RefusedError
from hub.registers import catalogue
from hub.registers.catalogue import TownRegister
from hub.registers.cells import may_see
from hub.registers.declaration import Named, RegisterField
from hub.registers.paper import form, pdf, picture, workbook
from hub.registers.paper.form import Form
from hub.registers.paper.reading import sheet
from hub.registers.paper.values import Reader, plain
from hub.registers.store import MARK, Asked
from hub.values.stored import text_of

blueprint = Blueprint("register_paper", __name__, url_prefix="/registers")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ON_PAPER, MOST_IN_BOOK, MOST_IN_PICTURE = 1000, 10_000, 100
"""Rows; of more, the form says that they are not on it."""


@blueprint.get("/<register_id>/paper.pdf")
@needs(Role.VIEWER)
def paper(register_id: str) -> Response:
    """The register as a PDF, masked as its list is."""
    found = _register(register_id)
    return _file(found, pdf.pdf(_form(found, role(), MOST_ON_PAPER), _minute()), "application/pdf", "pdf")


@blueprint.get("/<register_id>/paper.xlsx")
@needs(Role.VIEWER)
def book(register_id: str) -> Response:
    """The register as a workbook, masked as its list is; a list that is filled in or passed on in this shape can be imported."""
    found = _register(register_id)
    return _file(found, workbook.workbook(_form(found, role(), MOST_IN_BOOK), _minute()), XLSX, "xlsx")


@blueprint.get("/<register_id>/paper.png")
@needs(Role.VIEWER)
def sheet_picture(register_id: str) -> Response:
    """The register as a picture to be passed on: every personal value masked, whoever asks."""
    found = _register(register_id)
    return _file(found, picture.png(pdf.pdf(_form(found, None, MOST_IN_PICTURE), _minute())), "image/png", "png")


def _register(register_id: str) -> TownRegister:
    found = catalogue.find(reading(), hub().town, register_id)
    if found is None:
        abort(404)
    if not role().may(found.register.read):
        abort(403)
    return found


def _form(found: TownRegister, as_: Role | None, most: int) -> Form:
    reader = Reader(chinese(), hub().zone, as_, gate_name, unit_name, user_name)
    if request.args.get("empty"):
        return form.empty(found, reader)
    asked, words = _asked(found)
    today = now().astimezone(hub().zone).date()
    rows = sheet(reading(), hub().town, found, asked, role(), most=most, today=today, words=words)
    return form.filled(found, rows, reader, hub().town, _minute())


def _minute() -> datetime:
    """The time that the form says: the same minute gives the same bytes."""
    return now().replace(second=0, microsecond=0)


def _file(found: TownRegister, data: bytes, kind: str, ending: str) -> Response:
    if not request.args.get("empty"):
        with hub().writing.begin() as connection:
            note(connection, "register printed", f"registers/{found.register.id}", file=ending)
    name = f"{found.register.id}-{hub().town}-{_minute().astimezone(hub().zone):%Y%m%d-%H%M}.{ending}"
    return Response(data, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _asked(found: TownRegister) -> tuple[Asked, str]:
    """What the list's address asks for, and that in words: a sheet of some rows must not look like one of all."""
    args = {name: (text_of(value) or "").strip()[:64] for name, value in request.args.items()}
    register = found.register
    days = {name: _day(args.get(name, "")) for name in ("day", "since", "until")}
    parent = args.get("parent", "")
    if parent and not (parent.isascii() and parent.isdecimal() and len(parent) <= 15):
        raise RefusedError("row %(row)r: expected the number of a row", row=parent)
    asked = Asked(
        search=args.get("search", ""), state=args.get("state", ""), unit=args.get("unit", ""), gate=args.get("gate", ""),
        day=days["day"].isoformat() if days["day"] else "", parent=int(parent) if parent else None,
        due_before=now_text() if args.get("overdue") else "", start=_begin(days["since"]), end=_begin(days["until"], 1),
        removed=bool(args.get("removed")), chosen={each.id: choice for each, choice in _chosen(found, args)},
    )  # fmt: skip
    state = register.state(asked.state)
    said: list[tuple[str, str]] = [
        (gettext("Search"), asked.search), (gettext("State"), "" if state is None else state.zh if chinese() else state.en),
        (gettext("Unit"), unit_name(asked.unit)), (gettext("Gate"), gate_name(asked.gate) if asked.gate else ""), (gettext("Day"), asked.day),
        (gettext("From"), args.get("since", "")), (gettext("To"), args.get("until", "")),
    ]  # fmt: skip
    flags: list[tuple[object, Callable[[], str]]] = [
        (asked.due_before, lambda: gettext("Overdue only")), (asked.removed, lambda: gettext("Removed rows")),
        (asked.parent, lambda: gettext("Of one row")),
    ]  # fmt: skip
    said += [(_named(each), _named(_choice(each, choice))) for each, choice in _chosen(found, args)]
    words = [f"{name} {plain(value)}" for name, value in said if value] + [word() for there, word in flags if there]
    return asked, " · ".join(words)


def _chosen(found: TownRegister, args: Mapping[str, str]) -> list[tuple[RegisterField, str]]:
    """The fields and choices that the list is narrowed to; a field that the reader sees masked narrows nothing."""
    return [
        (each, choice)
        for each in found.register.fields
        if (choice := args.get(MARK + each.id, "")) in {one.id for one in each.choices} and may_see(each, role())
    ]


def _named(thing: Named) -> str:
    return thing.zh if chinese() else thing.en


def _choice(of: RegisterField, choice: str) -> Named:
    return next(each for each in of.choices if each.id == choice)


def _day(text: str) -> date | None:
    if not text:
        return None
    day = day_or_none(text)
    if day is None:
        raise RefusedError("day %(day)r: expected a date like 2026-03-01", day=text[:40])
    return day


def _begin(day: date | None, after: int = 0) -> str:
    return "" if day is None else wall_text(datetime.combine(day + timedelta(days=after), time(), hub().zone))
