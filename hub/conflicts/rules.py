"""The rules of conflicts. Pure: one vehicle's passages in order of the gates' time, the policy, now -> findings.

| what | opens when |
|---|---|
| `in_twice` | it came in while it was inside, and the first entry is not older than the class's time-out or `unmatched_hours` |
| `out_twice` | it went out twice, with no entry between, within `unmatched_hours` |
| `too_fast` | two gates saw it closer together than the least time between them: a copied pass. Takes the place of the two above |
| `revoked_after` | it passed with a pass that the hub had revoked or blocked by then, and the gate had not heard |
| `overstay` | it stayed longer than its class may |
| `watch_list` | its plate is watched (`notify`), or a gate stopped it for that |

The first three and `overstay` follow from all passages together: a late record may bring one about or explain it away. The
other two are facts that stay. A passage under an unsynced clock proves no time: no pair with it is judged, nor one that it may
lie between. An entry without an exit after `unmatched_hours` is no contradiction: it is listed apart.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise, zip_longest
from typing import NamedTuple

from edge.contract.canonical import canonical, sha256_hex
from edge.contract.facts import ClockTrust
from edge.contract.messages import Watched
from edge.contract.policy import Policy
from edge.contract.reasons import Direction, Reason


class What(StrEnum):
    """The kinds of conflicts."""

    IN_TWICE = "in_twice"
    OUT_TWICE = "out_twice"
    TOO_FAST = "too_fast"
    REVOKED_AFTER = "revoked_after"
    OVERSTAY = "overstay"
    WATCH_LIST = "watch_list"


EXPLAINABLE = frozenset({What.IN_TWICE, What.OUT_TWICE, What.TOO_FAST, What.OVERSTAY})
"""What a late record can explain away."""

KNOWN_AT_THE_GATE = frozenset({Reason.REVOKED, Reason.BLOCKED})


class Passage(NamedTuple):
    """A vehicle at a gate: judged at `arrived`, through at `passed` (None: it did not drive through)."""

    visit: str
    plate: str | None
    pass_id: str | None
    gate: str
    direction: Direction
    arrived: datetime
    passed: datetime | None
    clock: ClockTrust
    vehicle_class: str | None
    reason: str | None

    @property
    def timed(self) -> bool:
        """True if the times of this passage prove anything."""
        return self.clock is not ClockTrust.UNSYNCED


@dataclass(frozen=True, slots=True)
class Finding:
    """A contradiction and the visits that show it, the later one last. The same facts always have the same id."""

    what: What
    visits: tuple[str, ...]
    plate: str | None

    @property
    def id(self) -> str:
        """32 hexadecimal digits, of what and visits alone."""
        return sha256_hex(canonical([self.what.value, *self.visits]))[:32]


def horizon(policy: Policy) -> timedelta:
    """How far apart two passages may be and still say something together."""
    hours = [policy.unmatched_hours, *(each.least_minutes / 60 for each in policy.travel)]
    hours += [each.passback_hours for each in policy.classes if each.passback_hours]
    hours += [each.transit_minutes / 60 for each in policy.classes if each.transit_minutes]
    return timedelta(hours=max(hours))


def judge_passages(passages: Sequence[Passage], policy: Policy, now: datetime) -> list[Finding]:
    """The contradictions between one vehicle's passages, which come in order of time."""
    untimed = {
        way: sorted(_passed(each) for each in passages if not each.timed and each.direction is way) for way in Direction
    }
    found = [finding for pair in pairwise(passages) for finding in _pair(*pair, untimed, policy)]
    for stay, after in zip_longest(passages, passages[1:]):
        if _overstayed(stay, after, policy, now):
            found.append(Finding(What.OVERSTAY, (stay.visit,), stay.plate))
    return found


def judge_visit(
    seen: Passage, ended: Mapping[str, datetime], watched: Mapping[str, tuple[Watched, datetime]]
) -> list[Finding]:
    """The findings from one visit alone. `ended`: since when a pass counts no longer; `watched`: since when a plate is watched."""
    found = []
    if _revoked_after(seen, ended):
        found.append(Finding(What.REVOKED_AFTER, (seen.visit,), seen.plate))
    if _on_watch_list(seen, watched):
        found.append(Finding(What.WATCH_LIST, (seen.visit,), seen.plate))
    return found


def _pair(
    first: Passage, then: Passage, untimed: Mapping[Direction, Sequence[datetime]], policy: Policy
) -> Iterator[Finding]:
    if not (first.timed and then.timed):
        return
    visits = (first.visit, then.visit)
    if _too_fast(first, then, policy):
        yield Finding(What.TOO_FAST, visits, then.plate)
    elif _twice(first, then, policy) and not _maybe_between(untimed, first, then, policy):
        yield Finding(_TWICE[then.direction], visits, then.plate)


_TWICE = {Direction.IN: What.IN_TWICE, Direction.OUT: What.OUT_TWICE}


def _too_fast(first: Passage, then: Passage, policy: Policy) -> bool:
    # the least times hold inside the area: who left it drives by other roads until it comes in again
    outside = first.direction is Direction.OUT and then.direction is Direction.IN
    if outside or first.gate == then.gate:
        return False
    least = next((each.least_minutes for each in policy.travel if set(each.gates) == {first.gate, then.gate}), None)
    if least is None:
        return False
    return then.arrived - _passed(first) < timedelta(minutes=least)


def _twice(first: Passage, then: Passage, policy: Policy) -> bool:
    return first.direction is then.direction and _passed(then) - _passed(first) < _counts_for(first, policy)


def _counts_for(first: Passage, policy: Policy) -> timedelta:
    class_ = policy.class_named(first.vehicle_class)
    own = class_.passback_hours if class_ and first.direction is Direction.IN else None
    return timedelta(hours=own or policy.unmatched_hours)


def _maybe_between(
    untimed: Mapping[Direction, Sequence[datetime]], first: Passage, then: Passage, policy: Policy
) -> bool:
    """Returns True if a passage the other way, at a time that nobody knows, may lie between. `untimed`: those, in order of time."""
    near = timedelta(hours=policy.unmatched_hours)
    others = next(times for way, times in untimed.items() if way is not first.direction)
    place = bisect_right(others, _passed(first) - near)
    return place < len(others) and others[place] < _passed(then) + near


def _overstayed(stay: Passage, after: Passage | None, policy: Policy, now: datetime) -> bool:
    if stay.direction is not Direction.IN or not stay.timed or (after is not None and not after.timed):
        return False
    class_ = policy.class_named(stay.vehicle_class)
    if class_ is None or class_.transit_minutes is None:
        return False
    until = now if after is None else after.arrived
    return until - _passed(stay) > timedelta(minutes=class_.transit_minutes)


def _revoked_after(seen: Passage, ended: Mapping[str, datetime]) -> bool:
    since = ended.get(seen.pass_id or "")
    heard = seen.reason in KNOWN_AT_THE_GATE
    return since is not None and seen.passed is not None and seen.timed and not heard and seen.arrived >= since


def _on_watch_list(seen: Passage, watched: Mapping[str, tuple[Watched, datetime]]) -> bool:
    on, since = watched.get(seen.plate or "", (None, None))
    told = on is not None and on.notify and since is not None and (not seen.timed or seen.arrived >= since)
    return told or seen.reason == Reason.WATCH_LIST


def _passed(seen: Passage) -> datetime:
    assert seen.passed is not None, "only passages are compared"
    return seen.passed
