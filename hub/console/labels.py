"""The words for the codes of closed lists (kinds of alerts, phases of lanes, outcomes …), in the reader's language.

Tested in `tests/hub/console/test_labels.py` and `tests/hub/web/test_app.py`.
"""

from functools import lru_cache
from typing import Any

from flask_babel import get_locale, lazy_gettext

from edge.contract.plates import PlateType
from hub.console.alert_words import ALERTS, ALERTS_SAY, SEVERITIES, STATES
from hub.console.audit_words import ACTIONS, DETAILS, HOWS, IMPORT_STATES, REGISTER_CHANGES, REGISTER_ENDS
from hub.console.roster_words import AWAY, CAME, FLAGS, HANDOVERS, ROSTER_STATES
from hub.values.stored import SHORT
from hub.values.visible import short

_ = lazy_gettext


LABELS: dict[str, dict[str, Any]] = {
    "mark": {
        "entrance": _("Entrance"),
        "checkpoint": _("Checkpoint"),
        "testing": _("Testing point"),
        "area": _("Area"),
        "household": _("Household of special need"),
        "junction": _("Junction"),
        "school": _("School"),
        "bus_stop": _("Bus stop"),
    },
    "need": {
        "elderly": _("Elderly, alone"),
        "pregnancy": _("Pregnancy"),
        "illness": _("Illness"),
        "dialysis": _("Dialysis"),
        "disability": _("Disability"),
        "minor": _("Minors"),
        "isolated": _("Isolated at home"),
        "other": _("Other need"),
    },
    "operation_state": {
        "planned": _("Planned"),
        "running": _("Running"),
        "ended": _("Ended"),
        "destroyed": _("Personal values destroyed"),
    },
    "operation_act": {
        "started": _("Begun"),
        "recorded": _("Decision recorded"),
        "extended": _("Period extended"),
        "by_hand": _("Changed in operation.toml by hand"),
        "ended": _("Ended"),
        "destroyed": _("Personal values destroyed"),
    },
    "disinfection_rule": {"required": _("Required"), "optional": _("Optional"), "off": _("Off")},
    "field_mask": {
        "none": _("Not masked"),
        "name": _("As a name"),
        "phone": _("As a phone number"),
        "place": _("As a place"),
        "code": _("As a number"),
    },
    "direction": {"in": _("In"), "out": _("Out")},
    "outcome": {
        "open": _("At the lane"),
        "passed": _("Passed"),
        "turned_back": _("Turned back"),
        "detained": _("Detained"),
        "abandoned": _("Abandoned"),
        "unclear": _("Unclear"),
    },
    "read_by": {"qr": _("Pass"), "hand": _("By hand"), "emergency": _("Emergency")},
    "disinfected": {
        "yes": _("Disinfected"),
        "no": _("Not disinfected"),
        "owed": _("Disinfection owed"),
        "not_required": _("Not required"),
    },
    "only": {
        "refused": _("Refused"),
        "overridden": _("Let through by an officer"),
        "overridden_verdict": _("Let through against the verdict"),
        "overridden_disinfection": _("Let through without disinfection"),
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
        "next": _("Waits for the one ahead"),
        "opening": _("Barrier rising"),
        "open": _("Barrier up"),
        "driving": _("Driving through"),
        "recalled": _("Turning back"),
        "closing": _("Barrier coming down"),
        "left_open": _("Barrier left open"),
        "fault": _("Barrier at fault"),
    },
    "alert": ALERTS,
    "alert_says": ALERTS_SAY,
    "severity": SEVERITIES,
    "alert_state": STATES,
    "register_change": REGISTER_CHANGES,
    "register_end": REGISTER_ENDS,
    "import_state": IMPORT_STATES,
    "roster_flag": FLAGS,
    "came": CAME,
    "away_why": AWAY,
    "handover": HANDOVERS,
    "roster_state": ROSTER_STATES,
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
    "matter": {
        "alert": _("Alerts"),
        "conflict": _("Conflicts"),
        "overstay": _("Vehicles that stay too long"),
        "order": _("Orders without a last answer"),
        "note": _("Notes"),
    },
    "pass_state": {
        "valid": _("Valid"),
        "not_yet": _("Not yet valid"),
        "expired": _("Expired"),
        "blocked": _("Blocked"),
        "revoked": _("Revoked"),
    },
    "export_state": {
        "running": _("Being written"),
        "done": _("Ready"),
        "failed": _("Failed"),
        "cancelled": _("Cancelled"),
        "gone": _("Erased"),
    },
    "export_error": {
        "stopped": _("the hub was stopped while this was written; start it again"),
        "full": _("the disk is full"),
    },
    "filter": {
        "plate": _("Plate"),
        "gate": _("Gate"),
        "direction": _("Direction"),
        "outcome": _("Outcome"),
        "reason": _("Reason"),
        "read_by": _("Read by"),
        "start": _("From"),
        "end": _("To"),
        "search": _("Search"),
        "recipient": _("Recipient"),
        "who": _("Assigned to"),
        "plan": _("Plan"),
        "area": _("Area"),
        "urgent": _("Urgent"),
        "state": _("State"),
        "vehicle_class": _("Class"),
        "severity": _("Severity"),
        "what": _("What"),
        "user": _("User"),
        "action": _("Action"),
        "name": _("Name"),
    },
    "judged": {"released": _("Let in"), "dismissed": _("Dismissed")},
    "question_kind": {"question": _("Question"), "report": _("Report upwards")},
    "question_state": {
        "open": _("To be assigned"),
        "assigned": _("Assigned"),
        "overdue": _("Overdue"),
        "answered": _("Answered"),
        "closed": _("Closed"),
    },
    "weekday": {
        "1": _("Mon"),
        "2": _("Tue"),
        "3": _("Wed"),
        "4": _("Thu"),
        "5": _("Fri"),
        "6": _("Sat"),
        "7": _("Sun"),
    },
    "run_state": {
        "done": _("On time"),
        "late": _("Late run"),
        "missed": _("Missed"),
        "due": _("Due now"),
        "expected": _("To come"),
    },
    "yes_no": {"yes": _("Yes"), "no": _("No")},
    "dispatch": {
        "waiting": _("Waiting for receipts"),
        "missing": _("Receipts missing"),
        "complete": _("All confirmed"),
        "cancelled": _("Taken back"),
    },
    "command": {"order": _("Order"), "picture": _("Picture of a visit"), "destroy": _("Destroy personal values")},
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
    "state": {
        "revoked": _("Revoked"),
        "blocked": _("Blocked"),
        "expired": _("Expired"),
        "not_yet": _("Not yet valid"),
        "valid": _("Valid"),
        "retired": _("Retired"),
        "in use": _("In use"),
    },
    "health": {"ok": _("In order"), "look": _("Look at it"), "fault": _("Fault")},
    "health_of": {
        "ahead": _("Sent ahead"),
        "alerts": _("Alerts"),
        "authority": _("The town's authority"),
        "backups": _("Backups"),
        "broker": _("Broker"),
        "inside": _("Inside"),
        "ledger": _("Ledger"),
        "listener": _("Listener"),
        "quarantine": _("Quarantine"),
        "undone": _("Not worked out"),
        "web": _("Console"),
    },
    "detail": DETAILS,
    "how": HOWS,
    "action": ACTIONS,
}
"""Words for the codes of the ledger. A code that is not here is shown as it is."""


VERDICT_ICONS = {"go": "check-circle-fill", "look": "eye-fill", "hold": "droplet-fill", "stop": "sign-stop-fill"}
"""A shape for each verdict, so that nobody depends on its colour."""


PLATE_COLOURS = {
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
    return "–" if code is None or code == "" else _word(str(get_locale()), table, code)


@lru_cache(maxsize=8192)
def _word(_language: str, table: str, code: str) -> str:
    # remembered: a list says the same few words in each of its rows
    return str(LABELS[table].get(code) or short(code, SHORT))
