"""How things are shown to people: words in the language of the request, local times, plates, icons."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from flask import Flask, g, url_for
from flask_babel import get_locale, gettext, lazy_gettext
from markupsafe import Markup

from edge.contract.alarms import ALARMS
from edge.contract.plates import PlateType, classify, spoken
from edge.contract.reasons import WORDS, Reason
from hub import wording
from hub.accounts import store
from hub.accounts.roles import Role
from hub.context import hub, now, policy, reading
from hub.errors import Words
from hub.legible import crossings
from hub.values.stored import MOST, SHORT, time_of
from hub.values.visible import finalize, short, visible, whole
from hub.wording import cause_words

STATIC = Path(__file__).parent / "static"
_ = lazy_gettext

LABELS: dict[str, dict[str, Any]] = {
    "direction": {"in": _("In"), "out": _("Out")},
    "outcome": {
        "open": _("At the lane"),
        "passed": _("Passed"),
        "turned_back": _("Turned back"),
        "detained": _("Detained"),
        "abandoned": _("Abandoned"),
    },
    "read_by": {"qr": _("Pass"), "hand": _("By hand"), "emergency": _("Emergency")},
    "disinfected": {
        "yes": _("Disinfected"),
        "no": _("Not disinfected"),
        "owed": _("Disinfection owed"),
        "not_required": _("Not required"),
    },
    "clock": {"synced": _("Synced"), "rtc": _("Own clock"), "unsynced": _("Not synced"), "none": _("No time")},
    "role": {
        "viewer": _("Viewer"),
        "officer": _("Officer"),
        "supervisor": _("Supervisor"),
        "admin": _("Administrator"),
    },
    "plate_type": {
        "ordinary": _("Ordinary"),
        "new_energy_small": _("New energy, small"),
        "new_energy_large": _("New energy, large"),
        "trailer": _("Trailer"),
        "learner": _("Learner"),
        "police": _("Police"),
        "hong_kong_macau": _("Hong Kong or Macau"),
        "consulate": _("Consulate"),
        "embassy": _("Embassy"),
        "emergency": _("Emergency"),
        "armed_police": _("Armed police"),
        "military": _("Military"),
        "tractor": _("Tractor"),
        "none": _("No plate"),
        "unknown": _("Unknown pattern"),
    },
    "lane": {
        "waiting": _("Free"),
        "asking": _("Officer checks"),
        "checking": _("A vehicle arrives"),
        "refused": _("Refused"),
        "held": _("Held"),
        "disinfecting": _("Disinfecting"),
        "contact": _("Solution acts"),
        "opening": _("Barrier rising"),
        "open": _("Barrier up"),
        "driving": _("Driving through"),
        "recalled": _("Turning back"),
        "closing": _("Barrier coming down"),
        "left_open": _("Barrier left open"),
        "fault": _("Barrier at fault"),
    },
    "alert": {
        "fork": _("Two journals under one name"),
        "new_journal": _("A gate has a new journal"),
        "contradicted": _("A gate contradicts the ledger"),
        "lost": _("Records will never come"),
        "late": _("Records are here that had been called lost"),
        "disk_full": _("The hub could not store"),
        "backup": _("A backup failed"),
        "broker_store": _("The broker began with an empty store"),
        "restored": _("The hub was restored from a backup"),
        "flood": _("A gate sends too much"),
        "not_kept": _("Not everything of a gate was kept"),
        "standstill": _("A gate's records are not taken any more"),
        "underived": _("Records could not be evaluated"),
        "unjudged": _("Visits could not be judged"),
        "rules": _("The rules in operation.toml cannot be used"),
    },
    "alert_says": {
        "rules": _(
            "The rules that were published last hold, here and at the gates, and nothing is published until the file is right. Mend it where the detail says; the hub takes it up by itself, and kakou-hub operation publish sends it to the gates."
        ),
        "fork": _(
            "A cloned card, or two gates with one id. What does not fit lies in the quarantine, as far as there is room; the first record stands. Take one of the two out of service, or give it a new card."
        ),
        "new_journal": _(
            "Its card was replaced, or its journal was lost. What the old journal had and did not send is missing: look at the old card. What it had sent ahead of a backlog lies in the quarantine."
        ),
        "contradicted": _(
            "The gate holds the hub's own signature over entries that are not here, or are others: the ledger was changed or cut. Run verify, and compare with a backup."
        ),
        "lost": _(
            "The gate says by its own signature that these numbers will never come. If it pruned them, a backup held them: look for one newer than the backup that was restored, and restore that."
        ),
        "late": _(
            "The gate had said by its own signature that they would never come. They lie in the quarantine, which says which crossings they tell of; they are no entries. Set what is missing right by hand, and look why the gate called them lost."
        ),
        "disk_full": _("Gates kept their records meanwhile and sent them again. Look at the disk's room."),
        "backup": _("Gates keep everything that no backup holds. Look at the folder of backups."),
        "broker_store": _(
            "Its file was damaged and is set aside under the name that stands here. Nothing is lost: gates send again what the hub does not hold. Look at the disk if it happens again."
        ),
        "restored": _(
            "Gates send again what came after the backup. Passes, users and watched plates changed since are not in it."
        ),
        "flood": _(
            "What it sent beyond the contract was dropped unread. It keeps its records and sends them again; other gates do not notice. Look whether its program is broken or its card was stolen; retire the gate if it does not end."
        ),
        "not_kept": _(
            "Its room in the quarantine is full, so the rest was only counted. No record is lost by that: the gate keeps what was not acknowledged. Judge what lies there, and there is room again."
        ),
        "standstill": _(
            "Too many of its records cannot be taken and lie in the quarantine. It keeps all that follow, and other gates do not notice. Update the hub if the gate is newer; judge what lies there, and it goes on."
        ),
        "underived": _(
            "The records stand in the ledger, signed and chained, but the program failed to work out what they say of a visit; other vehicles are not affected. Report the detail to who maintains the hub; after an update run kakou-hub rebuild."
        ),
        "unjudged": _(
            "The program failed to work out whether they contradict other crossings; other vehicles are judged. They are tried again every ten minutes, and after an update or a rebuild. Report the detail to who maintains the hub."
        ),
    },
    "unkept": {
        "noise": _("Messages that cannot be read, or are not signed"),
        "fork": _("Second records under a number that is held"),
        "late": _("Records that had been called lost"),
        "ahead": _("Batches sent ahead of a backlog"),
        "poison": _("Records that cannot be taken (the gate keeps them)"),
        "records": _("Batches dropped unread (the gate sends them again)"),
        "hello": _("Hellos dropped unread"),
        "state": _("States dropped unread"),
        "health": _("Healths dropped unread"),
        "picture": _("Pictures dropped unread"),
        "other": _("Messages on topics that are none of the gates', dropped unread"),
        "journal": _("Words of more new journals than a gate may begin"),
        "muted": _("Pauses in which the hub did not listen to it"),
    },
    "judged": {"released": _("Let in"), "dismissed": _("Dismissed")},
    "command": {"order": _("Order"), "picture": _("Picture of a visit")},
    "order_state": {
        "sent": _("Sent, not yet there"),
        "shown": _("On the gate's screen"),
        "received": _("Received"),
        "started": _("Begun"),
        "done": _("Done"),
        "failed": _("Failed"),
        "expired": _("Expired"),
        "unsupported": _("The gate does not know how"),
        "cancelled": _("Taken back"),
    },
    "parts": {"tyres": _("Tyres"), "chassis": _("Chassis"), "body": _("Body"), "cab": _("Cab")},
    "override_what": {"verdict": _("The verdict"), "disinfection": _("The disinfection")},
    "verified_by": {"sensor": _("Flow sensor"), "officer": _("Officer")},
    "kind": {
        "visit_opened": _("Arrived and judged"),
        "disinfected": _("Disinfected"),
        "visit_closed": _("Ended"),
        "overridden": _("Let through by an officer"),
        "corrected": _("Corrected at the hub"),
    },
    "conflict": {
        "in_twice": _("In twice"),
        "out_twice": _("Out twice"),
        "too_fast": _("Too fast: a copied pass?"),
        "revoked_after": _("Passed with an ended pass"),
        "overstay": _("Stayed too long"),
        "watch_list": _("On the watch list"),
    },
    "conflict_says": {
        "in_twice": _("It came in while it was inside."),
        "out_twice": _("It went out twice with no entry between."),
        "too_fast": _("Two gates saw it sooner after each other than anybody can drive."),
        "revoked_after": _("The pass had been revoked or blocked, and the gate had not heard of it."),
        "overstay": _("It stayed longer than its class may."),
        "watch_list": _("Its plate is watched."),
    },
    "field": {
        "plate": _("Plate"),
        "occupants": _("Occupants"),
        "origin": _("Origin"),
        "destination": _("Destination"),
        "purpose": _("Purpose"),
        "driver": _("Driver"),
        "phone": _("Phone"),
        "remark": _("Remark"),
    },
    "column": {
        "class": _("Class"),
        "from": _("Valid from"),
        "gates": _("Gates"),
        "plate": _("Plate"),
        "priority": _("Priority"),
        "reference": _("Reference"),
        "to": _("Valid until"),
    },
    "list": {"passlist": _("The pass list"), "policy": _("The policy")},
    "size": {"id1": "ID-1", "id2": "ID-2", "phone": _("Phone screen")},
    "detail": {
        "address": _("Address"),
        "how": _("How"),
        "last": _("Last"),
        "most": _("Limit"),
        "times": _("Times"),
        "class": _("Class"),
        "confirmed": _("Doubts confirmed"),
        "comment": _("Comment"),
        "deny_in": _("Stopped on the way in"),
        "deny_out": _("Stopped on the way out"),
        "direction": _("Direction"),
        "end": _("To"),
        "entries": _("Entries"),
        "field": _("Field"),
        "file": _("File"),
        "gate": _("Gate"),
        "gates": _("Gates"),
        "issued": _("Issued"),
        "key": _("Key"),
        "kid": _("Key that signs passes"),
        "kind": _("Kind"),
        "known": _("Known before"),
        "login": _("Login"),
        "notify": _("Reported"),
        "number": _("Number"),
        "outcome": _("Outcome"),
        "pass_id": _("Pass"),
        "passes": _("Passes"),
        "plate": _("Plate"),
        "read_by": _("Read by"),
        "reason": _("Reason"),
        "recipient": _("Public half"),
        "replaces": _("Replaces"),
        "role": _("Role"),
        "signed": _("Signed"),
        "size": _("Size"),
        "start": _("From"),
        "unmasked": _("Unmasked"),
        "whole": _("Whole plate only"),
        "why": _("Why"),
        "unread": _("Columns not read"),
    },
    "how": {
        "phone page": _("On the phone page"),
        "png": _("As a picture (PNG)"),
        "svg": _("As a picture (SVG)"),
        "text": _("As text"),
    },
    "action": {
        "alert acknowledged": _("Acknowledged an alert"),
        "entries exported": _("Exported entries"),
        "backup key made": _("Made a new backup key"),
        "backup made": _("Made a backup"),
        "hub restored": _("Restored the hub"),
        "town rekeyed": _("Gave the town new keys"),
        "order cancelled": _("Cancelled an order"),
        "order sent": _("Sent an order"),
        "password set": _("Set a password"),
        "picture asked for": _("Asked for a picture"),
        "quarantine dismissed": _("Dismissed a quarantined message"),
        "quarantine released": _("Released a quarantined message"),
        "conflict settled": _("Settled a conflict"),
        "gate added": _("Added a gate"),
        "gate bundled": _("Wrote a gate's bundle"),
        "gate retired": _("Retired a gate"),
        "logged in": _("Logged in"),
        "pass code shown": _("Saw or copied a pass's code"),
        "plate searches limited": _("Looked for as many plates as the role may"),
        "sign-in failed": _("Failed to log in"),
        "logged out": _("Logged out"),
        "key revoked": _("Revoked a key"),
        "key rotated": _("Made a new key"),
        "pin set": _("Set an officer's PIN"),
        "pin taken away": _("Took an officer's PIN away"),
        "roster set": _("Said at which gates an officer's PIN counts"),
        "pass blocked": _("Blocked a pass"),
        "pass issued": _("Issued a pass"),
        "pass printed": _("Printed a pass"),
        "pass revoked": _("Revoked a pass"),
        "pass unblocked": _("Unblocked a pass"),
        "passes imported": _("Imported passes"),
        "plate unwatched": _("Took a plate off the watch list"),
        "plate watched": _("Put a plate on the watch list"),
        "user added": _("Added a user"),
        "user disabled": _("Disabled a user"),
        "visit corrected": _("Corrected a visit"),
        "visit unmasked": _("Looked behind the mask"),
        "visits exported": _("Exported visits"),
    },
}
"""Words for the codes of the ledger. A code that is not here is shown as it is."""

VERDICT_ICONS = {"go": "check-circle-fill", "look": "eye-fill", "hold": "droplet-fill", "stop": "sign-stop-fill"}
"""A shape for each verdict, so that nobody depends on its colour."""

_PLATE_COLOURS = {
    PlateType.NEW_ENERGY_SMALL: "green",
    PlateType.NEW_ENERGY_LARGE: "lime",
    PlateType.TRAILER: "yellow",
    PlateType.LEARNER: "yellow",
    PlateType.POLICE: "white",
    PlateType.ARMED_POLICE: "white",
    PlateType.MILITARY: "white",
    PlateType.EMERGENCY: "white",
    PlateType.HONG_KONG_MACAU: "black",
    PlateType.CONSULATE: "black",
    PlateType.EMBASSY: "black",
    PlateType.TRACTOR: "leaf",
    PlateType.NONE: "none",
    PlateType.UNKNOWN: "unknown",
}


def label(table: str, code: str | None) -> str:
    """The word for a code; the code itself where there is no word, a dash for nothing."""
    if code is None or code == "":
        return "–"
    return str(LABELS[table].get(code) or short(code, SHORT))


def operation_ended() -> str | None:
    """When the operation ended, as its file says now; None: it has not."""
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
    """Whether this request speaks Chinese."""
    return getattr(get_locale(), "language", "") == "zh"


def detail_words(name: str, value: Any) -> str:
    """What the audit says of a particular, in the language of the request; free text as it was written."""
    if isinstance(value, bool):
        return str(gettext("Yes") if value else gettext("No"))
    text = str(value)
    match name:
        case "gate" | "gates":
            return gate_name(text)
        case "class" | "vehicle_class" | "classes":
            return class_name(text)
        case "user":
            return user_name(text)
        case "cause":
            return cause_words(text)
        case "reason":
            return reason_words(text)
        case "start" | "end" | "at" | "last":
            return day_and_time(text)
        case "kind":
            return label("command", text)
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
    return detail_words(name, value)


def reason_words(code: str | None) -> str:
    """What a verdict's reason says."""
    if code is None or code not in set(Reason):
        return short(code or "–", SHORT)
    words = WORDS[Reason(code)]
    return words.zh if chinese() else words.en[:1].upper() + words.en[1:]


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


def user_name(id_: str | None) -> str:
    """The name of a user by id."""
    if "user_names" not in g:
        g.user_names = store.names(reading())
    names: dict[str, str] = g.user_names
    return names.get(id_ or "") or short(id_ or "–", SHORT)


def local(text: str) -> datetime | None:
    """A time of the ledger in the town's zone; None for a text that is no time."""
    when = time_of(text)
    return None if when is None else when.astimezone(hub().zone)


def is_time(text: str) -> bool:
    """Returns True if a stored text is a time of the calendar."""
    return time_of(text) is not None


def invalid_time(text: object) -> str:
    """What stands in the place of a time and is none, marked as such."""
    mark = gettext("[invalid time]")
    return f"{mark} {short(visible(str(text)), SHORT)}"


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


def day_and_time(text: str | None) -> str:
    """`2026-03-01 16:00:05`, local."""
    if not text:
        return "–"
    when = local(text)
    return invalid_time(text) if when is None else when.strftime("%Y-%m-%d %H:%M:%S")


def particulars(detail: str) -> str:
    """What an alert says beside its name, its times local."""
    return wording.particulars(detail, day_and_time)


def time_this_year(text: str | None) -> str:
    """`03-01 16:00:05` in this year, the year before it in another, local."""
    if not text:
        return "–"
    when = local(text)
    if when is None:
        return invalid_time(text)
    return when.strftime("%m-%d %H:%M:%S" if when.year == now().astimezone(hub().zone).year else "%Y-%m-%d %H:%M:%S")


def time_of_day(text: str | None) -> str:
    """`16:00:05` today, `03-01 16:00` on another day, local."""
    if not text:
        return "–"
    when = local(text)
    if when is None:
        return invalid_time(text)
    return when.strftime("%H:%M:%S" if when.date() == now().astimezone(hub().zone).date() else "%m-%d %H:%M")


def age(text: str | None) -> int | None:
    """Whole seconds since a moment; never below 0. None for no time."""
    when = time_of(text)
    return None if when is None else max(0, int((now() - when).total_seconds()))


def in_days(days: float) -> str:
    """`30 days`, `1 day`."""
    return str(gettext("1 day") if days == 1 else gettext("%(days)s days", days=f"{days:g}"))


def plate_colour(plate: str | None, type_: str | None) -> str:
    """The colours of a plate of this type (GA 36-2018), as a class of the style sheet."""
    kind = type_ if type_ in set(PlateType) else classify(plate or "").type
    return _PLATE_COLOURS.get(PlateType(kind or "none"), "blue")


@cache
def icon(name: str) -> Markup:
    """A vendored icon, inline; beside a text that says the same, so it is hidden from screen readers."""
    (path,) = STATIC.glob(f"vendor/bootstrap-icons-*/{name}.svg")
    svg = path.read_text(encoding="utf-8").replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
    return Markup(svg)  # noqa: S704  # our own file


@cache
def _hash(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a static file; it changes with the file, so that browsers may keep it."""
    return url_for("static", filename=name, v=_hash(name))


@cache
def vendor(package: str, name: str) -> str:
    """The path below `static/` of a vendored file."""
    (path,) = STATIC.glob(f"vendor/{package}-*/{name}")
    return path.relative_to(STATIC).as_posix()


def register(app: Flask) -> None:
    """Gives all of it to the templates."""
    for function in (
        label, detail_words, worded, reason_words, alarm_words, operation_ended, turn_back_words, gate_name, class_name, agent_name, user_name,
        day_and_time, time_of_day, time_this_year, age, in_days,
        is_time, invalid_time, amount, count, plate_text, whole, plate_colour, icon, asset, vendor, spoken, chinese, cause_words, particulars, crossings,
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
