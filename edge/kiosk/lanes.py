"""The pages and forms of the lanes: each form becomes one event, and its page shows the result in one line.

Tested in `tests/edge/kiosk/test_app.py`.
"""

from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.contract.plates import classify
from edge.contract.policy import Coded, Policy
from edge.contract.reasons import Direction
from edge.gate.view import LaneView
from edge.kiosk import words
from edge.kiosk.buttons import more
from edge.kiosk.context import desk
from edge.kiosk.forms import lane_named, question_shown, submit, typed, visit_shown
from edge.kiosk.lane_panel import lane_panel
from edge.kiosk.notices import is_tight, notices, strip_of
from edge.kiosk.override import override_page, try_override
from edge.kiosk.registration import asked_fields, register_page, registration_fault
from edge.kiosk.state import state_of
from edge.kiosk.status_line import signs
from edge.kiosk.words import _
from edge.lane.events import (
    AdmitPressed,
    CameBack,
    DetainPressed,
    DisinfectedPressed,
    EmergencyPressed,
    FaultCleared,
    HelpPressed,
    HoldPressed,
    PlateMismatch,
    Registered,
    SprayAgainPressed,
    TurnBackPressed,
    WentThrough,
)
from edge.lane.phase import Arm

blueprint = Blueprint("lanes", __name__)


@blueprint.get("/")
def index() -> str:
    """The lanes, whole page."""
    return render_template("index.html", **_screen())


@blueprint.get("/lane")
def lane() -> str:
    """The part of the page that changes, for the script that puts it in its place."""
    return render_template("_lanes.html", **_screen())


@blueprint.get("/state.json")
def state() -> Response:
    """The content of the screen as JSON, for programs."""
    return jsonify(state_of(desk()))


@blueprint.get("/picture.jpg")
def picture() -> Response:
    """The lane's picture at this moment; 204 without one."""
    data = desk().picture(lane_named().name)
    return Response(status=204) if data is None else Response(data, mimetype="image/jpeg")


@blueprint.get("/plate.json")
def plate_check() -> Response:
    """Checks a plate while it is typed: its text, its type, a warning."""
    plate = classify(typed("plate"))
    warning = words.WARNINGS[plate.warning] if plate.warning else None
    return jsonify(plate=plate.text, type=plate.type, warning=" · ".join(warning) if warning else None)


@blueprint.get("/register")
def register_form() -> str:
    """The form for a vehicle without a pass."""
    return register_page(lane_named(), request.args)


@blueprint.post("/register")
def register() -> BaseResponse | tuple[str, int]:
    """Registers a vehicle by hand."""
    at, policy = lane_named(), desk().policy()
    fault = registration_fault(policy, request.form)
    if fault:
        flash(fault, "error")
        return register_page(at, request.form), 400
    fields = {name: value for name in asked_fields(policy) if (value := typed(name))}
    direction = Direction(typed("direction")) if typed("direction") else None
    event = Registered(at.name, typed("plate"), typed("vehicle_class") or None, direction, fields)
    submit(event, _("Registered."))
    return _back()


@blueprint.post("/admit")
def admit() -> BaseResponse:
    """Lets the vehicle in as its class asks."""
    at = lane_named()
    submit(AdmitPressed(at.name, visit_shown(at)), _("Admitted."))
    return _back()


@blueprint.get("/turn-back")
def turn_back_form() -> str:
    """The form: why the vehicle is turned back."""
    at = lane_named()
    return render_template("turn_back.html", lane=at, codes=codes_for(at, desk().policy()))


@blueprint.post("/turn-back")
def turn_back() -> BaseResponse:
    """Turns the vehicle back."""
    at = lane_named()
    submit(TurnBackPressed(at.name, visit_shown(at), coded(desk().policy(), typed("why"))), _("Turned back."))
    return _back()


@blueprint.post("/hold")
def hold() -> BaseResponse:
    """Has the vehicle wait."""
    at = lane_named()
    submit(HoldPressed(at.name, visit_shown(at)), _("Held."))
    return _back()


@blueprint.get("/detain")
def detain_form() -> str:
    """The form: why the vehicle is detained."""
    at = lane_named()
    return render_template("detain.html", lane=at, codes=codes_for(at, desk().policy()))


@blueprint.post("/detain")
def detain() -> BaseResponse:
    """Notes that the vehicle is detained."""
    at = lane_named()
    submit(DetainPressed(at.name, visit_shown(at), coded(desk().policy(), typed("why"))), _("Noted: detained."))
    return _back()


@blueprint.get("/override")
def override_form() -> str:
    """The form for an override."""
    return override_page(lane_named())


@blueprint.post("/override")
def override() -> BaseResponse | tuple[str, int]:
    """Overrides the verdict, or the disinfection that is owed."""
    at = lane_named()
    fault = try_override(at)
    if fault:
        return override_page(at, fault), 400
    return _back()


@blueprint.post("/help")
def help_() -> BaseResponse:
    """Calls for help."""
    submit(HelpPressed(lane_named().name), _("Help is called."))
    return _back()


@blueprint.post("/take-over")
def take_over() -> BaseResponse:
    """Clears the lane's fault: the barrier is worked from the screen again."""
    submit(FaultCleared(lane_named().name), _("The barrier comes down as soon as nobody is under it."))
    return _back()


@blueprint.post("/barrier-free")
def barrier_free() -> BaseResponse:
    """Clears the lane's fault: the arm that was stuck moves again."""
    submit(FaultCleared(lane_named().name), _("The barrier is worked from the screen again."))
    return _back()


@blueprint.post("/went-through")
def went_through() -> BaseResponse:
    """Notes that the vehicle which the loops could not follow drove through."""
    at = lane_named()
    submit(WentThrough(at.name, question_shown(at)), _("Noted: it went through."))
    return _back()


@blueprint.post("/came-back")
def came_back() -> BaseResponse:
    """Notes that the vehicle which the loops could not follow came back to the lane."""
    at = lane_named()
    submit(CameBack(at.name, question_shown(at)), _("Noted: it came back."))
    return _back()


@blueprint.get("/more")
def more_form() -> str | BaseResponse:
    """The buttons of the lane for which its page has no room; back to the lane if there are none any more."""
    at = lane_named()
    hidden = more(at)
    return render_template("more.html", lane=at, acts=hidden) if hidden else _back()


@blueprint.post("/mismatch")
def mismatch() -> BaseResponse:
    """Stops the vehicle: its plate is not the one of its pass."""
    at = lane_named()
    submit(PlateMismatch(at.name, visit_shown(at)), _("Stopped: the plate differs from the pass."))
    return _back()


@blueprint.post("/disinfected")
def disinfected() -> BaseResponse:
    """Notes that the vehicle was disinfected by hand."""
    at = lane_named()
    submit(DisinfectedPressed(at.name, visit_shown(at)), _("Disinfection noted."))
    return _back()


@blueprint.post("/washed")
def washed() -> BaseResponse:
    """Notes that the vehicle was washed and then disinfected."""
    at = lane_named()
    event = DisinfectedPressed(at.name, visit_shown(at), washed_first=True)
    submit(event, _("Noted: washed first, then disinfected."))
    return _back()


@blueprint.post("/spray")
def spray() -> BaseResponse:
    """Has the vehicle sprayed now, or once more."""
    at = lane_named()
    submit(SprayAgainPressed(at.name, visit_shown(at)), _("Spraying."))
    return _back()


@blueprint.post("/emergency")
def emergency() -> BaseResponse:
    """Opens for an emergency vehicle, of which nothing is asked before."""
    at = lane_named()
    stuck = _("Noted. The arm was stuck: open by key if it does not rise. Fill in the plate afterwards.")
    submit(EmergencyPressed(at.name), stuck if at.arm is Arm.STUCK else _("Open. Fill in the plate afterwards."))
    return _back()


def _back() -> BaseResponse:
    return redirect(url_for("lanes.index"), 303)


def _screen() -> dict[str, Any]:
    """What the templates of the lanes show."""
    view, policy, news, now = desk().view(), desk().policy(), desk().news(), desk().now()
    said = notices(view, policy, now)
    return {
        "gate": desk().gate_id,
        "gate_info": policy.gates.get(desk().gate_id) if policy else None,
        "view": view,
        "policy": policy,
        "officer": words.officer_name(view.officer, policy),
        "signs": list(signs(view, news, policy, now)),
        "panels": [
            lane_panel(lane, policy, desk().mono(), desk().hint(lane.name), paper=view.fault is not None)
            for lane in view.lanes
        ],
        "notices": said,
        "strip": strip_of(said) if is_tight(view) else None,
        "now": now,
    }


def codes_for(lane: LaneView, policy: Policy | None) -> list[Coded]:
    """The operation's codes of turning back, the one that the verdict suggests first."""
    codes = list(policy.turn_back) if policy else []
    return sorted(codes, key=lambda each: each.id != lane.reason)


def coded(policy: Policy | None, why: str) -> str | None:
    """A code that the operation knows, or none."""
    return why if policy is not None and why in {each.id for each in policy.turn_back} else None
