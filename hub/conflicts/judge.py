"""Looks for conflicts, by the gates' own times, among the visits that new entries have touched; and every half minute among overdue vehicles.

The listener calls `judge_safely` in the transaction of the append, inside a savepoint: a fault here loses no record. Where the visits
cannot be judged together each is judged alone: one that cannot be costs no other vehicle anything, is told by an alert, and is tried
again every ten minutes, at each start and after a rebuild. What is open
afterwards follows from the visits alone, so the order in which gates upload changes nothing: a contradiction that a late record
explains is settled by the hub itself, and one that it brings about is opened, once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import Connection

from edge.contract.policy import Policy
from hub.conflicts import store
from hub.conflicts.evidence import ended, overdue, rows_of, seen, watched_plates
from hub.conflicts.nearby import Near
from hub.conflicts.rules import Finding, Passage, horizon, judge_passages, judge_visit
from hub.database.engine import UnusableError
from hub.downlink import signed_lists
from hub.ledger.projections import undone
from hub.ledger.projections.visit_row import Row

log = structlog.get_logger()

EVERY = 30.0
"""Seconds between two looks for vehicles that have stayed too long."""
AT_ONCE = 500
AGAIN_AFTER = timedelta(minutes=10)
"""After how long a visit that could not be judged is tried again."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How many conflicts were opened, and how many of those open were explained."""

    opened: int = 0
    explained: int = 0


def judge(
    connection: Connection,
    town: str,
    rows: Sequence[Row],
    *,
    key: Ed25519PrivateKey,
    now: datetime,
    plates: Sequence[str] = (),
) -> Judged:
    """Judges rows of `visits` and every passage near them of the same vehicles; `plates`: what they were called before a correction."""
    policy = signed_lists.current_policy(connection, town)
    if policy is None or not rows:
        return Judged()
    at_gates = seen(rows)
    findings = _of_visits(connection, town, at_gates)
    of_passages, judged = _of_passages(connection, town, at_gates, plates, policy, now)
    findings += of_passages
    known = store.known(connection, (each.id for each in findings))
    fresh = {each.id: each for each in findings if each.id not in known or known[each.id].explained}
    for finding in fresh.values():
        store.open_(connection, town=town, finding=finding, key=key, now=now)
    found = {each.id for each in findings}
    gone = [each.id for each in judged if each.id not in found]
    for conflict in gone:
        store.explain(connection, town=town, conflict=conflict, key=key, now=now)
    return Judged(len(fresh), len(gone))


def judge_safely(
    connection: Connection, town: str, rows: Sequence[Row], *, key: Ed25519PrivateKey, now: datetime
) -> None:
    """Judges for the listener: a fault of the program leaves its visit unjudged, and loses no record. A database that cannot write is raised."""
    try:
        with connection.begin_nested():
            judged = judge(connection, town, rows, key=key, now=now)
    except UnusableError:
        raise
    except Exception:
        log.exception("visits are judged one by one", visits=len(rows))
        for row in rows:
            _judge_alone(connection, town, row, key=key, now=now)
        return
    if judged.opened or judged.explained:
        log.info("judged again", opened=judged.opened, explained=judged.explained)


def judge_what_failed(
    connection: Connection, town: str, ids: Sequence[str], *, key: Ed25519PrivateKey, now: datetime
) -> None:
    """Tries visits again that could not be judged; those that can be are no longer remembered."""
    found = {row["visit_id"]: row for row in rows_of(connection, town, ids)}
    judged = [id_ for id_ in ids if id_ not in found or _judge_alone(connection, town, found[id_], key=key, now=now)]
    undone.done(connection, town, undone.What.JUDGED, judged, now)


def failed_before(connection: Connection, town: str, now: datetime) -> list[str]:
    """The visits that could not be judged and are due again."""
    return undone.due(connection, town, undone.What.JUDGED, now - AGAIN_AFTER, AT_ONCE)


def _judge_alone(connection: Connection, town: str, row: Row, *, key: Ed25519PrivateKey, now: datetime) -> bool:
    """True if it could be judged; else it is remembered, and an alert says so."""
    try:
        with connection.begin_nested():
            judge(connection, town, [row], key=key, now=now)
    except UnusableError:
        raise
    except Exception as error:
        log.exception("a visit could not be judged", visit=row["visit_id"])
        undone.note(connection, town, undone.What.JUDGED, str(row["visit_id"]), error, now)
        return False
    return True


def look_for_overstays(connection: Connection, town: str, now: datetime) -> list[Row]:
    """The rows of the entry visits to judge because time has passed, the longest stays first."""
    policy = signed_lists.current_policy(connection, town)
    return [] if policy is None else overdue(connection, town, policy, now, AT_ONCE)


def _of_visits(connection: Connection, town: str, seen: Sequence[Passage]) -> list[Finding]:
    over = ended(connection, town, [each.pass_id for each in seen if each.pass_id])
    watched = watched_plates(connection, town, [each.plate for each in seen if each.plate])
    return [finding for each in seen for finding in judge_visit(each, over, watched)]


def _of_passages(
    connection: Connection, town: str, seen: Sequence[Passage], plates: Sequence[str], policy: Policy, now: datetime
) -> tuple[list[Finding], list[store.Conflict]]:
    """What the vehicles' passages say, and the open conflicts that this judgement may end."""
    through = {each.visit: each for each in seen if each.passed is not None}
    if not through:
        return [], []
    names = list(dict.fromkeys([*(each.plate for each in through.values() if each.plate), *plates]))
    bare = list(dict.fromkeys(each.pass_id for each in through.values() if each.pass_id and not each.plate))
    stretches = list(Near(connection, town, through, horizon(policy)).stretches(names, bare))
    found = [(each, judge_passages(each.passages, policy, now)) for each in stretches]
    if not any(findings for _, findings in found) and not store.any_explainable(connection, town):
        return [], []
    sure = frozenset(through).union(*(each.sure for each in stretches))
    findings = {
        each.id: each for stretch, all_ in found for each in all_ if each.visits[-1] in stretch.sure | through.keys()
    }
    return list(findings.values()), store.explainable(connection, town, sorted(sure))
