"""Marks requests by the crossings of their passes: set out, back, delivered; and blocks a one-trip pass whose trip is back.

Nobody is locked out of coming home. A pass is blocked only when its vehicle is back and every gate that works has sent all it knows, so
that no second setting out waits at a gate without a link; it is unblocked at once if a late record says that the vehicle is out again. A pass
that is never blocked ends by itself when it expires.

Everything is worked out from the crossings anew each time: the same record again, or one that comes a week late, changes nothing wrongly.

Tested in `tests/hub/needs/test_marking.py`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy.engine import Connection, Engine

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.errors import RefusedError
from hub.gates.status import Freshness, GateStatus, every_gate
from hub.ledger.queries import last_entry
from hub.needs import store
from hub.needs.requests import RequestHook
from hub.needs.trips import Shape, Trip, trip_of
from hub.passes.issue import block_pass, unblock_pass
from hub.passes.store import Issued, PassState
from hub.registers import catalogue, kept
from hub.registers.cells import Value
from hub.registers.checks import Writer
from hub.registers.keeping import Keeper
from hub.registers.rows import Draft, RegisterRow
from hub.town.town import Town

log = structlog.get_logger()

BY_HUB = "hub"
"""Who marks requests and blocks their passes, for the audit."""
DONE = "单次通行已完成 One trip: it is back"
AGAIN = "车辆再次出行，须能返回 The vehicle is under way again and must be able to come back"


@dataclass(frozen=True, slots=True)
class Judged:
    """A request with its passes and what is known of its trip."""

    row: RegisterRow
    issued: Sequence[Issued]
    trip: Trip

    @property
    def over(self) -> bool:
        """Returns True if its passes are not needed any more: the trip is back, or the request ended without one; and nobody is under way."""
        ended = self.row.state in store.ENDED or self.row.removed_at is not None
        return not self.trip.under_way and (self.trip.back is not None or ended)


class Marker:
    """Marks a town's requests."""

    def __init__(self, town: Town, writing: Engine, reading: Engine):
        self._town, self._writing, self._reading = town, writing, reading
        self._seen = 0

    def look(self, now: datetime) -> None:
        """Looks at the entries that are new since the last look (at all requests with a pass in the first), then at passes that are over."""
        with self._reading.begin() as connection:
            if catalogue.find(connection, self._town.id, store.REQUESTS) is None:
                return
            last = last_entry(connection, self._town.id)
            touched = [] if last == self._seen and self._seen else store.touched(connection, self._town.id, self._seen)
            changed = [each for each in judged(connection, self._town.id, touched) if marks(each)]
        for each in changed:
            self._mark(each.row.id, now)
        self._seen = max(last, 1)
        self._passes(now)

    def _mark(self, id_: int, now: datetime) -> None:
        with self._writing.begin() as connection:
            # as it is now: the page may have changed it since
            rows = store.by_id(connection, self._town.id, [id_]).values()
            for each in judged(connection, self._town.id, rows):
                try:
                    mark(self._keeper(connection), connection, each, now)
                except RefusedError as refused:
                    log.warning("a request is not marked", request=each.row.number, why=str(refused))

    def _passes(self, now: datetime) -> None:
        with self._reading.begin() as connection:
            rows = store.with_live_pass(connection, self._town.id, wall_text(now))
            quiet = all(is_quiet(each, now) for each in every_gate(connection, self._town.id))
            wanted = list(pass_changes(judged(connection, self._town.id, rows), now, quiet=quiet))
        if not wanted:
            return
        with self._writing.begin() as connection:
            for block, id_ in wanted:
                change, why = (block_pass, DONE) if block else (unblock_pass, AGAIN)
                change(self._town, connection, id_, by=BY_HUB, reason=why, now=now)

    def _keeper(self, connection: Connection) -> Keeper:
        hooks = {store.REQUESTS: RequestHook()}
        return kept.keeper(connection, self._town.id, store.REQUESTS, self._town.settings.zone, hooks)


def judged(connection: Connection, town: str, rows: Iterable[RegisterRow]) -> list[Judged]:
    """Requests that have a pass, with what is known of their trips."""
    found = []
    for row in rows:
        issued = store.passes_of(connection, town, row.links.pass_id) if row.links.pass_id else []
        if issued:
            shape = Shape(str(row.values.get("trip", Shape.OUT)))
            found.append(Judged(row, issued, trip_of(shape, store.crossings(connection, town, issued))))
    return found


def marks(it: Judged) -> dict[str, Value]:
    """The values of a request that its trip makes others than they are. What is known stays known: nothing is ever emptied."""
    said: dict[str, Value] = {}
    for crossing, at, gate in ((it.trip.first, "out_at", "out_gate"), (it.trip.back, "back_at", "back_gate")):
        if crossing is not None:
            said |= {at: crossing.at, gate: crossing.gate}
    return {name: value for name, value in said.items() if it.row.values.get(name) != value}


def mark(keeper: Keeper, connection: Connection, it: Judged, now: datetime) -> RegisterRow:
    """Writes what a trip says into its request, and brings it into the state that follows. The same trip again changes nothing."""
    row, writer = it.row, Writer(BY_HUB, Role.ADMIN, now)
    new = marks(it)
    if not new or row.removed_at is not None:
        return row
    last = it.trip.back or it.trip.first
    links = replace(row.links, visit=row.links.visit if last is None else last.visit)
    row = keeper.change(connection, row, Draft({**row.values, **new}, links), writer, version=row.version)
    if row.state == "assigned":
        row = keeper.move(connection, row, "on_the_way", writer, version=row.version)
    # who brings something in has it signed for: only a person can say that
    if row.state == "on_the_way" and it.trip.back is not None and row.values.get("trip") != Shape.IN:
        delivered = {"delivered_at": it.trip.back.at}
        row = keeper.move(connection, row, "delivered", writer, version=row.version, values=delivered)
    return row


def pass_changes(found: Iterable[Judged], now: datetime, *, quiet: bool) -> Iterable[tuple[bool, str]]:
    """(True to block, False to unblock; id) of the passes whose trips ask for it. `quiet`: no gate knows more than the hub."""
    for each in found:
        for issued in each.issued:
            ours = issued.state(now) is PassState.BLOCKED and issued.blocked_by == BY_HUB
            if ours and each.trip.under_way:
                yield False, issued.id
            elif quiet and each.over and issued.state(now) in (PassState.VALID, PassState.NOT_YET):
                yield True, issued.id


def is_quiet(gate: GateStatus, now: datetime) -> bool:
    """Returns True if a gate has sent all it knows: it is live and nothing waits there; or it never was in use."""
    freshness = gate.freshness(now)
    if freshness is Freshness.NEVER:
        return True
    return freshness is Freshness.LIVE and gate.health is not None and gate.health.backlog == 0
