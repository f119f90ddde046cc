"""A busy morning in a test town: every reason, class and outcome that pages must be able to show, through the real append."""

import shutil
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import select

from edge.contract.facts import ClockTrust
from edge.contract.messages import Health
from edge.contract.records import wall_text
from edge.contract.topics import Name, Topic
from hub.accounts import audit
from hub.accounts import store as accounts
from hub.accounts.roles import Role
from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.conflicts import judge
from hub.database.schema import visits as visits_table
from hub.gates import store as gates
from hub.ledger.append import append
from hub.ledger.received import Quarantined
from hub.ledger.sent_ahead import left_aside
from hub.passes.issue import issue_pass, revoke_pass
from hub.town.town import Town
from tests.hub.ledgers import batch_of, journal, read, send, settle, take
from tests.hub.towns import NOW, Place

PLATES = (
    "鲁B12345", "鲁BD12345", "鲁BF6K888", "鲁B88K21", "鲁U3M09P", "鲁B1234学", "鲁B4521挂", "鲁B0113警", "WJ鲁12345", "粤Z1234港",
    "鲁X0119应急", "京A12345", "鲁BD06123", "鲁B05512D", "鲁02A1234",
)  # fmt: skip
PERSONAL = {
    "driver": "孙立国", "phone": "13800138000", "origin": "平度市南村镇", "destination": "莱西市姜山镇", "purpose": "送菜", "occupants": "2",
}  # fmt: skip
HOW: tuple[dict[str, object], ...] = (
    {"reason": "disinfection_due"},
    {"reason": "no_pass", "read_by": "hand", "vehicle_class": "visitor", "private": PERSONAL},
    {"reason": "disinfection_due", "vehicle_class": "village_duty"},
    {"reason": "priority", "vehicle_class": "sample_transport", "sprayed": False, "disinfection": "off"},
    {"reason": "bad_signature", "vehicle_class": None, "outcome": "turned_back"},
    {"reason": "disinfection_due", "vehicle_class": "supplies"},
    {
        "reason": "emergency",
        "read_by": "emergency",
        "vehicle_class": "emergency",
        "sprayed": False,
        "disinfection": "off",
    },
    {"reason": "disinfection_due", "vehicle_class": "refuse_removal", "clock": "unsynced"},
    {"reason": "duplicate_read"},
    {"reason": "revoked", "outcome": "turned_back"},
)


@cache
def _morning() -> Path:
    folder = Path(mkdtemp(prefix="kakou-test-"))
    place = settle(folder)
    fill(place)
    place.engine.dispose()
    return folder / "hub"


def settle_busy(tmp_path: Path) -> Place:
    """A town in `tmp_path/hub` after its busy morning; made once per run, copied for each test."""
    folder = tmp_path / "hub"
    shutil.copytree(_morning(), folder)
    town = Town.open(folder)
    engine = town.writer()
    with engine.begin() as connection:
        users = {user.role: user.id for user in accounts.every_user(connection)}
    return Place(folder, town, engine, {}, users)


def fill(place: Place, now: datetime = NOW, *, visits: int = 60, apart: float = 3.0) -> None:
    """Visits every `apart` minutes up to `now`, one of them still at the lane; gates in every state; passes; a quarantine; an audit."""
    fill_passes(place, now)
    names = list(place.gates)
    for number in range(visits):
        how = dict(HOW[number % len(HOW)])
        plate = PLATES[number % len(PLATES)]
        if number % 20 == 13:
            how, plate = {"reason": "not_a_pass", "vehicle_class": None, "outcome": "turned_back"}, ""
        if number == visits - 5:
            how["outcome"] = "unclear"
        if number == visits - 1:
            how["outcome"] = None
        direction = "out" if number >= len(PLATES) and number % 3 == 0 else "in"
        at = now - timedelta(minutes=apart * (visits - number) - 1)
        place.gates[names[number * 7 % 4]].visit(plate, at, direction=direction, **how)  # type: ignore[arg-type]  # a table of any arguments
    for gate in place.gates.values():
        while gate.sent < len(gate.sealed):
            send(place, gate)
    with place.engine.begin() as connection:
        # as the listener does it after each append
        rows = connection.execute(select(visits_table).order_by(visits_table.c.visit_id)).mappings().all()
        judge.judge(connection, place.town.id, [dict(row) for row in rows], key=place.town.key, now=now)
    take(place, Quarantined(str(Topic("west", Name.RECORDS)), "west", "message: not JSON", bytes(range(256))))
    speak(place, "east", now - timedelta(seconds=2))
    speak(place, "south", now - timedelta(seconds=4), backlog=37, tank=0.1, lanes={"1": "disinfecting"})
    speak(place, "west", now - timedelta(seconds=95), backlog=12, clock=ClockTrust.RTC)
    speak(place, "north", now - timedelta(minutes=11), online=False, camera=False, alarms=("camera",), officer=None)


def go_wrong(place: Place, now: datetime) -> None:
    """A dead card's last records in quarantine, a cloned card's fork, and alerts that nobody has acknowledged."""
    card = journal(place.town, "south", epoch="cd" * 16)
    for number in range(3):
        card.visit(PLATES[number], now - timedelta(minutes=9 - number))
    ahead = batch_of(card, card.sealed[3:], len(card.sealed)).model_copy(update={"live": True})
    twin = journal(place.town, "north")
    twin.visit(PLATES[0], now)
    for gate, batch in (("south", ahead), ("north", batch_of(twin, twin.sealed, len(twin.sealed)))):
        take(place, read(place, gate, batch.encode()))
    with place.engine.begin() as connection:
        left = left_aside(connection, place.town.id, "south", "ab" * 16)
        append(connection, town=place.town.id, arrived=left, key=place.town.key, now=now)
        for what, of, detail in (
            (
                AlertKind.NEW_JOURNAL,
                "south",
                "epoch abababab after cdcdcdcd: the hub holds 3 of its records, "
                "the gate spoke of 9 at 2026-03-01T04:21:07.000Z: up to 6 may be missing",
            ),
            (AlertKind.FORK, "north", f"epoch {twin.epoch[:8]}, record 1"),
            (AlertKind.LOST, "east", "records 5 to 7: missing in the gate's own journal"),
            (AlertKind.BACKUP, None, "No space left on device"),
        ):
            alerts.raise_(connection, place.town.id, what, of, detail, now - timedelta(minutes=4))


def fill_passes(place: Place, now: datetime) -> None:
    """Passes of every state: valid, not yet valid, expired, revoked; for some gates and for all."""
    with place.engine.begin() as connection:
        for number, plate in enumerate(PLATES[:6]):
            begin, end = {1: (2, 30), 2: (-30, -1)}.get(number, (-20, 40))
            issued = issue_pass(
                place.town,
                connection,
                plate=plate,
                vehicle_class=("resident", "village_duty", "sample_transport")[number % 3],
                allowed=["east", "north"] if number % 2 else None,
                not_before=now + timedelta(days=begin),
                expires=now + timedelta(days=end),
                priority=None,
                by=place.users[Role.OFFICER],
                now=now - timedelta(days=9 - number),
            )
        revoke_pass(
            place.town,
            connection,
            issued.id,
            by=place.users[Role.SUPERVISOR],
            reason="车辆已转让",
            now=now - timedelta(hours=5),
        )
        audit.note(
            connection, user="cli", action="visits exported", object="visits.csv", detail={"gate": "east"}, now=now
        )


def speak(
    place: Place,
    gate: str,
    at: datetime,
    *,
    online: bool = True,
    clock: ClockTrust = ClockTrust.SYNCED,
    officer: Role | None = Role.OFFICER,
    **health: object,
) -> None:
    """A gate says how it does, at a moment."""
    said = {"camera": True, "backlog": 0, "tank": 0.8, "lanes": {"1": "waiting"}, **health}
    text = Health(
        at=wall_text(at), software="0.1.0", clock=clock, officer=place.users[officer] if officer else None, **said
    )
    row = {
        "online": online,
        "conn": 1,
        "last_seen": wall_text(at),
        "health": text.encode().decode(),
        "health_at": wall_text(at),
    }
    with place.engine.begin() as connection:
        gates.save_status(connection, place.town.id, [(gate, row)])
