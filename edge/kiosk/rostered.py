"""Who is on the roster at this gate now and next, for the page of the shift. Nothing is decided by it: whoever comes may sign on.

Tested in `tests/edge/kiosk/test_rostered.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from edge.contract.commands import Rostered, RosteredShift
from edge.contract.policy import Officer, Policy
from edge.contract.records import parse_wall
from edge.kiosk import words
from edge.kiosk.times import clock
from edge.kiosk.words import _


@dataclass(frozen=True, slots=True)
class RosterLine:
    """A shift in words: which one with its times, who serves in it, who leads it (empty: nobody)."""

    shift: str
    people: tuple[str, ...]
    leader: str


@dataclass(frozen=True, slots=True)
class OnRoster:
    """The shift of now and the one after it (None: the hub's roster has none), and the officers who are in them."""

    now: RosterLine | None
    next: RosterLine | None
    officers_now: frozenset[str]
    officers_next: frozenset[str]


def on_roster(shifts: Sequence[RosteredShift], policy: Policy | None, now: datetime) -> OnRoster:
    """What the roster says of this moment, in the language of the request."""
    current = next((each for each in shifts if parse_wall(each.starts) <= now < parse_wall(each.ends)), None)
    ahead = [each for each in shifts if parse_wall(each.starts) > now]
    following = min(ahead, key=lambda each: parse_wall(each.starts), default=None)
    return OnRoster(
        _line(current, policy), _line(following, policy), _officers(current), _officers(following)
    )  # fmt: skip


def rostered_first(policy: Policy | None, wanted: frozenset[str]) -> list[Officer]:
    """The officers of the policy, those who are on the roster before the others."""
    return sorted(policy.officers if policy else (), key=lambda each: each.id not in wanted)


def _line(shift: RosteredShift | None, policy: Policy | None) -> RosterLine | None:
    if shift is None:
        return None
    times = "–".join(clock(parse_wall(each), policy) for each in (shift.starts, shift.ends))
    people = tuple(_person(each, policy) for each in shift.staff if not each.leader)
    leaders = (_person(each, policy) for each in shift.staff if each.leader)
    return RosterLine(f"{words.either(shift.zh, shift.en)} {times}", people, next(leaders, ""))


def _person(each: Rostered, policy: Policy | None) -> str:
    name = words.officer_name(each.officer, policy) or each.name or _("without a name")
    role = words.either(each.role_zh, each.role_en)
    return _("%(name)s (%(role)s)", name=name, role=role) if role and not each.leader else name


def _officers(shift: RosteredShift | None) -> frozenset[str]:
    return frozenset(each.officer for each in (shift.staff if shift else ()) if each.officer and not each.leader)
