"""Shows values to people: words in the language of the request, local times, plates, icons.

Tested in `tests/hub/web/test_app.py` and `tests/hub/visits/test_queries.py`.
"""

import re
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

from flask import Flask, g
from flask_babel import get_locale, gettext

from edge.contract.alarms import ALARMS
from edge.contract.plates import PlateType, classify, spoken
from edge.contract.reasons import VERDICT_WORDS, WORDS, Reason, Verdict
from hub.accounts import store
from hub.accounts.roles import Role
from hub.console import wording
from hub.console.assets import asset, icon, vendor
from hub.console.context import hub, now, policy, reading
from hub.console.doubt_words import doubt_words
from hub.console.labels import LABELS, PLATE_COLOURS, VERDICT_ICONS, label
from hub.console.rule_words import rule_words
from hub.console.times import (
    age,
    day_and_time,
    in_days,
    invalid_time,
    is_time,
    now_seconds,
    now_text,
    time_of_day,
    time_this_year,
    zone_name,
)
from hub.console.wording import cause_words
from hub.errors import Words
from hub.ledger.queries import NONE as NO_CLASS
from hub.values.stored import MOST, SHORT
from hub.values.visible import finalize, short, visible, whole

_OF_FILE = re.compile(r"operation\.toml\s*[,，:：]?\s*")


def operation_ended() -> str | None:
    """The time at which the operation ended, as its file says now; None: it has not ended."""
    rules = hub().opened.given
    # None: neither the file nor what was published can be read, which every page says by itself
    return rules.ends if rules is not None and rules.end is not None and now() >= rules.end else None


def alarm_words(code: str) -> str:
    """An alarm in the language of the request, with the words of the gate's screen; the code itself where there is none."""
    words = ALARMS.get(code)
    return short(code, SHORT) if words is None else words.zh if chinese() else words.en[:1].upper() + words.en[1:]


def turn_back_words(code: str) -> str:
    """Why a vehicle was turned back or detained, as the operation words it; the code itself where it does not."""
    known = policy()
    coded = next((each for each in known.turn_back if each.id == code), None) if known else None
    return short(code, SHORT) if coded is None else coded.zh if chinese() else coded.en


def chinese() -> bool:
    """Returns True if this request is answered in Chinese."""
    return getattr(get_locale(), "language", "") == "zh"


ROSTERS: dict[str, Callable[[], str]] = {
    "all": lambda: str(gettext("Every gate")),
    "none": lambda: str(gettext("none")),
}
"""What stands in the audit of a roster instead of gates."""
_SECONDS = re.compile(r"([0-9]{1,6})-([0-9]{0,6})")
"""A waiting time as a search has it: more than so many seconds, at most so many."""


def detail_words(name: str, value: Any) -> str:
    """A particular of an audit row in words, in the language of the request; free text as it was written."""
    if isinstance(value, bool):
        return str(gettext("Yes") if value else gettext("No"))
    if isinstance(value, Mapping):
        # of a change: the fields as they were, or are
        return ", ".join(f"{label('detail', each)} {detail_words(each, said)}" for each, said in value.items())
    text = str(value)
    match name:
        case "gate":
            return gate_name(text)
        case "gates":
            # of a roster: several, all, or none
            return ("、" if chinese() else ", ").join(
                ROSTERS[each]() if each in ROSTERS else gate_name(each) for each in text.split(" ")
            )
        case "vehicle_class" if text == NO_CLASS:
            return str(gettext("No class"))
        case "class" | "vehicle_class" | "classes":
            return class_name(text)
        case "verdict":
            return verdict_words(text)
        case "waited" if found := _SECONDS.fullmatch(text):
            above, at_most = found.groups()
            return wait_words(int(above), int(at_most) if at_most else None)
        case "user" | "relieves" | "to":
            return user_name(text)
        case "cause":
            return cause_words(text)
        case "starts" | "ends" | "ended_at" if is_time(text):
            return day_and_time(text)
        case "part":
            return label("detail", text)
        case "reason":
            return reason_words(text)
        case "start" | "end" | "at" | "last" | "since" | "until":
            return day_and_time(text)
        case "action":
            return label("action", text)
        case "kind":
            return label("command", text)
        case "confirmed":
            return ("；" if chinese() else "; ").join(doubt_words(text, day_and_time))
        case _:
            return label(name, text) if name in LABELS else text


def worded(words: Words) -> str:
    """A line of ours in the language of the request, its values as the audit says them."""
    return str(gettext(words.text, **{name: _value_words(name, value) for name, value in words.values.items()}))


def _value_words(name: str, value: Any) -> str:
    if isinstance(value, Words):
        return worded(value)
    if isinstance(value, tuple):
        return ("、" if chinese() else ", ").join(detail_words(name, each) for each in value)
    if name == "rules_fault":
        return rule_words(str(value)) or detail_words(name, value)
    if name == "rule":
        # what the rules lack, of which the line itself says the place
        said = rule_words(f"operation.toml: {value}")
        return detail_words(name, value) if said is None else _OF_FILE.sub("", said)
    return detail_words(name, value)


def reason_words(code: str | None) -> str:
    """The words for a verdict's reason."""
    if code is None or code not in set(Reason):
        return short(code or "–", SHORT)
    words = WORDS[Reason(code)]
    return words.zh if chinese() else words.en[:1].upper() + words.en[1:]


def verdict_words(code: str | None) -> str:
    """The word for a verdict."""
    if code is None or code not in set(Verdict):
        return short(code or "–", SHORT)
    zh, en = VERDICT_WORDS[Verdict(code)]
    return zh if chinese() else en[:1].upper() + en[1:]


def wait_words(above: int, at_most: int | None) -> str:
    """`more than 30 s, at most 1 min`, of seconds; `at_most` None: no limit."""
    if at_most is None:
        return str(gettext("more than %(time)s", time=_long(above)))
    if above == 0:
        return str(gettext("at most %(time)s", time=_long(at_most)))
    return f"{_long(above)} – {_long(at_most)}"


def _long(seconds: int) -> str:
    for unit, words in ((3600, gettext("%(n)s h")), (60, gettext("%(n)s min"))):
        if seconds >= unit and seconds % unit == 0:
            return str(words % {"n": seconds // unit})
    return str(gettext("%(n)s s") % {"n": seconds})


def gate_name(id_: str) -> str:
    """A gate's name in the language of the request."""
    rules = policy()
    return _named(rules.gates if rules else None, id_)


def class_name(id_: str | None) -> str:
    """A vehicle class's name."""
    rules = policy()
    return _named({each.id: each for each in rules.classes} if rules else None, id_)


def agent_name(id_: str | None) -> str:
    """A disinfectant's name."""
    rules = policy()
    return _named({each.id: each for each in rules.agents} if rules else None, id_)


COMMAND_LINE = "cli"
"""Who did what was done by a command on the hub."""
THE_HUB = "hub"
"""Who did what the hub did by itself, because of records that arrived."""
SETTING_UP = "setup"
"""Who did what was done before a town had an admin."""


def user_name(id_: str | None) -> str:
    """The name of a user by id; who worked at the command line is called so."""
    if id_ == COMMAND_LINE:
        return str(gettext("Command line"))
    if id_ == THE_HUB:
        return str(gettext("Hub"))
    if id_ == SETTING_UP:
        return str(gettext("Setting up"))
    if "user_names" not in g:
        g.user_names = store.names(reading())
    names: dict[str, str] = g.user_names
    return names.get(id_ or "") or short(id_ or "–", SHORT)


def amount(value: object) -> str:
    """A number of a gate with one digit after the point; marked where it is none, below zero or beyond measure."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < MOST:
        mark = gettext("[invalid number]")
        return f"{mark} {short(visible(str(value)), SHORT)}"
    return f"{value:.1f}"


def count(value: object) -> str:
    """A whole number of a gate; marked where it is none, below zero or beyond measure."""
    return amount(value) if not isinstance(value, int) or not 0 <= value < MOST else str(value)


def plate_text(text: str | None) -> str:
    """A plate as a person reads it; one that is far too long for a plate is cut."""
    return short(spoken(str(text or "")), SHORT)


def particulars(detail: str) -> str:
    """The detail of an alert in words, with local times."""
    return wording.particulars(detail, day_and_time)


def plate_colour(plate: str | None, type_: str | None) -> str:
    """The colours of a plate of this type (GA 36-2018), as a class of the style sheet."""
    kind = type_ if type_ in set(PlateType) else classify(plate or "").type
    return PLATE_COLOURS.get(PlateType(kind or "none"), "blue")


def register(app: Flask) -> None:
    """Gives these functions to the templates."""
    for function in (
        label, detail_words, worded, reason_words, verdict_words, wait_words, alarm_words, operation_ended, turn_back_words, gate_name, class_name, agent_name, user_name,
        day_and_time, time_of_day, time_this_year, age, in_days, zone_name,
        is_time, invalid_time, now_text, now_seconds, amount, count, plate_text, whole, plate_colour, icon, asset, vendor, spoken, chinese, cause_words, particulars,
    ):  # fmt: skip
        app.jinja_env.globals[function.__name__] = function
    app.jinja_env.filters["gate_name"] = gate_name
    app.jinja_env.finalize = finalize
    app.jinja_env.globals.update(
        LABELS=LABELS, VERDICT_ICONS=VERDICT_ICONS, Role=Role, version=version("kakou"), hub=hub
    )


def _named(things: Mapping[str, Any] | None, id_: str | None) -> str:
    thing = (things or {}).get(id_ or "")
    if thing is None:
        return short(id_ or "–", SHORT)
    return str(thing.zh if chinese() else thing.en)
