"""The pages and forms of the lanes: each form becomes one event, and the answer is told in one line."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.contract.facts import PERSONAL_FIELDS
from edge.contract.plates import classify
from edge.contract.policy import Coded, Policy
from edge.contract.reasons import Direction
from edge.gate.view import LaneView
from edge.kiosk import words
from edge.kiosk.desk import Desk
from edge.kiosk.forms import lane_named, tell, typed, visit_shown
from edge.kiosk.lane_view import sight, usual_classes
from edge.kiosk.override import overridden, override_page
from edge.kiosk.rules_held import ended
from edge.kiosk.state import state_of
from edge.kiosk.status_line import signs
from edge.kiosk.words import _
from edge.lane.events import (
    AdmitPressed,
    DetainPressed,
    DisinfectedPressed,
    EmergencyPressed,
    FaultCleared,
    HelpPressed,
    HoldPressed,
    PlateMismatch,
    Registered,
    TurnBackPressed,
)


def pages(desk: Desk) -> Blueprint:
    """The routes of the lanes, in front of one gate."""
    page = Blueprint("lanes", __name__)

    def back() -> BaseResponse:
        return redirect(url_for("lanes.index"), 303)

    @page.get("/")
    def index() -> str:
        return render_template("index.html", **_screen(desk))

    @page.get("/lane")
    def lane() -> str:
        """What changes, for the script that puts it into the page."""
        return render_template("_lanes.html", **_screen(desk))

    @page.get("/state.json")
    def state() -> Response:
        return jsonify(state_of(desk))

    @page.get("/picture.jpg")
    def picture() -> Response:
        data = desk.picture(lane_named(desk).name)
        return Response(status=204) if data is None else Response(data, mimetype="image/jpeg")

    @page.get("/plate.json")
    def plate_check() -> Response:
        plate = classify(typed("plate"))
        warning = words.WARNINGS[plate.warning] if plate.warning else None
        return jsonify(plate=plate.text, type=plate.type, warning=" · ".join(warning) if warning else None)

    @page.get("/register")
    def register_form() -> str:
        return _register_page(desk, lane_named(desk), request.args)

    @page.post("/register")
    def register() -> BaseResponse | tuple[str, int]:
        at, policy = lane_named(desk), desk.policy()
        fault = _fault(policy, request.form)
        if fault:
            flash(fault, "error")
            return _register_page(desk, at, request.form), 400
        fields = {name: value for name in _asked(policy) if (value := typed(name))}
        direction = Direction(typed("direction")) if typed("direction") else None
        event = Registered(at.name, typed("plate"), typed("vehicle_class") or None, direction, fields)
        tell(desk, event, _("Registered."), at)
        return back()

    @page.post("/admit")
    def admit() -> BaseResponse:
        at = lane_named(desk)
        tell(desk, AdmitPressed(at.name, visit_shown(at)), _("Admitted."))
        return back()

    @page.get("/turn-back")
    def turn_back_form() -> str:
        at = lane_named(desk)
        return render_template("turn_back.html", lane=at, codes=codes_for(at, desk.policy()))

    @page.post("/turn-back")
    def turn_back() -> BaseResponse:
        at = lane_named(desk)
        tell(desk, TurnBackPressed(at.name, visit_shown(at), coded(desk.policy(), typed("why"))), _("Turned back."))
        return back()

    @page.post("/hold")
    def hold() -> BaseResponse:
        at = lane_named(desk)
        tell(desk, HoldPressed(at.name, visit_shown(at)), _("Held."))
        return back()

    @page.get("/detain")
    def detain_form() -> str:
        at = lane_named(desk)
        return render_template("detain.html", lane=at, codes=codes_for(at, desk.policy()))

    @page.post("/detain")
    def detain() -> BaseResponse:
        at = lane_named(desk)
        tell(desk, DetainPressed(at.name, visit_shown(at), coded(desk.policy(), typed("why"))), _("Noted: detained."))
        return back()

    @page.get("/override")
    def override_form() -> str:
        return override_page(desk, lane_named(desk))

    @page.post("/override")
    def override() -> BaseResponse | tuple[str, int]:
        at = lane_named(desk)
        fault = overridden(desk, at)
        if fault:
            flash(fault, "error")
            return override_page(desk, at), 400
        return back()

    @page.post("/help")
    def help_() -> BaseResponse:
        tell(desk, HelpPressed(lane_named(desk).name), _("Help is called."))
        return back()

    @page.post("/take-over")
    def take_over() -> BaseResponse:
        tell(desk, FaultCleared(lane_named(desk).name), _("The barrier comes down as soon as nobody is under it."))
        return back()

    @page.post("/mismatch")
    def mismatch() -> BaseResponse:
        at = lane_named(desk)
        tell(desk, PlateMismatch(at.name, visit_shown(at)), _("Stopped: the plate differs from the pass."))
        return back()

    @page.post("/disinfected")
    def disinfected() -> BaseResponse:
        at = lane_named(desk)
        tell(desk, DisinfectedPressed(at.name, visit_shown(at)), _("Disinfection noted."))
        return back()

    @page.post("/washed")
    def washed() -> BaseResponse:
        at = lane_named(desk)
        event = DisinfectedPressed(at.name, visit_shown(at), washed_first=True)
        tell(desk, event, _("Noted: washed first, then disinfected."))
        return back()

    @page.post("/emergency")
    def emergency() -> BaseResponse:
        tell(desk, EmergencyPressed(lane_named(desk).name), _("Open. Fill in the plate afterwards."))
        return back()

    return page


def _screen(desk: Desk) -> dict[str, Any]:
    view, policy, news, now = desk.view(), desk.policy(), desk.news(), desk.now()
    return {
        "gate": desk.gate_id,
        "gate_info": policy.gates.get(desk.gate_id) if policy else None,
        "view": view,
        "policy": policy,
        "officer": words.officer_name(view.officer, policy),
        "signs": list(signs(view, news, policy, now)),
        "sights": [
            sight(lane, policy, desk.mono(), desk.hint(lane.name), paper=view.fault is not None) for lane in view.lanes
        ],
        "alarms": words.alarm_lines(view.alarms),
        "matters": words.matter_lines(view),
        "ended": ended(policy, now),
        "now": now,
    }


def _register_page(desk: Desk, lane: LaneView, typed_before: Mapping[str, str]) -> str:
    policy, known = desk.policy(), desk.known()
    return render_template(
        "register.html",
        lane=lane,
        policy=policy,
        typed=typed_before,
        known=known,
        usual=usual_classes(policy, known),
        asked=[name for name in _asked(policy) if name in words.FIELDS],
    )


def codes_for(lane: LaneView, policy: Policy | None) -> list[Coded]:
    """The operation's codes of turning back, the one that the verdict suggests first."""
    codes = list(policy.turn_back) if policy else []
    return sorted(codes, key=lambda each: each.id != lane.reason)


def coded(policy: Policy | None, why: str) -> str | None:
    """A code that the operation knows, or none."""
    return why if policy is not None and why in {each.id for each in policy.turn_back} else None


def _asked(policy: Policy | None) -> list[str]:
    """What the operation asks of a vehicle registered by hand; nothing else is taken, whoever sends it."""
    asked = policy.asked if policy else ()
    return [name for name in asked if name in PERSONAL_FIELDS - {"plate", "picture"}]


def _fault(policy: Policy | None, form: Mapping[str, str]) -> str | None:
    """What is wrong with a registration, in one line. The plate never is: it warns."""
    if policy is not None and policy.class_named(form.get("vehicle_class")) is None:
        return _("Choose the class of the vehicle.")
    if form.get("direction", "") not in {"", *Direction}:
        return _("Choose the direction.")
    return None
