"""The pages and forms of the touch screen: each form becomes one event, and the answer is told in one line."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.contract.messages import Policy
from edge.contract.plates import classify
from edge.contract.reasons import Direction
from edge.contract.records import PERSONAL_FIELDS, Outcome, wall_text
from edge.events import (
    AdmitPressed,
    DisinfectedPressed,
    EmergencyPressed,
    Event,
    LaneView,
    Phase,
    PlateFilled,
    PlateMismatch,
    Registered,
    SignedOff,
    SignedOn,
    SolutionMixed,
    TurnBackPressed,
    VisitFinished,
)
from edge.kiosk import words
from edge.kiosk.desk import Desk
from edge.kiosk.words import _

LONGEST = 100
"""Characters of one typed value."""
FINISHES = (Outcome.PASSED, Outcome.TURNED_BACK, Outcome.ABANDONED)


def pages(desk: Desk) -> Blueprint:
    """The routes of the page, in front of one gate."""
    page = Blueprint("page", __name__)

    def lane_named() -> LaneView:
        name = request.values.get("lane") or desk.view().lanes[0].name
        lane = desk.view().lane(name)
        if lane is None:
            abort(400, _("There is no such lane."))
        return lane

    def visit_shown() -> str | None:
        return request.form.get(f"visit-{lane_named().name}")

    def shown_before(event: Event) -> bool:
        if not isinstance(event, AdmitPressed | TurnBackPressed | PlateMismatch | DisinfectedPressed):
            return False
        lane = desk.view().lane(event.lane)
        return event.visit is not None and lane is not None and lane.visit != event.visit

    def tell(event: Event, done: str, lane: LaneView | None = None) -> BaseResponse:
        if desk.ask(event):
            flash(done, "done")
        elif desk.view().fault is not None:
            flash(_("Not kept: register on paper, open the barrier by key."), "error")
        elif lane is not None and lane.phase is Phase.CLOSING:
            flash(_("The barrier is still up: wait until it is down."), "error")
        elif isinstance(event, DisinfectedPressed) and desk.view().officer is None:
            flash(_("Sign on first: somebody must answer for the disinfection."), "error")
        elif shown_before(event):
            flash(_("Another vehicle is at the lane now: look again."), "error")
        else:
            flash(_("Not possible now."), "error")
        return redirect(url_for("page.index"), 303)

    @page.get("/")
    def index() -> str:
        return render_template("index.html", **_picture(desk))

    @page.get("/lane")
    def lane() -> str:
        """What changes, for the script that puts it into the page."""
        return render_template("_lanes.html", **_picture(desk))

    @page.get("/state.json")
    def state() -> Response:
        return jsonify(_state(desk))

    @page.get("/plate.json")
    def plate_check() -> Response:
        plate = classify(typed("plate"))
        warning = words.WARNINGS[plate.warning] if plate.warning else None
        return jsonify(plate=plate.text, type=plate.type, warning=" · ".join(warning) if warning else None)

    @page.get("/register")
    def register_form() -> str:
        return render_template("register.html", lane=lane_named(), policy=desk.policy(), typed=request.args)

    @page.post("/register")
    def register() -> BaseResponse | tuple[str, int]:
        at, policy = lane_named(), desk.policy()
        fault = _fault(policy, request.form)
        if fault:
            flash(fault, "error")
            return render_template("register.html", lane=at, policy=policy, typed=request.form), 400
        # what the operation does not ask is not taken, whoever sends it
        asked = PERSONAL_FIELDS.intersection(policy.asked if policy else ()) - {"plate", "picture"}
        fields = {name: value for name in sorted(asked) if (value := typed(name))}
        direction = Direction(typed("direction")) if typed("direction") else None
        event = Registered(at.name, typed("plate"), typed("vehicle_class") or None, direction, fields)
        return tell(event, _("Registered."), at)

    @page.post("/admit")
    def admit() -> BaseResponse:
        return tell(AdmitPressed(lane_named().name, visit_shown()), _("Admitted."))

    @page.post("/turn-back")
    def turn_back() -> BaseResponse:
        return tell(TurnBackPressed(lane_named().name, visit_shown()), _("Turned back."))

    @page.post("/mismatch")
    def mismatch() -> BaseResponse:
        return tell(PlateMismatch(lane_named().name, visit_shown()), _("Stopped: the plate differs from the pass."))

    @page.post("/disinfected")
    def disinfected() -> BaseResponse:
        return tell(DisinfectedPressed(lane_named().name, visit_shown()), _("Disinfection noted."))

    @page.post("/emergency")
    def emergency() -> BaseResponse:
        return tell(EmergencyPressed(lane_named().name), _("Open. Fill in the plate afterwards."))

    @page.get("/desk")
    def desk_page() -> str:
        return render_template("desk.html", finishes=FINISHES, **_picture(desk))

    @page.post("/plate")
    def plate() -> BaseResponse:
        if not classify(typed("plate")).text:
            flash(_("Type the plate first."), "error")
            return redirect(url_for("page.desk_page"), 303)
        return tell(PlateFilled(typed("visit"), typed("plate")), _("Plate noted."))

    @page.post("/finish")
    def finish() -> BaseResponse:
        if typed("outcome") not in FINISHES:
            abort(400, _("There is no such outcome."))
        return tell(VisitFinished(typed("visit"), Outcome(typed("outcome"))), _("Visit closed."))

    @page.post("/shift/start")
    def shift_start() -> BaseResponse:
        policy = desk.policy()
        if policy is None or typed("officer") not in {officer.id for officer in policy.officers}:
            abort(400, _("There is no such officer."))
        return tell(SignedOn(typed("officer")), _("Signed on."))

    @page.post("/shift/end")
    def shift_end() -> BaseResponse:
        return tell(SignedOff(), _("Signed off."))

    @page.post("/solution")
    def solution() -> BaseResponse:
        policy = desk.policy()
        if policy is None or typed("agent") not in {agent.id for agent in policy.agents}:
            abort(400, _("There is no such agent."))
        mixed = SolutionMixed(typed("agent"), typed("concentration"), typed("tank") or "A")
        return tell(mixed, _("Batch noted."))

    return page


def typed(name: str) -> str:
    """One typed value, trimmed and cut."""
    sent = request.form if request.method == "POST" else request.args
    return sent.get(name, "").strip()[:LONGEST]


def _fault(policy: Policy | None, form: Mapping[str, str]) -> str | None:
    """What is wrong with a registration, in one line. The plate never is: it warns."""
    if policy is not None and policy.class_named(form.get("vehicle_class")) is None:
        return _("Choose the class of the vehicle.")
    if form.get("direction", "") not in {"", *Direction}:
        return _("Choose the direction.")
    return None


def _picture(desk: Desk) -> dict[str, Any]:
    view, policy, news, now = desk.view(), desk.policy(), desk.news(), desk.now()
    names = {officer.id: officer.name for officer in policy.officers} if policy else {}
    lists_age = _age(news.lists_received, now)
    return {
        "town": desk.town,
        "gate": desk.gate_id,
        "gate_info": policy.gates.get(desk.gate_id) if policy else None,
        "view": view,
        "policy": policy,
        "news": news,
        "officer": names.get(view.officer, view.officer) if view.officer else None,
        "lists_age": lists_age,
        "lists_stale": lists_age is None or (policy is not None and lists_age > policy.stale_hours * 3600),
        "ages": {
            "policy": _age(news.policy_received, now),
            "passlist": _age(news.passlist_received, now),
            "sightings": _age(news.sightings_received, now),
        },
        "batch_left": (view.batch.expires_at - now).total_seconds() if view.batch else None,
        "now": now,
    }


def _age(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else (now - since).total_seconds()


def _state(desk: Desk) -> dict[str, Any]:
    view, news, now = desk.view(), desk.news(), desk.now()
    batch = view.batch
    return {
        "town": desk.town,
        "gate": desk.gate_id,
        "at": wall_text(now),
        "lanes": [_lane_state(lane) for lane in view.lanes],
        "officer": view.officer,
        "batch": {"batch": batch.batch, "agent": batch.agent, "valid": view.batch_valid} if batch else None,
        "emergencies": [{"visit": each.visit, "lane": each.lane, "at": each.opened_at} for each in view.plateless],
        "unfinished": [
            {"visit": each.visit, "lane": each.lane, "at": each.opened_at, "plate": each.plate}
            for each in view.unfinished
        ],
        "link": {"connected": news.connected, "hub_online": news.hub_online, "ack_age": news.ack_age},
        "backlog": news.backlog,
        "lists": {"policy": news.policy, "passlist": news.passlist, "age": _age(news.lists_received, now)},
        "inside": {"vehicles": news.inside, "age": _age(news.sightings_received, now)},
        "camera": news.camera,
        "alarms": dict(view.alarms),
        "fault": view.fault,
    }


def _lane_state(lane: LaneView) -> dict[str, Any]:
    before = lane.before
    return {
        "name": lane.name,
        "state": lane.phase,
        "occupied": list(lane.occupied),
        "direction": lane.direction,
        "visit": lane.visit,
        "verdict": lane.verdict,
        "reason": lane.reason,
        "plate": lane.plate,
        "vehicle_class": lane.vehicle_class,
        "read_by": lane.read_by,
        "owed": lane.owed,
        "unconfirmed": lane.unconfirmed,
        "first": lane.first,
        "before": {"gate": before.gate, "direction": before.direction, "at": wall_text(before.at)} if before else None,
        "watched": lane.watched is not None,
    }
