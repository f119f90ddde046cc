"""The words of alerts: the title of each kind, what to do about it, severities, and ready-made comments for acknowledging.

Tested in `tests/hub/console/test_labels.py`.
"""

from typing import Any

from flask_babel import lazy_gettext

_ = lazy_gettext

SEVERITIES: dict[str, Any] = {"critical": _("Critical"), "serious": _("Serious"), "notice": _("Notice")}

STATES: dict[str, Any] = {
    "open": _("Not acknowledged"),
    "standing": _("Still so"),
    "snoozed": _("Snoozed"),
    "acknowledged": _("Acknowledged"),
}

COMMENTS: dict[str, Any] = {
    "seen": _("Seen"),
    "sent": _("Somebody is on the way"),
    "called": _("Called the gate"),
    "solved": _("Solved"),
    "false": _("False alarm"),
}
"""What an alert is acknowledged with at one touch; in the audit stand the words that were read."""

ALERTS: dict[str, Any] = {
    "help": _("A gate asks for help"),
    "watched": _("A watched vehicle"),
    "forced": _("A vehicle drove through without being let through"),
    "unregistered": _("A vehicle drove through unregistered"),
    "tailgating": _("A vehicle followed another through"),
    "unclear": _("Unclear whether a vehicle went through"),
    "reversing": _("A vehicle went back from under the barrier"),
    "emergency": _("Emergency release was used"),
    "override": _("Let through against the verdict"),
    "wrong_pin": _("A wrong PIN was entered"),
    "unmanned": _("Nobody is signed on at a gate"),
    "order_unanswered": _("An order is not confirmed in time"),
    "run_missed": _("A planned run was not made"),
    "question_overdue": _("A question from above is not answered in time"),
    "zero_report": _("Zero reports are missing after their time"),
    "unattended": _("A shift began and nobody signed on"),
    "roster_gap": _("A gap in the roster"),
    "silent": _("A gate is silent"),
    "barrier": _("Barrier at fault"),
    "camera": _("Codes cannot be read"),
    "sprayer": _("Sprayer at fault"),
    "solution": _("No valid disinfectant"),
    "tank": _("Disinfectant runs low"),
    "device": _("A device of a gate fails"),
    "gate_storage": _("A gate cannot keep records"),
    "gate_disk": _("A gate's disk fills up"),
    "gate_anew": _("A gate began anew"),
    "refused_lists": _("A gate refuses what the hub sends"),
    "power": _("A gate's supply voltage is low"),
    "clock": _("A gate's clock is wrong"),
    "backlog": _("Records wait at a gate"),
    "gate_alarm": _("An alarm of a gate"),
    "retired": _("A retired gate still speaks"),
    "cloned": _("One pass at two gates"),
    "twice": _("In or out twice"),
    "revoked": _("Passed with a revoked pass"),
    "overstay": _("Inside for too long"),
    "quarantine": _("Messages wait to be judged"),
    "disk": _("The hub's disk fills up"),
    "backup_old": _("The newest backup is old"),
    "feed": _("Another system does not get the entries"),
    "certificate": _("A certificate ends"),
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
    "operation_ends": _("The operation ends soon"),
    "operation_over": _("The operation's period is over"),
    "kept_past": _("Data is kept past its day"),
    "brought_back": _("What was destroyed is there again"),
    "rules": _("The rules in operation.toml cannot be used"),
    "register_overdue": _("Rows of a register are overdue"),
    "register_escalated": _("Rows of a register are overdue for too long"),
}

ALERTS_SAY: dict[str, Any] = {
    "help": _("Call the gate, or send somebody. The alert ends when the gate's officer takes the call back."),
    "watched": _("Look at the visit: the watch list says what to do. The vehicle may have left the gate since."),
    "forced": _("Look at the visit and the pictures, and have the vehicle sought."),
    "unregistered": _("Find out which vehicle it was, and enter it by hand."),
    "tailgating": _("Find out which vehicle it was, and enter it by hand."),
    "unclear": _("Look at the visit and correct its outcome: the count of who is inside depends on it."),
    "reversing": _("The visit says how it ended; look whether that is right."),
    "emergency": _("The barrier was opened without a check. Look at the visit, and add what is missing."),
    "override": _("An officer let the vehicle through by name and reason: look whether that was right."),
    "wrong_pin": _("Somebody may be guessing. Ask who is at the gate."),
    "unmanned": _("The gate works for ten minutes with nobody signed on: call it."),
    "run_missed": _(
        "No vehicle of the plan came through its gates in time. Call the crew; the alert ends when a crossing that marks the run arrives, also a late one."
    ),
    "question_overdue": _(
        "Its time is over. Ask whom it was assigned to, or assign it to somebody else; the alert ends with the first answer, or when it is closed."
    ),
    "zero_report": _(
        "Call those who have not reported: “none” is a report, too. The alert ends when all have, or with the next day's cut-off."
    ),
    "order_unanswered": _(
        "The time for the receipt is over. Call the gate or the village; the alert ends with its receipt, or when the order is taken back."
    ),
    "unattended": _(
        "The roster's people have not signed on at the gate: call them, send others; of a silent gate sign-ons may be on their way."
    ),
    "roster_gap": _("Too few people are rostered for a shift that begins soon: assign somebody and publish the week."),
    "silent": _(
        "It records on its own and sends everything later. Look at its network and power; until then its figures here are old."
    ),
    "barrier": _("The barrier did not reach its place: it may have to be moved with the key."),
    "camera": _("Vehicles are registered by hand until camera and decoder work again."),
    "sprayer": _(
        "Nothing flows while the sprayer is on, or something flows while it is off: look at pump, valve and hose."
    ),
    "solution": _(
        "Nothing was prepared, it is used up or it expired: have a new solution prepared. Vehicles wait until then."
    ),
    "tank": _("Refill it before it is empty."),
    "device": _("The gate works on without it; have it mended."),
    "gate_storage": _("Nobody is registered there by the system: the paper procedure holds until there is room again."),
    "gate_disk": _("Have room made on its card before it can keep nothing more."),
    "gate_anew": _(
        "Its journal or its lists were gone. The lists are sent again; what the old journal had and did not send is missing."
    ),
    "refused_lists": _(
        "Orders, rules or lists of the hub did not take effect there. Compare the clocks and the versions of hub and gate."
    ),
    "power": _("Power supply or cable are too weak: the gate may stop at any moment."),
    "clock": _(
        "Its times prove nothing, and crossings are not compared with other gates'. Look at its time server and its clock's battery."
    ),
    "backlog": _("It is connected and its records do not arrive. Look at the network, and at the hub's load."),
    "gate_alarm": _("The gate is newer than this hub and raises an alarm that the hub has no words for."),
    "retired": _("It was given up or stolen, and its words are refused. Find the device."),
    "cloned": _(
        "It was at two gates closer together than anybody can drive: one of the two is a copy. Look at both pictures and block the pass."
    ),
    "twice": _(
        "It came in while it was inside, or went out twice: one crossing is missing, or two vehicles bear one plate."
    ),
    "revoked": _("The gate had not heard of it yet. Look who the vehicle is and where it went."),
    "overstay": _("It stays longer than its class may: look where it is."),
    "quarantine": _("They are not in the ledger until somebody lets them in or dismisses them."),
    "disk": _("Make room, or the hub will store nothing more; gates keep their records meanwhile."),
    "feed": _(
        "It has confirmed none of the ledger's entries for ten minutes. Nothing is lost: they are sent again and again, in their order. Look at the page of the feed, and ask who runs that system."
    ),
    "backup_old": _("No backup was made when one was due. Look at the folder of backups and at the hub's log."),
    "certificate": _(
        "When it has ended, gates and hub no longer connect. Renew it in time: kakou-hub gate bundle for a gate, kakou-hub rekey renews the hub's."
    ),
    "operation_ends": _(
        "Its period ends as the decision says: no pass lets a vehicle in from then on. Extend it by a document, or prepare its end (page Operation)."
    ),
    "operation_over": _(
        "No pass lets a vehicle in, and nobody has ended the operation: end it, or extend it by a document (page Operation)."
    ),
    "kept_past": _(
        "It was kept for a reason until that day, which is past: decide of it anew and destroy it, or keep it by a new decision (page Destruction)."
    ),
    "brought_back": _(
        "These gates destroyed what they held at the word of this hub before it was restored: the backup is from before that, and brought the values back. End the operation and destroy once more (page Destruction), and destroy that backup."
    ),
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
    "register_overdue": _("They should have been done by now. Open the register, and have each done or say why not."),
    "register_escalated": _(
        "Nobody has done them since the first alert: a supervisor decides who does. Only a supervisor acknowledges this."
    ),
    "unjudged": _(
        "The program failed to work out whether they contradict other crossings; other vehicles are judged. They are tried again every ten minutes, and after an update or a rebuild. Report the detail to who maintains the hub."
    ),
}
