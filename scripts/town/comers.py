"""The vehicles of the demo that do nothing but come, be judged, and pass or turn back.

Tested in `tests/scripts/test_scenario.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from edge.contract.facts import Outcome, ReadBy
from edge.contract.reasons import Direction, Reason
from edge.simulation.scenario import When
from scripts.town.passes import FAR_AHEAD, LONG_AGO
from scripts.town.scene import Draft, Scene, by_number

SAME_PASS_GAP = 2.5
"""Seconds before the same pass comes again: longer than the scanner takes two readings for one."""

# what waits for what, by hand: (origin, destination, purpose, driver, phone)
VISITORS = (
    ("青岛市", "东坡村", "探亲", "王磊", "13800000001"),
    ("莱西市", "镇卫生院", "送药", "李娜", "13800000002"),
    ("平度市", "蔬菜批发站", "送菜", "张强", "13800000003"),
    ("烟台市", "镇政府", "公务", "刘洋", "13800000004"),
    ("潍坊市", "西河村", "维修供电线路", "陈静", "13800000005"),
)
VISITOR_FIELDS = ("origin", "destination", "purpose", "driver", "phone")


Make = Callable[[Scene], Draft | Sequence[Draft] | None]
"""What thinks up one vehicle, some that belong together, or none where the town has no occasion for it."""
ONLY_WHILE_FRESH = frozenset({Reason.OK, Reason.EXIT_OK, Reason.DISINFECTION_DUE})
"""Old lists come before these."""


# --- vehicles that pass -----------------------------------------------------------------------------------------------------


def with_pass(scene: Scene, class_id: str, direction: Direction) -> Draft:
    plate = scene.plate()
    issued = scene.issue(plate, class_id)
    reason = scene.judged(class_id, direction)
    when: When = "fresh" if reason in ONLY_WHILE_FRESH else "any"
    draft = Draft(plate, class_id, direction, reason, Outcome.PASSED, shows=issued.text, when=when)
    return replace(draft, officer="admit") if reason is Reason.NOT_INSIDE else draft


def resident_in(scene: Scene) -> Draft:
    return with_pass(scene, "resident", Direction.IN)


def resident_out(scene: Scene) -> Draft:
    return with_pass(scene, "resident", Direction.OUT)


def not_inside(scene: Scene) -> Draft:
    return with_pass(scene, "village_duty", Direction.OUT)


def supplies_in(scene: Scene) -> Draft:
    return with_pass(scene, "supplies", Direction.IN)


def supplies_out(scene: Scene) -> Draft:
    return with_pass(scene, "supplies", Direction.OUT)


def medical_in(scene: Scene) -> Draft:
    return with_pass(scene, "medical", Direction.IN)


def medical_out(scene: Scene) -> Draft:
    return with_pass(scene, "medical", Direction.OUT)


def sample(scene: Scene) -> Draft:
    return with_pass(scene, "sample_transport", scene.random.choice((Direction.IN, Direction.OUT)))


def ambulance(scene: Scene) -> Draft:
    draft = Draft(scene.plate(), "emergency", Direction.IN, Reason.EMERGENCY, Outcome.PASSED)
    return replace(draft, read_by=ReadBy.EMERGENCY, officer="emergency")


def _by_hand(scene: Scene, direction: Direction) -> Draft:
    values = dict(zip(VISITOR_FIELDS, scene.random.choice(VISITORS), strict=True))
    fields = {name: values[name] for name in scene.policy.asked if name in values}
    draft = Draft(scene.plate(), "visitor", direction, Reason.NO_PASS, Outcome.PASSED, fields=fields)
    return replace(draft, read_by=ReadBy.HAND, officer="register")


def by_hand_in(scene: Scene) -> Draft:
    return _by_hand(scene, Direction.IN)


def by_hand_out(scene: Scene) -> Draft:
    return _by_hand(scene, Direction.OUT)


def same_pass_twice(scene: Scene) -> list[Draft]:
    first = with_pass(scene, "village_duty", Direction.IN)
    again = replace(first, reason=Reason.DUPLICATE_READ, officer="admit", gap=SAME_PASS_GAP, when="any", follows=True)
    return [first, again]


def already_inside(scene: Scene) -> list[Draft]:
    """A vehicle is registered by hand; then another one comes with the pass that is bound to its plate."""
    class_id = ("supplies", "transit")[by_number(scene.policy).index(scene.gate) % 2]
    first = by_hand_in(scene)
    issued = scene.issue(first.plate, class_id)
    copy = _refused(Reason.ALREADY_INSIDE, issued.text, first.plate, class_id, known=True)
    return [first, replace(copy, follows=True)]


# --- vehicles that are refused ----------------------------------------------------------------------------------------------


def _refused(reason: Reason, shows: str, plate: str, class_id: str, *, known: bool) -> Draft:
    draft = Draft(plate, class_id, Direction.IN, reason, Outcome.TURNED_BACK, shows=shows, known_plate=known)
    return replace(draft, officer="turn_back")


def _forged(scene: Scene) -> Draft:
    plate = scene.plate()
    text = scene.forge(plate, "resident", scene.key.kid)
    return _refused(Reason.BAD_SIGNATURE, text, plate, "resident", known=False)


def _unknown_key(scene: Scene) -> Draft:
    plate = scene.plate()
    text = scene.forge(plate, "supplies", scene.stranger.kid)
    return _refused(Reason.UNKNOWN_KEY, text, plate, "supplies", known=False)


def _truncated(scene: Scene) -> Draft:
    plate = scene.plate()
    text = scene.issue(plate, "resident").text
    return _refused(Reason.BAD_FORMAT, text[: len(text) * 2 // 3], plate, "resident", known=False)


def _web_address(scene: Scene) -> Draft:
    text = f"https://weather.example/lookup?place={scene.random.randrange(10**6)}"
    return _refused(Reason.NOT_A_PASS, text, scene.plate(), "visitor", known=False)


def _expired(scene: Scene) -> Draft:
    plate = scene.plate()
    start, end = LONG_AGO
    issued = scene.issue(plate, "resident", not_before=int(start.timestamp()), expires=int(end.timestamp()))
    return _untimely(scene, _refused(Reason.EXPIRED, issued.text, plate, "resident", known=True))


def _not_yet_valid(scene: Scene) -> Draft:
    plate = scene.plate()
    start, end = FAR_AHEAD
    issued = scene.issue(plate, "village_duty", not_before=int(start.timestamp()), expires=int(end.timestamp()))
    return _untimely(scene, _refused(Reason.NOT_YET_VALID, issued.text, plate, "village_duty", known=True))


def _untimely(scene: Scene, draft: Draft) -> Draft:
    # a clock that nobody set stops nobody: the officer looks at the dates
    if not scene.clockless:
        return draft
    return replace(draft, reason=Reason.CLOCK_UNTRUSTED, outcome=Outcome.PASSED, officer="admit")


def other_plate(scene: Scene) -> Draft:
    """A good pass on a vehicle that it is not bound to."""
    plate = scene.plate()
    issued = scene.issue(plate, "resident")
    draft = _refused(Reason.PLATE_MISMATCH, issued.text, plate, "resident", known=True)
    return replace(draft, seen=scene.plate(), officer="mismatch")


def _revoked(scene: Scene) -> Draft:
    plate = scene.plate()
    issued = scene.issue(plate, "supplies")
    scene.books[-1] = replace(issued, revoked=True)
    return _refused(Reason.REVOKED, issued.text, plate, "supplies", known=True)


def _blocked(scene: Scene) -> Draft:
    plate = scene.plate()
    issued = scene.issue(plate, "resident")
    scene.books[-1] = replace(issued, blocked=True)
    return _refused(Reason.BLOCKED, issued.text, plate, "resident", known=True)


def _watched(scene: Scene) -> Draft:
    plate = scene.plate()
    issued = scene.issue(plate, "supplies")
    scene.books[-1] = replace(issued, watched=True)
    return _refused(Reason.WATCH_LIST, issued.text, plate, "supplies", known=True)


def _wrong_gate(scene: Scene) -> Draft | None:
    others = [gate.number for id_, gate in scene.policy.gates.items() if id_ != scene.gate]
    if not others:
        return None
    plate = scene.plate()
    issued = scene.issue(plate, "village_duty", gates=1 << others[0])
    return _refused(Reason.WRONG_GATE, issued.text, plate, "village_duty", known=True)


def _wrong_class(scene: Scene) -> Draft | None:
    # needs a class that the operation keeps from this gate; a gate that takes every class sees none
    barred = [each for each in scene.policy.classes if each.gates is not None and scene.gate not in each.gates]
    if not barred:
        return None
    plate = scene.plate()
    issued = scene.issue(plate, barred[0].id)
    return _refused(Reason.WRONG_CLASS, issued.text, plate, barred[0].id, known=True)


REFUSED: tuple[Make, ...] = (
    _forged, _web_address, _wrong_gate, _expired, _unknown_key, _wrong_class, _revoked, _truncated, _not_yet_valid,
    _blocked, _watched, _not_yet_valid,
)  # fmt: skip
