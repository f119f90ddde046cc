"""A town of two villages that have everything alike: each a gate, registers full, staff on the roster, questions, orders, zero reports, a plan.

What the first village says has `MINE` in it, what the second says `OTHERS`: nobody who is limited to the first reads the second's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from io import BytesIO

from PIL import Image
from sqlalchemy.engine import Connection

from edge.contract.commands import CommandKind
from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.orders import store as orders
from hub.organisation import changes, store
from hub.organisation.branch import Branch, branch_of
from hub.organisation.units import Said
from hub.passes.passlist import watch_plate
from hub.questions import store as questions
from hub.registers import catalogue, kept, pictures
from hub.registers.cells import Value
from hub.registers.checks import Writer
from hub.registers.declaration import Register, RegisterField
from hub.registers.field_types import FieldType
from hub.registers.importing import store as imports
from hub.registers.rows import Draft, Links, RegisterRow
from hub.roster import planning, staff, terms
from hub.roster.author import Author
from hub.roster.planning import Place as Cell
from hub.roster.staff import StaffTerms
from hub.roster.values import DutyShift
from hub.villages import store as villages
from hub.villages.marks import MarkKind, Need
from hub.villages.marks import Said as Marked
from hub.zero_reports import store as zero_reports
from hub.zero_reports.terms import Terms
from tests.hub.ledgers import send, table
from tests.hub.towns import NOW, Place

MINE, OTHERS = "焱", "鑫"
PLATES = {"east": "鲁B11111", "west": "鲁B99999"}
TREE = (
    ("town", "大集镇", "", "daji"),
    ("village", "王家村", "daji", "wangjia"),
    ("village", "李家村", "daji", "lijia"),
)
DAY = "2026-03-01"
"""NOW's."""


@dataclass
class Village:
    """One of the two: its ids by what addresses call them, its rows by register."""

    word: str
    unit: str
    gate: str
    plate: str
    ids: dict[str, str] = field(default_factory=dict)
    rows: dict[str, RegisterRow] = field(default_factory=dict)


def fill(place: Place) -> tuple[Village, Village]:
    """East belongs to one village, west to the other; a vehicle came to each of them, and nowhere else."""
    both = Village(MINE, "wangjia", "east", PLATES["east"]), Village(OTHERS, "lijia", "west", PLATES["west"])
    for each in both:
        visiting = place.gates[each.gate]
        visiting.visit(each.plate, NOW - timedelta(minutes=20))
        send(place, visiting)
    came = {row["gate"]: row["visit_id"] for row in table(place, "visits")}
    with place.engine.begin() as connection:
        for level, zh, parent, id_ in TREE:
            changes.add(connection, town="demo", said=Said(level, zh, parent=parent, id=id_), by="u-5", now=NOW)
        for each in both:
            each.ids["visit_id"] = came[each.gate]
            changes.put_gate(connection, town="demo", gate=each.gate, unit=each.unit, by="u-5", now=NOW)
            about = alerts.About(subject=f"{each.gate}-subject", visit=came[each.gate])
            alerts.raise_(connection, "demo", AlertKind.HELP, each.gate, f"help at {each.gate}", NOW, about=about)
        watch_plate(
            place.town, connection, PLATES["west"], deny_in=True, deny_out=True, notify=True, why="secret reason", by="u-5", now=NOW
        )  # fmt: skip
        _name_terms(place, connection)
        for each in both:
            _registers(place, connection, each)
            _roster(place, connection, each)
            _beside(place, connection, each)
    for row in table(place, "alerts"):
        for each in both:
            if row["gate"] == each.gate:
                each.ids["alert_id"] = str(row["id"])
    return both


def limited(connection: Connection, unit: str) -> Branch:
    """What an account that is limited to a village may write."""
    return branch_of(connection, "demo", store.known(connection, "demo", unit))


def _registers(place: Place, connection: Connection, of: Village) -> None:
    """A row of every register that comes with the product, as somebody of the village would write it."""
    catalogue.add_shipped(connection, "demo", sorted(catalogue.shipped()), by="u-5", now=NOW)
    writer = Writer("u-5", Role.ADMIN, NOW - timedelta(hours=1), limited(connection, of.unit))
    waiting = list(catalogue.shipped())
    while waiting:
        id_ = waiting.pop(0)
        found = catalogue.known(connection, "demo", id_)
        register = found.register
        if register.parent is not None and register.parent not in of.rows:
            waiting.append(id_)
            continue
        above = of.rows.get(register.parent or "")
        links = Links(
            parent=None if above is None else above.id, day=DAY if register.daily else None,
            unit=of.unit if register.unit != "off" else None, gate=of.gate if register.gate != "off" else None,
        )  # fmt: skip
        values = dict(_values(place, connection, found.asked, register, of))
        keeper = kept.keeper(connection, "demo", id_, place.town.settings.zone, {})
        row = of.rows[id_] = keeper.add(connection, Draft(values, links), writer)
        shown = [
            str(row.values[each.id])
            for each in register.fields
            if each.type is FieldType.PICTURE and each.id in row.values
        ]
        pictures.bind(connection, "demo", row.id, shown)
        if shown:
            of.ids["picture"] = shown[0]
    imports.begin(
        connection, "demo", "persons", f"{of.word}.xlsx", (), 3, by=_user_of(place, of), role="supervisor", now=NOW
    )
    imports.end(connection, "demo", _last_import(connection), imports.State.FAILED, NOW)


def _last_import(connection: Connection) -> str:
    return imports.unfinished(connection, "demo")[-1].id


def _user_of(place: Place, of: Village) -> str:
    """The first village's are whoever tests limit to it; of the second nobody has an account but the admin."""
    return place.users[Role.OFFICER if of.word == MINE else Role.ADMIN]


def _values(
    place: Place, connection: Connection, asked: frozenset[str], register: Register, of: Village
) -> Iterator[tuple[str, Value]]:
    for number, each in enumerate(register.typed):
        if each.id in asked and (value := _value(place, connection, each, of, number)) is not None:
            yield each.id, value


def _value(place: Place, connection: Connection, each: RegisterField, of: Village, number: int) -> Value | None:
    mark = "1" if of.word == MINE else "9"
    match each.type:
        case FieldType.CHOICE:
            return each.choices[0].id
        case FieldType.CHOICES:
            return (each.choices[0].id,)
        case FieldType.DATE:
            return "2026-04-01" if "until" in each.id else DAY
        case FieldType.TIME:
            return wall_text(NOW + timedelta(hours=number))
        case FieldType.NUMBER | FieldType.COUNT:
            return max(each.min or 0, 5)
        case FieldType.FLAG:
            return True
        case FieldType.PHONE:
            return f"1{mark * 9}{number % 10}"
        case FieldType.ID_NUMBER:
            return mark * 18
        case FieldType.PLATE | FieldType.PLATES:
            return of.plate
        case FieldType.USER:
            return _user_of(place, of)
        case FieldType.GATE:
            return of.gate
        case FieldType.PICTURE:
            out = BytesIO()
            Image.new("RGB", (8, 8), "red" if of.word == MINE else "blue").save(out, "JPEG")
            return pictures.keep(connection, "demo", each.id, out.getvalue(), by="u-5", now=NOW)
        case FieldType.UNIT:
            return of.unit
    # of two fields of a row some must differ
    return f"{of.word}{number}"


def _name_terms(place: Place, connection: Connection) -> None:
    author = Author(connection, "demo", "u-5", NOW - timedelta(days=1), place.town.settings.zone)
    terms.usual_roles(author)
    terms.save_shift(author, DutyShift("day", "白班", "Day", "08:00", "20:00"))
    terms.save_manning(author, ["east", "west"], {("day", "medical"): 2})
    zero_reports.set_terms(connection, "demo", Terms("16:00", "18:00", "village", True), by="u-5", now=NOW)


def _roster(place: Place, connection: Connection, of: Village) -> None:
    author = Author(connection, "demo", "u-5", NOW - timedelta(days=1), place.town.settings.zone)
    phone = "13511110000" if of.word == MINE else "13599990000"
    id_ = staff.add(
        author, StaffTerms(f"{of.word}值守", phone, of.unit, "medical", gates=(of.gate,), since="2026-01-01")
    )
    planning.assign(author, Cell(DAY, "day", of.gate), id_)
    planning.publish(author, _monday())
    planning.note_presence(
        Author(connection, "demo", "u-5", NOW, place.town.settings.zone), Cell(DAY, "day", of.gate), id_, "08:05", ""
    )
    staff.add_absence(author, id_, "2026-03-05", "2026-03-06", "ill")
    of.ids["staff_id"] = id_


def _monday() -> date:
    return (datetime.fromisoformat(DAY) - timedelta(days=6)).date()


def _beside(place: Place, connection: Connection, of: Village) -> None:
    new = questions.New(
        questions.Kind.QUESTION, f"{of.word}办", f"{of.word}文", f"{of.word}问", NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    )  # fmt: skip
    who = _user_of(place, of)
    question = questions.note(connection, town="demo", new=new, by="u-5", now=NOW)
    questions.assign(connection, town="demo", id_=question, to=who, by="u-5", now=NOW)
    questions.answer(connection, town="demo", id_=question, text=f"{of.word}答", after=0, by=who, now=NOW)
    of.ids["question_id"] = question
    orders.send(
        connection, town="demo", to=[of.gate], villages=[of.unit], kind=CommandKind.ORDER, zh=f"{of.word}令", lasts=timedelta(hours=2),
        by="u-5", now=NOW,
    )  # fmt: skip
    of.ids["order_id"] = next(row["id"] for row in table_of(connection, "dispatches") if of.word in row["zh"])
    for reporter in (f"unit/{of.unit}", f"gate/{of.gate}"):
        zero_reports.report(
            connection, "demo", reporter, 1, f"{of.word}零", zone=place.town.settings.zone, by=who, now=NOW
        )
    plan = villages.keep(connection, town="demo", unit=of.unit, data=_png(), by="u-5", now=NOW)
    mark = Marked(MarkKind.HOUSEHOLD, f"{of.word}户", ((10.0, 10.0),), need=next(iter(Need)))
    made = villages.add_mark(connection, town="demo", unit=of.unit, on=plan, said=mark, by="u-5", now=NOW)
    of.ids["mark_id"] = str(made.id)


def _png() -> bytes:
    out = BytesIO()
    Image.new("RGB", (200, 120), "white").save(out, "PNG")
    return out.getvalue()


def table_of(connection: Connection, name: str) -> list[Mapping[str, str]]:
    """The rows of a table in a transaction."""
    return [dict(row) for row in connection.exec_driver_sql(f"SELECT * FROM {name}").mappings()]
