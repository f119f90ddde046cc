"""The words for the codes of closed lists (kinds of alerts, phases of lanes, outcomes …), in the reader's language.

Tested in `tests/hub/console/test_labels.py` and `tests/hub/web/test_app.py`.
"""

from typing import Any

from flask_babel import lazy_gettext

from edge.contract.plates import PlateType
from hub.values.stored import SHORT
from hub.values.visible import short

_ = lazy_gettext


LABELS: dict[str, dict[str, Any]] = {
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
    "alert": {
        "fork": _("Two journals under one name"),
        "new_journal": _("A gate has a new journal"),
        "contradicted": _("A gate contradicts the ledger"),
        "lost": _("Records lost for good"),
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
    if code is None or code == "":
        return "–"
    return str(LABELS[table].get(code) or short(code, SHORT))
