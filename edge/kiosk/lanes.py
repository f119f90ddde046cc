"""The pages and forms of the lanes: each form becomes one event, and the answer is told in one line."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from edge.camera.frames import Hint
from edge.contract.facts import LONGEST_REASON, PERSONAL_FIELDS
from edge.contract.plates import classify
from edge.contract.policy import Coded, Policy, VehicleClass
from edge.contract.reasons import VERDICT_WORDS, WORDS, Direction, Verdict
from edge.gate.view import LaneView
from edge.kiosk import words
from edge.kiosk.acts import Act, acts
from edge.kiosk.desk import Desk, Known
from edge.kiosk.forms import lane_named, tell, typed, visit_shown
from edge.kiosk.pins import WRONG_PIN, Answer
from edge.kiosk.rules_held import ended
from edge.kiosk.signs import signs
from edge.kiosk.state import state_of
from edge.kiosk.words import _
from edge.lane.events import (
    AdmitPressed,
    AlarmCleared,
    AlarmRaised,
    DetainPressed,
    DisinfectedPressed,
    EmergencyPressed,
    FaultCleared,
    HelpPressed,
    HoldPressed,
    OverridePressed,
    PlateMismatch,
    Registered,
    TurnBackPressed,
)
from edge.lane.phase import Phase
from edge.scanner.advice import WORDS as HINTS

USUAL = 5
"""Classes that fit beside each other under the plate."""
UP = frozenset({Phase.OPENING, Phase.OPEN, Phase.DRIVING})


@dataclass(frozen=True, slots=True)
class Sight:
    """A lane as the screen draws it: its look (a shape and a colour), words in both languages, buttons."""

    look: str
    big: tuple[str, ...]
    do: tuple[str, ...]
    acts: tuple[Act, ...]
    before: tuple[str, str] | None = None
    left: tuple[str, str] | None = None
    hint: tuple[str, str] | None = None


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
        return _override_page(desk, lane_named(desk))

    @page.post("/override")
    def override() -> BaseResponse | tuple[str, int]:
        at = lane_named(desk)
        fault = _overridden(desk, at)
        if fault:
            flash(fault, "error")
            return _override_page(desk, at), 400
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


def sight(lane: LaneView, policy: Policy | None, now: float, hint: Hint | None = None, *, paper: bool = False) -> Sight:
    """How the screen draws a lane; `now` on the monotonic clock. `paper`: no record can be kept, and so nobody is judged."""
    shown = HINTS[hint] if hint else None
    if lane.verdict is None and paper:
        big, do = words.ON_PAPER
        return Sight("stop", big, do, acts(lane))
    if lane.verdict is None:
        zh, en = words.state_words(lane)
        look = "stop" if lane.phase in {Phase.FAULT, Phase.LEFT_OPEN} else "none"
        return Sight(look, (zh,), (en,), acts(lane), left=words.left_words(lane, now), hint=shown)
    do = words.state_words(lane)
    if lane.phase in {Phase.ASKING, Phase.REFUSED} and lane.reason is not None:
        said = WORDS[lane.reason]
        do = (f"{do[0]}：{said.do_zh}", f"{do[1]}: {said.do_en}")
    look, big = _look(lane, lane.verdict)
    return Sight(look, big, do, acts(lane), words.before_words(lane, policy), words.left_words(lane, now), shown)


def _look(lane: LaneView, verdict: Verdict) -> tuple[str, tuple[str, str]]:
    """The shape and the big words: of what the lane does now, else of the verdict."""
    if lane.phase in UP:
        return Verdict.GO, VERDICT_WORDS[Verdict.GO]
    if lane.phase in {Phase.DISINFECTING, Phase.CONTACT}:
        return Verdict.HOLD, VERDICT_WORDS[Verdict.HOLD]
    if lane.phase in {Phase.RECALLED, Phase.FAULT, Phase.HELD}:
        return Verdict.STOP, VERDICT_WORDS[verdict]
    return verdict, VERDICT_WORDS[verdict]


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


def _override_page(desk: Desk, lane: LaneView) -> str:
    policy = desk.policy()
    return render_template(
        "override.html",
        lane=lane,
        what=overridden_at(lane),
        deciders=[each for each in policy.officers if each.pin] if policy else [],
        reasons=policy.overrides if policy else (),
        typed=request.form,
    )


def overridden_at(lane: LaneView) -> Literal["verdict", "disinfection"]:
    """What an override at this lane would set aside now."""
    return "disinfection" if lane.phase in {Phase.DISINFECTING, Phase.CONTACT} else "verdict"


def _overridden(desk: Desk, lane: LaneView) -> str | None:
    """Overrides by name, PIN and reason; what is wrong with them, in one line."""
    policy = desk.policy()
    officers = {each.id: each for each in policy.officers} if policy else {}
    officer = officers.get(typed("officer"))
    if officer is None or officer.pin is None:
        return _("Choose who decides it.")
    named = next(
        (f"{each.zh} {each.en}" for each in (policy.overrides if policy else ()) if each.id == typed("why")), ""
    )
    reason = "：".join(part for part in (named, typed("reason")) if part)[:LONGEST_REASON]
    if not reason:
        return _("Say why.")
    answer = desk.pins.check(officer.id, officer.pin, typed("pin"))
    if not answer.right:
        if answer.tried:
            report_wrong(desk, officer.id, lane.name, answer)
        if answer.rest:
            return _("Wrong PIN. The next try counts in %(age)s.", age=words.age(answer.rest + 1))
        return _("Wrong PIN.")
    tell(
        desk,
        OverridePressed(lane.name, visit_shown(lane), officer.id, reason, overridden_at(lane)),
        _("Overridden by %(name)s.", name=officer.name),
        lane,
    )
    return None


def report_wrong(desk: Desk, officer: str, lane: str, answer: Answer) -> None:
    """Each wrong PIN is a record of its own; the alarm ends by itself (`Unit.watch`)."""
    desk.ask(AlarmCleared(WRONG_PIN))
    desk.ask(AlarmRaised(WRONG_PIN, f"officer {officer}, lane {lane}, {answer.wrong} wrong in a row"))


def usual_classes(policy: Policy | None, known: Sequence[Known]) -> tuple[VehicleClass, ...]:
    """The classes that come most often at this gate, then the others in the policy's order; emergencies have their own button."""
    if policy is None:
        return ()
    often = Counter(each.vehicle_class for each in known)
    ordinary = [each for each in policy.classes if not each.emergency]
    return tuple(sorted(ordinary, key=lambda each: -often[each.id]))[:USUAL]


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
