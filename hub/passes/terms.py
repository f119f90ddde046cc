"""The terms of a pass: the rules of the operation, applied to a request for a pass. Pure.

Every way to a pass (form, command, import, renewal) comes through here, so that one rule holds for all of them.

Tested in `tests/hub/passes/test_store.py` and `tests/hub/passes/test_lists_of_clerks.py`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from edge.contract.plates import classify
from edge.contract.records import wall_text
from hub.errors import RefusedError, Words
from hub.passes.glyphs import missing
from hub.town.operation import Rules
from hub.town.rule_parts import ClassRules

MOST_PLATE = 16
_YEARS = range(2000, 9000)


class Unfit(RefusedError):  # noqa: N818  it is a finding about a request, listed by the hundred in an import's preview
    """One value that can't stand: in which column, what was found, and what is wrong with it."""

    def __init__(self, column: str, found: str, wrong: Words):
        whole = Words("%(column)s %(found)r: %(wrong)s", column=column, found=found, wrong=wrong)
        super().__init__(whole.text, **whole.values)
        self.column, self.found, self.wrong = column, found, wrong


@dataclass(frozen=True, slots=True)
class PassTerms:
    """The terms of a pass to be issued. `class_number` and `gate_numbers` are the operation's and the town's; times in UTC."""

    plate: str
    vehicle_class: str
    class_number: int
    gate_numbers: Mapping[str, int] | None
    priority: bool
    not_before: datetime
    expires: datetime


def terms(
    rules: Rules,
    known: Mapping[str, int],
    *,
    plate: str,
    vehicle_class: str,
    allowed: Sequence[str] | None,
    not_before: datetime,
    expires: datetime | None,
    priority: bool | None,
    glyphs: Collection[int] | None = None,
) -> PassTerms:
    """The pass that is asked for; `Unfit` if the operation does not give it.

    `known`: the town's gates and their numbers. `allowed` None: every gate that the class may use; `expires` None: after the
    class's default; `priority` None: as the class has it; `glyphs`: the code points that a card can show (None: no card is made).
    """
    class_ = _class(rules, vehicle_class)
    # whole seconds stand in the code; what the hub keeps must say the same
    first = rules.first_pass
    begin = _moment("from", not_before if first is None else max(not_before, first))
    gates = class_.gates if allowed is None else allowed
    numbers = None if gates is None else _gates(class_, gates, known)
    return PassTerms(
        plate=_plate(plate, glyphs),
        vehicle_class=class_.id,
        class_number=class_.number,
        gate_numbers=numbers,
        priority=class_.priority if priority is None else priority,
        not_before=begin,
        expires=_end(class_, begin, expires, rules.end),
    )


def _plate(text: str, glyphs: Collection[int] | None) -> str:
    plate = classify(text).text
    if not 0 < len(plate) <= MOST_PLATE or not plate.isprintable():
        raise Unfit("plate", text, Words("expected 1 to %(most)s characters", most=MOST_PLATE))
    if strange := missing(plate, glyphs):
        code = f"U+{ord(strange):04X}"
        raise Unfit(
            "plate", text, Words("%(character)s (%(code)s) can't be printed on a card", character=strange, code=code)
        )
    return plate


def _class(rules: Rules, id_: str) -> ClassRules:
    class_ = rules.class_named(id_)
    if class_ is None:
        known = tuple(each.id for each in rules.classes)
        raise Unfit("class", id_, Words("there is no such class (known: %(classes)s)", classes=known))
    return class_


def _moment(column: str, when: datetime) -> datetime:
    try:
        moment = when.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        moment = None
    if moment is None or moment.year not in _YEARS:
        raise Unfit(column, str(when), Words("expected a year from 2000 to 8999"))
    return moment


def _end(class_: ClassRules, begin: datetime, expires: datetime | None, last: datetime | None) -> datetime:
    if last is not None and begin >= last:
        raise Unfit("from", wall_text(begin), Words("the operation ends %(at)s", at=wall_text(last)))
    end = _moment("to", begin + timedelta(days=class_.default_days) if expires is None else expires)
    if end <= begin:
        late = Words("expected the end after the beginning (%(start)s)", start=wall_text(begin))
        raise Unfit("to", wall_text(end), late)
    # an hour's grace: a span of whole days may hold a change to or from summer time
    if end - begin > timedelta(days=class_.most_days, hours=1):
        most = f"{class_.most_days:g}"
        long = Words(
            "a pass of class %(vehicle_class)s is valid for %(days)s days at most", vehicle_class=class_.id, days=most
        )
        raise Unfit("to", wall_text(end), long)
    return end if last is None else _within(end, last, given=expires is not None)


def _within(end: datetime, last: datetime, *, given: bool) -> datetime:
    """The end of a pass of an operation that ends at `last`: cut to it where the class gives the end, or a date's last day does.

    A date stands for its end, so the operation's own last day may be asked for; what is later still is refused.
    """
    if given and end > last + timedelta(days=1):
        raise Unfit("to", wall_text(end), Words("the operation ends %(at)s", at=wall_text(last)))
    return min(end, last)


def _gates(class_: ClassRules, gates: Sequence[str], known: Mapping[str, int]) -> dict[str, int]:
    if not gates:
        raise Unfit("gates", "", Words("expected at least one gate"))
    for gate in gates:
        if gate not in known:
            none = Words("there is no such gate; the town has none yet")
            other = Words("there is no such gate (known: %(gates)s)", gates=tuple(known))
            raise Unfit("gates", gate, other if known else none)
        if class_.gates is not None and gate not in class_.gates:
            closed = Words(
                "class %(vehicle_class)s may not use it (may use: %(gates)s)",
                vehicle_class=class_.id,
                gates=tuple(class_.gates),
            )
            raise Unfit("gates", gate, closed)
    return {gate: known[gate] for gate in gates}
