"""The SQL of requests and their trips: open ones by due time, the passes of one, its crossings, what a part of a person's name finds.

Tested in `tests/hub/needs/test_marking.py` and `tests/hub/needs/test_views.py`.
"""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.engine import Connection

from edge.contract.facts import Outcome
from edge.contract.reasons import Direction
from edge.contract.records import wall_text
from hub.database.schema import entries, passes, register_rows, visits
from hub.database.statements import among, unindexed
from hub.needs.trips import Crossing
from hub.passes import store as pass_store
from hub.registers.rows import RegisterRow, row_of

REQUESTS, PEOPLE = "need_requests", "special_needs"
ENDED = ("closed", "refused")
_ROWS = register_rows.c
MOST_PASSES = 8
"""A request's pass is renewed so often at most before its trip counts as another one."""


def open_requests(connection: Connection, town: str, limit: int) -> list[RegisterRow]:
    """Requests that have not ended, those due first first."""
    query = select(register_rows).where(*_open(town)).order_by(_ROWS.due_at, _ROWS.id).limit(limit)
    return [row_of(each) for each in connection.execute(query).mappings()]


def newest_ended(connection: Connection, town: str, limit: int) -> list[RegisterRow]:
    """Requests that ended last, the newest first."""
    query = select(register_rows).where(
        _ROWS.town == town, _ROWS.register == REQUESTS, _ROWS.state.in_(ENDED), _ROWS.removed_at.is_(None)
    )
    newest = query.order_by(_ROWS.changed_at.desc(), _ROWS.id.desc()).limit(limit)
    return [row_of(each) for each in connection.execute(newest).mappings()]


def by_id(connection: Connection, town: str, ids: Collection[int]) -> Mapping[int, RegisterRow]:
    """Rows by their ids."""
    query = select(register_rows).where(unindexed(_ROWS.town, town), _ROWS.id.in_(sorted(ids)))
    return {each["id"]: row_of(each) for each in connection.execute(query).mappings()} if ids else {}


def of_person(connection: Connection, town: str, person: int, limit: int) -> list[RegisterRow]:
    """The requests of one person, the newest first."""
    query = select(register_rows).where(
        _ROWS.town == town, _ROWS.parent == person, _ROWS.register == REQUESTS, _ROWS.removed_at.is_(None)
    )
    return [row_of(each) for each in connection.execute(query.order_by(_ROWS.id.desc()).limit(limit)).mappings()]


def passes_of(connection: Connection, town: str, id_: str) -> list[pass_store.Issued]:
    """A request's pass and those that renewed or replaced it, the first first."""
    found = pass_store.find(connection, town, id_)
    if found is None:
        return []
    every = [found, *(each for each in pass_store.of_plates(connection, town, [found.plate]) if each.id != id_)]
    chain = [found]
    while len(chain) < MOST_PASSES:
        ids = {each.id for each in chain}
        following = [each for each in every if each.replaces in ids and each.id not in ids]
        if not following:
            break
        chain += following
    return chain


def crossings(connection: Connection, town: str, issued: Sequence[pass_store.Issued]) -> list[Crossing]:
    """The crossings of a trip: with one of its passes, or of its plate without any while the pass was valid (its code could not be read)."""
    if not issued:
        return []
    first, last = wall_text(issued[0].not_before), wall_text(max(each.expires for each in issued))
    by_hand = and_(
        visits.c.plate == issued[0].plate, visits.c.pass_id.is_(None), visits.c.opened_at >= first,
        visits.c.opened_at < last,
    )  # fmt: skip
    drove = or_(visits.c.outcome == Outcome.PASSED.value, visits.c.sighting.is_not(None))
    found = []
    for which in (visits.c.pass_id.in_([each.id for each in issued]), by_hand):
        query = select(visits.c.visit_id, visits.c.gate, visits.c.direction, visits.c.opened_at).where(
            visits.c.town == town,
            which,
            drove,
            visits.c.opened_at.is_not(None),
            visits.c.direction.in_(list(Direction)),
        )
        found += [Crossing(each[0], each[1], Direction(each[2]), each[3]) for each in connection.execute(query)]
    return found


def touched(connection: Connection, town: str, after: int) -> list[RegisterRow]:
    """The requests with a pass whose trips may have changed by the entries after this one; all of them after 0."""
    query = select(register_rows).where(
        _ROWS.town == town, _ROWS.register == REQUESTS, _ROWS.pass_id.is_not(None), _ROWS.removed_at.is_(None)
    )
    if after:
        moved = (
            select(visits.c.pass_id, visits.c.plate)
            .join(entries, entries.c.visit == visits.c.visit_id)
            .where(entries.c.town + "" == town, entries.c.id > after, visits.c.town == town)
            .distinct()
        )
        rows = list(connection.execute(moved))
        ids = {row.pass_id for row in rows if row.pass_id}
        plates = {row.plate for row in rows if row.plate}
        if not ids and not plates:
            return []
        named = or_(among(passes.c.id, sorted(ids)), among(passes.c.plate, sorted(plates)))
        theirs = select(passes.c.plate).where(passes.c.town == town, named)
        of_trips = select(passes.c.id).where(passes.c.town == town, passes.c.plate.in_(theirs))
        query = query.where(_ROWS.pass_id.in_(of_trips))
    return [row_of(each) for each in connection.execute(query.order_by(_ROWS.id)).mappings()]


def with_live_pass(connection: Connection, town: str, now: str) -> list[RegisterRow]:
    """The requests, ended or removed ones too, whose plate has a pass that has neither expired nor been revoked."""
    live = passes.alias("live")
    counts = exists().where(
        live.c.town == town, live.c.plate == passes.c.plate, live.c.expires > now, live.c.revoked_at.is_(None)
    )
    query = (
        select(register_rows)
        .join(passes, passes.c.id == _ROWS.pass_id)
        .where(_ROWS.town == town, _ROWS.register == REQUESTS, _ROWS.pass_id.is_not(None), counts)
    )
    return [row_of(each) for each in connection.execute(query.order_by(_ROWS.id)).mappings()]


def _open(town: str) -> list[ColumnElement[bool]]:
    return [
        _ROWS.town == town, _ROWS.register == REQUESTS, _ROWS.state.not_in(ENDED), _ROWS.removed_at.is_(None),
    ]  # fmt: skip
