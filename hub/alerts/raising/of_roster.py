"""What the roster calls for: a gap in a shift that begins soon, a shift that began and nobody signed on.

Tested in `tests/hub/alerts/test_raising_roster.py`.
"""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.alerts.kinds import AlertKind
from hub.alerts.store import About, State
from hub.gates.status import Freshness, every_gate
from hub.roster import due
from hub.roster.flags import FlagKind
from hub.roster.values import ANYBODY

OF_ROSTER = (AlertKind.ROSTER_GAP, AlertKind.UNATTENDED)


def gaps(connection: Connection, town: str, now: datetime, zone: tzinfo) -> Iterator[State]:
    """Shifts that go on, or begin within the town's lead time, and have fewer people than they need, or no leader."""
    gates = [each.gate for each in every_gate(connection, town)]
    for flag, terms in due.gaps_ahead(connection, town, gates, now, zone):
        shift, role = terms.shift(flag.shift), terms.role(flag.role)
        if shift is None:
            continue
        what = f"{flag.day} {shift.zh} {shift.en} {shift.times}"
        if flag.kind is FlagKind.NO_LEADER:
            yield State(
                AlertKind.ROSTER_GAP,
                None,
                f"{what}: 带班领导 leader 0/1",
                About(subject=f"{flag.day}/{flag.shift}/leader"),
            )
        else:
            who = f"{role.zh} {role.en}" if role else "" if flag.role == ANYBODY else flag.role
            about = About(subject=f"{flag.day}/{flag.shift}/{flag.role}")
            yield State(
                AlertKind.ROSTER_GAP, flag.gate, f"{what}: {who} {flag.have}/{flag.least}".replace(":  ", ": "), about
            )


def unattended(connection: Connection, town: str, now: datetime, zone: tzinfo) -> Iterator[State]:
    """Gates at which a shift began and nobody has signed on since, though the town's minutes of grace are over.

    A gate that says in its health who is on duty has somebody: the record is on its way.
    """
    status = {each.gate: each for each in every_gate(connection, town)}
    for each in due.unattended(connection, town, status, now, zone):
        gate = status[each.gate]
        live = gate.freshness(now) is Freshness.LIVE
        if live and gate.health is not None and gate.health.officer is not None:
            continue
        about = About(subject=f"{each.day}/{each.shift.id}", happened_at=wall_text(each.starts))
        yield State(
            AlertKind.UNATTENDED, each.gate, f"{each.day} {each.shift.zh} {each.shift.en} {each.shift.times}", about
        )
