"""The pages behind the lanes: shift and handover, solution, orders, visits still open, how the gate is.

Tested in `tests/edge/kiosk/test_app.py`.
"""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.contract.facts import Outcome
from edge.contract.plates import classify
from edge.kiosk import words
from edge.kiosk.context import desk
from edge.kiosk.forms import submit, typed
from edge.kiosk.notices import notices
from edge.kiosk.rostered import on_roster, rostered_first
from edge.kiosk.rules_held import lack_of_rules
from edge.kiosk.solution import FieldFault, mixed_solution
from edge.kiosk.status_line import good_for, signs, since, stale
from edge.kiosk.words import _
from edge.lane.events import OrderConfirmed, PlateFilled, SignedOff, SignedOn, VisitFinished

FINISHES = (Outcome.PASSED, Outcome.TURNED_BACK, Outcome.ABANDONED, Outcome.UNCLEAR)

blueprint = Blueprint("duty", __name__)


@blueprint.get("/desk")
def desk_page() -> str:
    """Everything that is not a lane: shift, solution, lists, alarms."""
    return render_template("desk.html", **_values())


@blueprint.get("/matters")
def matters_page() -> str:
    """The page of open matters: alarms, orders, the operation's end, visits without a plate, visits that nobody closed."""
    return render_template("matters.html", finishes=FINISHES, **_values())


@blueprint.post("/plate")
def plate() -> BaseResponse:
    """Fills in the plate of a visit that was opened without one."""
    if not classify(typed("plate")).text:
        flash(_("Type the plate first."), "error")
    else:
        submit(PlateFilled(typed("visit"), typed("plate")), _("Plate noted."))
    return _to("duty.matters_page" if words.matter_lines(desk().view()) else "lanes.index")


@blueprint.post("/finish")
def finish() -> BaseResponse:
    """Closes a visit that was left open, with what became of the vehicle."""
    if typed("outcome") not in FINISHES:
        abort(400, _("There is no such outcome."))
    submit(VisitFinished(typed("visit"), Outcome(typed("outcome"))), _("Visit closed."))
    return _to("duty.matters_page" if words.matter_lines(desk().view()) else "lanes.index")


@blueprint.get("/orders")
def orders_page() -> str:
    """The orders of the command post."""
    return render_template("orders.html", **_values())


@blueprint.post("/orders/received")
def received() -> BaseResponse:
    """Confirms that an order was received, by the officer on shift or by another one who is named."""
    policy, other = desk().policy(), typed("officer") or None
    if other is not None and (policy is None or other not in {officer.id for officer in policy.officers}):
        abort(400, _("There is no such officer."))
    submit(OrderConfirmed(typed("order"), other), _("The command post is informed: received."))
    if typed("back") == "matters":
        return _to("duty.matters_page")
    return _to("duty.orders_page" if desk().view().orders else "lanes.index")


@blueprint.get("/shift")
def shift_page() -> str:
    """The page of the shift: who is on shift, and what is handed over."""
    roster = on_roster(desk().news().roster, desk().policy(), desk().now())
    # who takes over at the end of a shift is on the roster of the next one
    wanted = roster.officers_next | roster.officers_now if desk().view().officer else roster.officers_now
    return render_template(
        "shift.html",
        handover=words.handover_lines(desk().view(), desk().news()),
        roster=roster,
        officers=rostered_first(desk().policy(), wanted),
        **_values(),
    )


@blueprint.post("/shift/start")
def shift_start() -> BaseResponse:
    """Signs an officer on."""
    policy = desk().policy()
    if policy is None or typed("officer") not in {officer.id for officer in policy.officers}:
        abort(400, _("There is no such officer."))
    submit(SignedOn(typed("officer")), _("Signed on."))
    return _to("lanes.index")


@blueprint.post("/shift/end")
def shift_end() -> BaseResponse:
    """Signs the officer off."""
    submit(SignedOff(note=typed("note")), _("Signed off."))
    return _to("lanes.index")


@blueprint.post("/shift/hand-over")
def hand_over() -> BaseResponse:
    """Signs the officer off and the next one on."""
    policy, to_whom = desk().policy(), typed("to")
    if policy is None or to_whom not in {officer.id for officer in policy.officers}:
        abort(400, _("There is no such officer."))
    if desk().ask(SignedOff(to=to_whom, note=typed("note"))):
        submit(SignedOn(to_whom), _("Handed over to %(name)s.", name=words.officer_name(to_whom, policy)))
    else:
        flash(_("Not kept: register on paper, open the barrier by key."), "error")
    return _to("lanes.index")


@blueprint.get("/solution")
def solution_page() -> str:
    """The form for a freshly mixed solution."""
    return render_template("solution.html", typed=request.args, fault=None, **_values())


@blueprint.post("/solution")
def solution() -> BaseResponse | tuple[str, int]:
    """Notes a freshly mixed solution, by which vehicles are disinfected from now on."""
    mixed = mixed_solution(desk().policy(), [tank.name for tank in desk().view().tanks])
    if isinstance(mixed, FieldFault):
        return render_template("solution.html", typed=request.form, fault=mixed, **_values()), 400
    submit(mixed, _("Batch noted."))
    return _to("lanes.index")


def _to(name: str) -> BaseResponse:
    return redirect(url_for(name), 303)


def _values() -> dict[str, Any]:
    """What the templates of these pages show."""
    view, policy, news, now = desk().view(), desk().policy(), desk().news(), desk().now()
    lists_age = since(news.lists_received, now)
    return {
        "gate": desk().gate_id,
        "view": view,
        "policy": policy,
        "news": news,
        "officer": words.officer_name(view.officer, policy),
        "signs": list(signs(view, news, policy, now)),
        "alarms": words.alarm_lines(view.alarms),
        "notices": notices(view, policy, now),
        "lack": lack_of_rules(policy, news),
        "lists_stale": stale(lists_age, policy),
        "ages": {
            "policy": since(news.policy_received, now),
            "passlist": since(news.passlist_received, now),
            "sightings": since(news.sightings_received, now),
        },
        "good_for": good_for(view, now),
        "now": now,
    }
