"""The override, with which an officer decides against the rules: the page, the check of the PIN, the record.

Tested in `tests/edge/kiosk/test_app.py`.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from flask import render_template, request

from edge.contract.facts import LONGEST_REASON
from edge.contract.refusal import Refusal
from edge.gate.view import LaneView
from edge.kiosk import words
from edge.kiosk.context import desk
from edge.kiosk.forms import submit, typed, visit_shown
from edge.kiosk.pins import WRONG_PIN, PinCheck
from edge.kiosk.words import _
from edge.lane.events import AlarmBegan, AlarmEnded, OverridePressed
from edge.lane.phase import Phase


class Step(IntEnum):
    """The steps of the form, in their order."""

    WHO = 0
    WHY = 1
    PIN = 2


@dataclass(frozen=True, slots=True)
class OverrideFault:
    """What is wrong in the form, in one line, and the step in which it is typed; `field`: the one beside which the line stands."""

    step: Step
    line: Refusal
    field: str = ""


def override_page(lane: LaneView, fault: OverrideFault | None = None) -> str:
    """The form: who decides, why, the PIN; it begins with the step in which something is wrong."""
    policy = desk().policy()
    return render_template(
        "override.html",
        lane=lane,
        what=rule_overridden(lane),
        deciders=[each for each in policy.officers if each.pin] if policy else [],
        reasons=policy.overrides if policy else (),
        typed=request.form,
        fault=fault,
    )


def rule_overridden(lane: LaneView) -> Literal["verdict", "disinfection"]:
    """The rule that an override at this lane would overrule now: the verdict or the disinfection."""
    return "disinfection" if lane.phase in {Phase.DISINFECTING, Phase.CONTACT} else "verdict"


def try_override(lane: LaneView) -> OverrideFault | None:
    """Overrides the verdict at a lane by the name, PIN and reason in the form; what is wrong with them, None if nothing is."""
    policy = desk().policy()
    officers = {each.id: each for each in policy.officers} if policy else {}
    officer = officers.get(typed("officer"))
    if officer is None or officer.pin is None:
        return OverrideFault(Step.WHO, Refusal(_("Choose who decides it.")))
    named = next(
        (f"{each.zh} {each.en}" for each in (policy.overrides if policy else ()) if each.id == typed("why")), ""
    )
    reason = "：".join(part for part in (named, typed("reason")) if part)[:LONGEST_REASON]
    if not reason:
        # who chose "other" types it beside the PIN
        other = request.form.get("why") == ""
        return OverrideFault(Step.PIN if other else Step.WHY, Refusal(_("Say why.")), "reason" if other else "why")
    answer = desk().pins.check(officer.id, officer.pin, typed("pin"))
    if not answer.right:
        if answer.tried:
            report_wrong(officer.id, lane.name, answer)
        if answer.rest:
            line = _("Wrong PIN. The next try counts in %(age)s.", age=words.age(answer.rest + 1))
            return OverrideFault(Step.PIN, Refusal(line), "pin")
        return OverrideFault(Step.PIN, Refusal(_("Wrong PIN.")), "pin")
    submit(
        OverridePressed(lane.name, visit_shown(lane), officer.id, reason, rule_overridden(lane)),
        _("Overridden by %(name)s.", name=officer.name),
    )
    return None


def report_wrong(officer: str, lane: str, answer: PinCheck) -> None:
    """Each wrong PIN is a record of its own; the alarm ends by itself (`edge.unit.watch`)."""
    desk().ask(AlarmEnded(WRONG_PIN))
    desk().ask(AlarmBegan(WRONG_PIN, f"officer {officer}, lane {lane}, {answer.wrong} wrong in a row"))
