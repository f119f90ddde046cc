"""On what terms a pass may be had: the rules of the operation, applied to what somebody asks for. Pure.

Every way to a pass (form, command, import, renewal) comes through here, so that one rule holds for all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from edge.contract.plates import classify
from edge.contract.records import wall_text
from hub.errors import HubError
from hub.operation import ClassRules, Rules

MOST_PLATE = 16
_YEARS = range(2000, 9000)


class Unfit(HubError):  # noqa: N818  it is a finding about a request, listed by the hundred in an import's preview
    """One value that can't stand: in which column, what was found, and what is wrong with it in both languages."""

    def __init__(self, column: str, found: str, en: str, zh: str):
        super().__init__(f"{column} {found!r}: {en}")
        self.column, self.found, self.en, self.zh = column, found, en, zh


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a pass is to say. `class_number` and `gate_numbers` are the operation's and the town's; times in UTC."""

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
) -> Wanted:
    """The pass that is asked for; `Unfit` if the operation does not give it.

    `known`: the town's gates and their numbers. `allowed` None: every gate that the class may use; `expires` None: after the
    class's default; `priority` None: as the class has it.
    """
    class_ = _class(rules, vehicle_class)
    # whole seconds stand in the code; what the hub keeps must say the same
    begin = _moment("from", not_before)
    gates = class_.gates if allowed is None else allowed
    numbers = None if gates is None else _gates(class_, gates, known)
    return Wanted(
        plate=_plate(plate),
        vehicle_class=class_.id,
        class_number=class_.number,
        gate_numbers=numbers,
        priority=class_.priority if priority is None else priority,
        not_before=begin,
        expires=_end(class_, begin, expires),
    )


def _plate(text: str) -> str:
    plate = classify(text).text
    if not 0 < len(plate) <= MOST_PLATE or not plate.isprintable():
        raise Unfit("plate", text, f"expected 1 to {MOST_PLATE} characters", f"应为 1 至 {MOST_PLATE} 个字符")
    return plate


def _class(rules: Rules, id_: str) -> ClassRules:
    class_ = rules.class_named(id_)
    if class_ is None:
        raise Unfit(
            "class",
            id_,
            f"there is no such class (known: {', '.join(each.id for each in rules.classes)})",
            f"没有此类别（现有：{'、'.join(each.zh for each in rules.classes)}）",
        )
    return class_


def _moment(column: str, when: datetime) -> datetime:
    try:
        moment = when.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        moment = None
    if moment is None or moment.year not in _YEARS:
        raise Unfit(column, str(when), "expected a year from 2000 to 8999", "年份应在 2000 至 8999 之间")
    return moment


def _end(class_: ClassRules, begin: datetime, expires: datetime | None) -> datetime:
    end = _moment("to", begin + timedelta(days=class_.default_days) if expires is None else expires)
    if end <= begin:
        raise Unfit(
            "to",
            wall_text(end),
            f"expected the end after the beginning ({wall_text(begin)})",
            f"结束时间应晚于开始时间（{wall_text(begin)}）",
        )
    # an hour's grace: a span of whole days may hold a change to or from summer time
    if end - begin > timedelta(days=class_.most_days, hours=1):
        raise Unfit(
            "to",
            wall_text(end),
            f"a pass of class {class_.id} is valid for {class_.most_days:g} days at most",
            f"{class_.zh}通行证最长有效 {class_.most_days:g} 天",
        )
    return end


def _gates(class_: ClassRules, gates: Sequence[str], known: Mapping[str, int]) -> dict[str, int]:
    if not gates:
        raise Unfit("gates", "", "expected at least one gate", "至少应有一个卡口")
    for gate in gates:
        if gate not in known:
            raise Unfit(
                "gates",
                gate,
                f"there is no such gate (known: {', '.join(known) or 'none'})",
                f"没有此卡口（现有：{'、'.join(known) or '无'}）",
            )
        if class_.gates is not None and gate not in class_.gates:
            raise Unfit(
                "gates",
                gate,
                f"class {class_.id} may not use it (may use: {', '.join(class_.gates)})",
                f"{class_.zh}不准走此卡口（可走：{'、'.join(class_.gates)}）",
            )
    return {gate: known[gate] for gate in gates}
