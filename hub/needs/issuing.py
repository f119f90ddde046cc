"""The one-trip pass of a request: issued with priority for a plate, gates and a time, and kept with the request.

A pass can't say "once": a gate without a link could not know that it was used. So it is valid from the setting out until the time of return
and some hours of grace, in which nobody is locked out who comes home late; when the trip is back it is blocked (`hub.needs.marking`).

Tested in `tests/hub/needs/test_issuing.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from hub.errors import RefusedError
from hub.gates.policy import rules_in_force
from hub.needs import store
from hub.needs.trips import Shape
from hub.passes.doubts import Doubt
from hub.passes.issue import issue_pass
from hub.passes.store import Issued, PassState
from hub.registers.checks import Writer
from hub.registers.keeping import Keeper
from hub.registers.rows import Draft, RegisterRow
from hub.town.town import Town


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the pass of a request is to say. `gates` None: every gate of the class; `back`: when the trip is to be back."""

    plate: str
    vehicle_class: str
    shape: Shape
    gates: Sequence[str] | None
    start: datetime
    back: datetime
    driver: str = ""


def issue_trip(
    town: Town,
    connection: Connection,
    keeper: Keeper,
    row: RegisterRow,
    wanted: Wanted,
    writer: Writer,
    *,
    version: int,
    confirmed: Sequence[Doubt] = (),
    request: str | None = None,
) -> tuple[RegisterRow, Issued]:
    """Issues the pass of a request and writes it down with it; `RefusedError` for a request that has ended, or has a pass that counts."""
    if row.state in store.ENDED or row.removed_at is not None:
        raise RefusedError("row %(number)s: it has ended, no pass is issued for it", number=row.number)
    if wanted.back <= wanted.start:
        raise RefusedError("the trip must be back after it sets out")
    for issued in () if row.links.pass_id is None else store.passes_of(connection, town.id, row.links.pass_id):
        if issued.state(writer.now) in (PassState.VALID, PassState.NOT_YET):
            raise RefusedError(
                "row %(number)s: pass %(id)s was issued for it and counts", number=row.number, id=issued.id
            )
    driver = wanted.driver or row.values.get("assigned_to")
    if not driver:
        raise RefusedError("%(column)s: needed for this step", column="承办人 Assigned to")
    issued = issue_pass(
        town,
        connection,
        plate=wanted.plate,
        vehicle_class=wanted.vehicle_class,
        allowed=wanted.gates,
        not_before=wanted.start,
        expires=expiry(town, connection, wanted),
        priority=True,
        by=writer.user,
        now=writer.now,
        confirmed=confirmed,
        request=request,
    )
    values = {**row.values, "assigned_to": driver, "plate": issued.plate, "trip": wanted.shape.value}
    for name in ("out_at", "out_gate", "back_at", "back_gate"):
        values.pop(name, None)
    row = keeper.change(
        connection, row, Draft(values, replace(row.links, pass_id=issued.id, visit=None)), writer, version=version
    )
    if row.state == "open":
        row = keeper.move(connection, row, "assigned", writer, version=row.version)
    return row, issued


def expiry(town: Town, connection: Connection, wanted: Wanted) -> datetime:
    """When the pass ends: the hours of grace after the return, cut to what its class gives and to the operation's end."""
    rules = rules_in_force(town, connection)
    end = wanted.back + timedelta(hours=town.settings.needs.home_hours)
    class_ = rules.class_named(wanted.vehicle_class)
    if class_ is not None:
        end = min(end, max(wanted.back, wanted.start + timedelta(days=class_.most_days)))
    return end if rules.end is None else min(end, max(wanted.back, rules.end))
