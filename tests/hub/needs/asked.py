"""Requests for tests: a person with special needs, a request, its one-trip pass, and the crossings of it through the real intake."""

from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.database.engine import reader
from hub.needs import store as needs
from hub.needs.issuing import Wanted, issue_trip
from hub.needs.marking import Marker
from hub.needs.requests import RequestHook
from hub.needs.trips import Shape
from hub.passes.store import Issued
from hub.registers import catalogue, kept
from hub.registers import store as registers
from hub.registers.cells import Value
from hub.registers.checks import Writer
from hub.registers.keeping import Keeper
from hub.registers.rows import Draft, Links, RegisterRow
from tests.hub.registers.declared import ZONE
from tests.hub.towns import NOW, Place

PLATE = "鲁B66K21"
REGISTERS = ["households", "persons", "special_needs", "need_requests", "inspections"]


def writer(place: Place, role: Role = Role.OFFICER, now: datetime = NOW) -> Writer:
    return Writer(place.users[role], role, now)


def keeper(connection: Connection, register: str = needs.REQUESTS) -> Keeper:
    catalogue.add_shipped(connection, "demo", REGISTERS, by="cli", now=NOW)
    return kept.keeper(connection, "demo", register, ZONE, {needs.REQUESTS: RequestHook()})


def person(connection: Connection, place: Place, name: str = "孙桂兰") -> RegisterRow:
    values: dict[str, Value] = {
        "name": name,
        "address": f"南村{name}家",
        "kinds": ("dialysis",),
        "phone": "13800000077",
    }
    return keeper(connection, needs.PEOPLE).add(connection, Draft(values), writer(place))


def ask(place: Place, *, due_hours: float = 4, name: str = "孙桂兰") -> RegisterRow:
    """A request for a dialysis, assigned to a driver."""
    with place.engine.begin() as connection:
        who = person(connection, place, name)
        due = (NOW + timedelta(hours=due_hours)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        values = {"need": "dialysis", "caller": "孙大伟", "caller_phone": "13800000078", "due": due}
        row = keeper(connection).add(connection, Draft(values, Links(parent=who.id)), writer(place))
        return keeper(connection).move(
            connection, row, "assigned", writer(place), version=1, values={"assigned_to": "刘强"}
        )


def wanted(shape: Shape = Shape.OUT, hours: float = 4, *, gates: tuple[str, ...] | None = None) -> Wanted:
    return Wanted(PLATE, "resident", shape, gates, NOW, NOW + timedelta(hours=hours))


def give(place: Place, row: RegisterRow, want: Wanted | None = None) -> tuple[RegisterRow, Issued]:
    """The request with a one-trip pass."""
    with place.engine.begin() as connection:
        return issue_trip(
            place.town, connection, keeper(connection), row, want or wanted(), writer(place), version=row.version
        )


def again(place: Place, row: RegisterRow) -> RegisterRow:
    """The request as it is now."""
    with place.engine.begin() as connection:
        found = registers.find(connection, "demo", row.id)
    assert found is not None
    return found


class Looks:
    """A listener's marker that stays: it remembers what it has looked at."""

    def __init__(self, place: Place) -> None:
        self.reading = reader(place.town.settings.database_url)
        self.marker = Marker(place.town, place.engine, self.reading)

    def __call__(self, minutes: float = 60) -> None:
        self.marker.look(NOW + timedelta(minutes=minutes))
