"""The pages behind the lanes: shift and handover, solution, open matters, how the gate is, the look of the screen."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.contract.facts import Outcome
from edge.contract.plates import classify
from edge.kiosk import words
from edge.kiosk.desk import Desk
from edge.kiosk.forms import tell, typed
from edge.kiosk.rules_held import lack_of_rules
from edge.kiosk.status_line import good_for, signs, since, stale
from edge.kiosk.words import _
from edge.lane.events import OrderConfirmed, PlateFilled, SignedOff, SignedOn, SolutionMixed, VisitFinished

MOST_LITRES = 100_000
"""No tank at a gate holds more; a slip of the finger does."""
FINISHES = (Outcome.PASSED, Outcome.TURNED_BACK, Outcome.ABANDONED)


def pages(desk: Desk) -> Blueprint:
    """The routes of the desk, in front of one gate."""
    page = Blueprint("duty", __name__)

    def to(name: str) -> BaseResponse:
        return redirect(url_for(name), 303)

    @page.get("/desk")
    def desk_page() -> str:
        return render_template("desk.html", **_known(desk))

    @page.get("/matters")
    def matters_page() -> str:
        return render_template("matters.html", finishes=FINISHES, **_known(desk))

    @page.post("/plate")
    def plate() -> BaseResponse:
        if not classify(typed("plate")).text:
            flash(_("Type the plate first."), "error")
        else:
            tell(desk, PlateFilled(typed("visit"), typed("plate")), _("Plate noted."))
        return to("duty.matters_page" if words.matter_lines(desk.view()) else "lanes.index")

    @page.post("/finish")
    def finish() -> BaseResponse:
        if typed("outcome") not in FINISHES:
            abort(400, _("There is no such outcome."))
        tell(desk, VisitFinished(typed("visit"), Outcome(typed("outcome"))), _("Visit closed."))
        return to("duty.matters_page" if words.matter_lines(desk.view()) else "lanes.index")

    @page.get("/orders")
    def orders_page() -> str:
        return render_template("orders.html", **_known(desk))

    @page.post("/orders/received")
    def received() -> BaseResponse:
        tell(desk, OrderConfirmed(typed("order")), _("The command post hears that it was received."))
        return to("duty.orders_page" if desk.view().orders else "lanes.index")

    @page.get("/shift")
    def shift_page() -> str:
        return render_template("shift.html", handover=words.handover_lines(desk.view(), desk.news()), **_known(desk))

    @page.post("/shift/start")
    def shift_start() -> BaseResponse:
        policy = desk.policy()
        if policy is None or typed("officer") not in {officer.id for officer in policy.officers}:
            abort(400, _("There is no such officer."))
        tell(desk, SignedOn(typed("officer")), _("Signed on."))
        return to("lanes.index")

    @page.post("/shift/end")
    def shift_end() -> BaseResponse:
        tell(desk, SignedOff(note=typed("note")), _("Signed off."))
        return to("lanes.index")

    @page.post("/shift/hand-over")
    def hand_over() -> BaseResponse:
        policy, to_whom = desk.policy(), typed("to")
        if policy is None or to_whom not in {officer.id for officer in policy.officers}:
            abort(400, _("There is no such officer."))
        if desk.ask(SignedOff(to=to_whom, note=typed("note"))):
            tell(desk, SignedOn(to_whom), _("Handed over to %(name)s.", name=words.officer_name(to_whom, policy)))
        else:
            flash(_("Not kept: register on paper, open the barrier by key."), "error")
        return to("lanes.index")

    @page.get("/solution")
    def solution_page() -> str:
        return render_template("solution.html", typed=request.args, **_known(desk))

    @page.post("/solution")
    def solution() -> BaseResponse | tuple[str, int]:
        policy = desk.policy()
        if policy is None or typed("agent") not in {agent.id for agent in policy.agents}:
            abort(400, _("There is no such agent."))
        tanks = [tank.name for tank in desk.view().tanks]
        # the only one is not asked for
        tank = typed("tank") or (tanks[0] if len(tanks) == 1 else "")
        if tank not in tanks:
            abort(400, _("There is no such tank."))
        try:
            mixed = SolutionMixed(
                agent=typed("agent"),
                concentration=typed("concentration"),
                tank=tank,
                lot=typed("lot") or None,
                label=typed("label") or None,
                target=typed("target") or None,
                strip=typed("strip") or None,
                water_litres=litres(typed("water_litres")),
                litres=litres(typed("litres")),
            )
        except ValueError:
            flash(_("Litres: expected a number, such as 20 or 7.5."), "error")
            return render_template("solution.html", typed=request.form, **_known(desk)), 400
        tell(desk, mixed, _("Batch noted."))
        return to("lanes.index")

    return page


def litres(text: str) -> float | None:
    """How many litres a typed text says; None for none; `ValueError` for what is no such number."""
    if not text:
        return None
    number = float(text.replace(",", "."))
    if not 0 < number <= MOST_LITRES:
        raise ValueError(text)
    return number


def _known(desk: Desk) -> dict[str, Any]:
    view, policy, news, now = desk.view(), desk.policy(), desk.news(), desk.now()
    lists_age = since(news.lists_received, now)
    return {
        "gate": desk.gate_id,
        "view": view,
        "policy": policy,
        "news": news,
        "officer": words.officer_name(view.officer, policy),
        "signs": list(signs(view, news, policy, now)),
        "alarms": words.alarm_lines(view.alarms),
        "matters": words.matter_lines(view),
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
