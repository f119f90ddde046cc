"""The closed lists of the contract as tables, made from the lists of the code."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, get_args

from edge.contract import facts
from edge.contract.alarms import ALARMS
from edge.contract.commands import LAST_ANSWERS, Answered, CommandKind
from edge.contract.facts import (
    HUB_KINDS,
    PERSONAL_FIELDS,
    VISIT_KINDS,
    ClockTrust,
    Disinfection,
    Kind,
    Outcome,
    ReadBy,
    VerifiedBy,
)
from edge.contract.messages import SignedKind
from edge.contract.plates import PATTERNS, PlateType
from edge.contract.policy import AntiPassback, Mark
from edge.contract.reasons import VERDICT_WORDS, VERDICTS, WORDS, Direction, Reason, Verdict
from edge.lane.phase import Shown
from hub.conflicts.rules import What


class Closed(NamedTuple):
    """A list: its title, where it stands in messages and records, each value with what it means; `open`: newer values may come."""

    title: str
    where: str
    rows: Iterable[tuple[str, ...]]
    head: tuple[str, ...] = ("value", "meaning")
    open: bool = False


ENUMS = {
    "Clock": "Clocks",
    "Kind": "Kinds of records",
    "ReadBy": "Ways of registering",
    "Outcome": "Outcomes of a visit",
    "Disinfection": "Demands of disinfection",
    "VerifiedBy": "Witnesses of a disinfection",
    "Direction": "Directions",
    "Verdict": "Verdicts",
    "Reason": "Reasons",
    "AntiPassback": "Anti-passback",
    "Mark": "Marks",
}
"""The title of each list that is a type."""


def lists() -> Iterator[str]:
    """The chapter, line by line."""
    yield "## Closed lists\n"
    yield "A value that is not in its list is refused, as any other value beyond its type, unless the list is *open*: then it is shown as it came.\n"
    for each in (*_of_records(), *_of_judging(), *_of_messages()):
        yield f"### {each.title}\n"
        yield f"{each.where}.{' Open.' if each.open else ''}\n"
        yield table(each.head, list(each.rows))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines).replace("|  |", "| |") + "\n"


def _each(values: Iterable[str], meanings: dict[str, str]) -> list[tuple[str, ...]]:
    """A row for each value; `KeyError` for one of which nobody has said what it means."""
    return [(f"`{value}`", meanings[value]) for value in values]


def _of_records() -> Iterator[Closed]:
    kinds = [
        (
            f"`{kind}`",
            "hub" if kind in HUB_KINDS else "gate",
            "yes" if kind in VISIT_KINDS else "",
            _first(facts.BODIES[kind].__doc__),
        )
        for kind in Kind
    ]
    yield Closed("Kinds of records", "`kind` of `raw`", kinds, ("value", "written by", "belongs to a visit", "meaning"))
    fields = {
        "plate": "the plate, normalised", "occupants": "how many people, or who", "origin": "where from", "destination": "where to",
        "purpose": "what for", "driver": "the driver's name", "phone": "a telephone number", "remark": "what an officer noted",
        "picture": "reserved",
    }  # fmt: skip
    yield Closed("Personal fields", "Keys of `private` and of `commitments`", _each(sorted(PERSONAL_FIELDS), fields))
    yield Closed("Clocks", "`clock`", _each(ClockTrust, {
        "synced": "set from a network or a receiver: to be trusted", "rtc": "from the clock with a battery: right to some seconds a day",
        "unsynced": "nobody knows: no pass is judged by it",
    }))  # fmt: skip
    yield Closed("Ways of registering", "`read_by`", _each(ReadBy, {
        "qr": "a pass was read", "hand": "an officer typed it in", "emergency": "the emergency button",
    }))  # fmt: skip
    yield Closed("Outcomes of a visit", "`outcome` of `visit_closed`", _each(Outcome, {
        "passed": "it drove through", "turned_back": "it was sent back", "detained": "it was held",
        "abandoned": "it did not drive through, and nobody sent it back",
        "unclear": "nobody knows whether it drove through: it counts as no passage",
    }))  # fmt: skip
    yield Closed("Parts of a vehicle", "`parts`", _each(get_args(facts.Part), {
        "tyres": "tyres", "chassis": "chassis", "body": "body", "cab": "inside of the cab",
    }))  # fmt: skip
    yield Closed("Demands of disinfection", "`disinfection`", _each(Disinfection, {
        "required": "it goes through only when it is done", "optional": "the officer decides", "off": "none",
    }))  # fmt: skip
    yield Closed("Witnesses of a disinfection", "`verified_by`", _each(VerifiedBy, {
        "sensor": "a flow sensor saw the flow", "officer": "the officer's button",
    }))  # fmt: skip
    yield Closed("What was overridden", "`what` of `overridden`", _each(_choices(facts.Overridden, "what"), {
        "verdict": "the verdict", "disinfection": "the disinfection",
    }))  # fmt: skip
    yield Closed("What became of the quarantined", "`outcome` of `released`", _each(_choices(facts.Released, "outcome"), {
        "released": "let in", "dismissed": "dismissed; its bytes stay",
    }))  # fmt: skip
    yield Closed("Conflicts", "`what` of `conflict_opened`", _each(What, {
        "in_twice": "it came in while it was inside", "out_twice": "it went out twice", "too_fast": "two gates saw it sooner than it can drive",
        "revoked_after": "it passed with a pass that was revoked or blocked by then", "overstay": "it stayed longer than its class may",
        "watch_list": "its plate is watched",
    }), open=True)  # fmt: skip


def _of_judging() -> Iterator[Closed]:
    yield Closed("Directions", "`direction`", _each(Direction, {"in": "into the closed-off area", "out": "out of it"}))
    verdicts = {
        "go": "opens",
        "look": "opens after an officer looked",
        "hold": "opens when disinfected",
        "stop": "stays shut",
    }
    rows = [(f"`{each}`", verdicts[each], *VERDICT_WORDS[each]) for each in Verdict]
    yield Closed("Verdicts", "`verdict`", rows, ("value", "the lane", "Chinese", "English"))
    found = []
    for reason in Reason:
        ways = [f"`{verdict}`" if verdict else "cannot arise" for verdict in VERDICTS[reason]]
        words = WORDS[reason]
        found.append((f"`{reason}`", *ways, words.zh, words.en, words.do_zh, words.do_en))
    head = (
        "value",
        "on the way in",
        "on the way out",
        "Chinese",
        "English",
        "what the officer does, Chinese",
        "English",
    )
    yield Closed(
        "Reasons",
        "`reason` of `visit_opened`. `already_inside` of a class whose `anti_passback` is `soft` is `look`",
        found,
        head,
    )
    yield Closed("Anti-passback", "`anti_passback` of a class", _each(AntiPassback, {
        "off": "nothing becomes of it", "soft": "a look", "hard": "a stop",
    }))  # fmt: skip
    plates = dict.fromkeys(PlateType, "") | {
        "none": "no plate (无牌)",
        "unknown": "no pattern fits: a warning, never a refusal",
    }
    patterns = {type_: pattern.replace("|", "\\|") for type_, pattern in PATTERNS}
    of_plates = [
        (f"`{type_}`", plates[type_] or f"`{patterns[type_]}`")
        for type_ in [*patterns, PlateType.NONE, PlateType.UNKNOWN]
    ]
    yield Closed(
        "Types of plates", "In no message: how a gate and a hub that show plates tell them apart (GA 36-2018). The first pattern that fits counts",
        of_plates, ("value", "pattern"),
    )  # fmt: skip


def _of_messages() -> Iterator[Closed]:
    alarms = [(f"`{code}`", words.zh, words.en) for code, words in ALARMS.items()]
    yield Closed(
        "Alarms", "`alarm` of records, `alarms` of `health`", alarms, ("value", "Chinese", "English"), open=True
    )
    yield Closed("What the hub signs", "`kind` of a signed message", _each(get_args(SignedKind), {
        "policy": "the rules", "passlist": "keys, revoked and blocked passes, watched plates", "sightings": "who went in or out",
        "command": "what the hub wants of one gate",
    }))  # fmt: skip
    yield Closed("Commands", "`kind` of a command", _each(CommandKind, {
        "order": "a text that the officer confirms", "picture": "the picture of a visit",
        "destroy": "to destroy the personal values of an operation that is over",
    }), open=True)  # fmt: skip
    answers = {
        "shown": "on the officer's screen", "received": "an officer confirmed it", "started": "the gate begins", "done": "it is done",
        "failed": "it could not be done: `detail`", "expired": "it came too late", "unsupported": "this gate does not know how",
    }  # fmt: skip
    rows = [(f"`{each}`", answers[each], "yes" if each in LAST_ANSWERS else "") for each in Answered]
    yield Closed(
        "Answers to a command", "`result` of `order_received`", rows, ("value", "meaning", "the last one"), open=True
    )
    yield Closed("States of a lane", "Values of `lanes` in `health`", _each(Shown, LANE_STATES), open=True)
    yield Closed("Marks", "`mark` of a class", _each(Mark, {mark: f"a {mark} on the pass" for mark in Mark}))
    barrier = _each(("closed", "open"), {"closed": "down", "open": "up"})
    yield Closed("Barriers in a fault", "`fail_barrier` of the policy", barrier)


LANE_STATES = {
    "waiting": "nobody is here",
    "checking": "a vehicle stands on a loop and nothing was judged yet",
    "asking": "an officer must look",
    "refused": "the vehicle must turn back or be registered by hand",
    "disinfecting": "it must stand first, is sprayed, or the officer's word is awaited",
    "contact": "the solution acts for its time",
    "next": "the vehicle has its word, and waits until the one before it has left",
    "opening": "the barrier rises",
    "open": "the barrier is up for the vehicle, which does not drive yet",
    "driving": "the vehicle drives through",
    "recalled": "turned back after it had been let through, or came back with no word: the barrier comes down once nobody is under it",
    "held": "an officer keeps the vehicle here",
    "closing": "nobody is judged, and the barrier is not down yet",
    "left_open": "the barrier was left up at the start, as the policy wants it in a fault",
    "fault": "the barrier did not move as it was told to: it is moved by key",
}


def _choices(model: type[facts.Fact], name: str) -> tuple[str, ...]:
    return get_args(model.model_fields[name].annotation)


def _first(docstring: str | None) -> str:
    return (docstring or "").partition("\n")[0].replace("None:", "null:")
