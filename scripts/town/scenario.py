"""Who comes to which gate of the demo town, and what must come of it: derived from a seed and the town's policy, nothing else.

Every gate sees the same kinds of vehicle in an order of its own: residents, village duty, supplies and medical cars in and
out, sample transport with priority, an ambulance without a pass, vehicles with no pass that are registered by hand, and one
of every pass that must be refused. `expect` of a vehicle is what the ledger has to say of it in the end.

In a town of three gates or more one has a clock that nobody set (`clockless`). The last gate's link is cut: then a copy of the
first gate's pass comes there, one that is revoked at that moment, and some whose verdict the gate's old lists make uncertain.
"""

import random
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from edge.contract import passes as contract_passes
from edge.contract.facts import Disinfection, Outcome, ReadBy
from edge.contract.policy import AntiPassback, Policy, VehicleClass
from edge.contract.reasons import Direction, Reason, verdict_of
from edge.simulation.scenario import Expect, Vehicle, When
from scripts.town.passes import END, FAR_AHEAD, LONG_AGO, START, Issued, Key, pass_id

GATE_NAMES = {
    "east": ("东卡口", "East gate"),
    "south": ("南卡口", "South gate"),
    "west": ("西卡口", "West gate"),
    "north": ("北卡口", "North gate"),
    "northeast": ("东北卡口", "Northeast gate"),
    "southeast": ("东南卡口", "Southeast gate"),
    "southwest": ("西南卡口", "Southwest gate"),
    "northwest": ("西北卡口", "Northwest gate"),
}
"""The exits a demo town can have, in the order in which `--gates` takes them."""

SAME_PASS_GAP = 2.5
"""Seconds before the same pass comes again: longer than the scanner takes two readings for one."""
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"

# what waits for what, by hand: (origin, destination, purpose, driver, phone)
VISITORS = (
    ("青岛市", "东坡村", "探亲", "王磊", "13800000001"),
    ("莱西市", "镇卫生院", "送药", "李娜", "13800000002"),
    ("平度市", "蔬菜批发站", "送菜", "张强", "13800000003"),
    ("烟台市", "镇政府", "公务", "刘洋", "13800000004"),
    ("潍坊市", "西河村", "维修供电线路", "陈静", "13800000005"),
)
VISITOR_FIELDS = ("origin", "destination", "purpose", "driver", "phone")


@dataclass(frozen=True, slots=True)
class Draft:
    """A vehicle before it is written down: what it shows and does, and the reason it must be judged with."""

    plate: str
    vehicle_class: str
    direction: Direction
    reason: Reason
    outcome: Outcome
    read_by: ReadBy = ReadBy.QR
    shows: str | None = None
    known_plate: bool = True
    """True if the ledger can know the plate: nothing of an unsigned pass is believed."""
    officer: Literal["none", "register", "turn_back", "admit", "mismatch", "emergency"] = "none"
    seen: str | None = None
    """Another plate than the pass says, on the vehicle itself."""
    when: When = "any"
    gap: float = 0.6
    fields: dict[str, str] = field(default_factory=dict)
    follows: bool = False
    """True if the vehicle must come right behind the one before it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole demo: passes for the hub's books, and each gate's vehicles."""

    passes: tuple[Issued, ...]
    vehicles: dict[str, tuple[Vehicle, ...]]

    def without(self, texts: Container[str]) -> Self:
        """The same, but nobody comes with one of these passes."""
        left = {gate: tuple(v for v in each if v.shows not in texts) for gate, each in self.vehicles.items()}
        return replace(self, vehicles=left)


def by_number(policy: Policy) -> tuple[str, ...]:
    """The town's gates in the order in which they came; a signed policy has them by name."""
    return tuple(sorted(policy.gates, key=lambda gate: policy.gates[gate].number))


def clockless(gates: Sequence[str]) -> str | None:
    """The gate whose clock nobody set; none in a town of one or two."""
    return gates[-2] if len(gates) > 2 else None


def plan(seed: int, policy: Policy) -> Plan:
    """What happens in a town with this policy under this seed. The same in, the same out."""
    books: list[Issued] = []
    orders: dict[str, list[Draft]] = {}
    scenes = {gate: _Scene(seed, policy, gate, books) for gate in by_number(policy)}
    for place, (gate, scene) in enumerate(scenes.items()):
        orders[gate] = _order(place, scene)
    first, last = next(iter(orders)), list(orders)[-1]
    if first != last:
        orders[last] += _while_cut_off(scenes[last], orders[first])
    vehicles = {
        gate: tuple(scenes[gate].written(number, each) for number, each in enumerate(order, 1))
        for gate, order in orders.items()
    }
    return Plan(tuple(books), vehicles)


def _order(place: int, scene: "_Scene") -> list[Draft]:
    # what a newcomer must see comes early, and differs from gate to gate; what is refused is spread among what passes
    refused = _rotated(REFUSED, place * 3)
    fast = _rotated((_sample, _ambulance), place)
    valid = _rotated((_medical_in, _medical_out), place)
    telling = _rotated((_same_pass_twice, _already_inside, _other_plate, _not_inside), place)
    head: list[Make] = [
        _resident_in, _by_hand_in, refused[0], valid[0], fast[0], refused[1], telling[0], refused[2], _by_hand_in,
    ]  # fmt: skip
    tail: list[Make] = [
        *telling[1:], *refused[3:], fast[1], valid[1], _resident_out, _supplies_in, _supplies_out, _by_hand_out,
        _by_hand_out,
    ]  # fmt: skip
    scene.random.shuffle(tail)
    return [each for make in (*head, *tail) for each in _drafts(make(scene))]


def _drafts(made: "Draft | Sequence[Draft] | None") -> Sequence[Draft]:
    return () if made is None else (made,) if isinstance(made, Draft) else made


Make = Callable[["_Scene"], Draft | Sequence[Draft] | None]
"""What thinks up one vehicle, some that belong together, or none where the town has no occasion for it."""


class _Scene:
    """One gate while its vehicles are thought up: draws plates, signs passes and notes them in the town's books."""

    def __init__(self, seed: int, policy: Policy, gate: str, books: list[Issued]) -> None:
        self.seed = seed
        self.policy = policy
        self.gate = gate
        self.books = books
        self.random = random.Random(f"{seed}:{gate}")
        self.key = Key.from_seed(seed, "town")
        self.stranger = Key.from_seed(seed, "stranger")
        self.clockless = gate == clockless(by_number(policy))
        self._count = 0

    def plate(self) -> str:
        """A plate of the area, now and then a new-energy one."""
        digits = "".join(self.random.choices("0123456789", k=4))
        if self.random.random() < 0.2:
            return f"鲁{self.random.choice('BU')}D{self.random.choice('0123456789')}{digits}"
        return f"鲁{self.random.choice('BU')}{self.random.choice(LETTERS)}{digits}"

    def class_(self, id_: str) -> VehicleClass:
        """A class of the policy; `ValueError` if the operation has none of that id."""
        found = self.policy.class_named(id_)
        if found is None:
            raise ValueError(f"operation.toml: the demo needs a class {id_!r}; there is none")
        return found

    def issue(self, plate: str, class_id: str, **changes: Any) -> Issued:
        """A pass signed with the town's key and noted in its books; `changes` are fields of the pass."""
        issued = self._write(plate, class_id, self.key, self.key.kid, **changes)
        self.books.append(issued)
        return issued

    def forge(self, plate: str, class_id: str, kid: bytes) -> str:
        """The text of a pass that somebody else signed."""
        return self._write(plate, class_id, self.stranger, kid).text

    def _write(self, plate: str, class_id: str, key: Key, kid: bytes, **changes: Any) -> Issued:
        self._count += 1
        class_ = self.class_(class_id)
        times = {"not_before": int(START.timestamp()), "expires": int(END.timestamp())}
        gates, priority = changes.pop("gates", None), changes.pop("priority", class_.priority)
        id_ = pass_id(self.seed, f"{self.gate}:{self._count}")
        pass_ = contract_passes.Pass(id_, plate, class_.number, gates, priority, **(times | changes))
        return Issued(pass_, contract_passes.write(pass_, kid, key.private), class_id)

    def judged(self, class_id: str, direction: Direction) -> Reason:
        """The reason a valid pass of this class is judged with."""
        class_ = self.class_(class_id)
        if class_.priority:
            return Reason.PRIORITY
        if direction is Direction.OUT and class_.anti_passback is not AntiPassback.OFF:
            # whoever drives out with a pass here never drove in
            return Reason.NOT_INSIDE
        if class_.disinfection is Disinfection.REQUIRED:
            return Reason.DISINFECTION_DUE
        return Reason.OK if direction is Direction.IN else Reason.EXIT_OK

    def soft(self, class_id: str) -> bool:
        """Returns True if a copy of this class is looked at, not stopped."""
        return self.class_(class_id).anti_passback is AntiPassback.SOFT

    def written(self, number: int, draft: Draft) -> Vehicle:
        """The vehicle as `scenario.json` has it."""
        return Vehicle(
            id=f"{self.gate}-{number:03d}",
            plate=draft.seen or draft.plate,
            vehicle_class=draft.vehicle_class,
            direction=draft.direction,
            shows=draft.shows,
            medium="none" if draft.shows is None else self.random.choice(("card", "card", "phone")),
            night=self.random.random() < 0.3,
            gap=draft.gap,
            officer=draft.officer,
            fields=draft.fields,
            when=draft.when,
            follows=draft.follows,
            expect=Expect(
                verdict=verdict_of(draft.reason, draft.direction, soft=self.soft(draft.vehicle_class)),
                reason=draft.reason,
                read_by=draft.read_by,
                outcome=draft.outcome,
                plate=draft.plate if draft.known_plate else "",
            ),
        )


ONLY_WHILE_FRESH = frozenset({Reason.OK, Reason.EXIT_OK, Reason.DISINFECTION_DUE})
"""Old lists come before these."""


# --- vehicles that pass -----------------------------------------------------------------------------------------------------


def _with_pass(scene: _Scene, class_id: str, direction: Direction) -> Draft:
    plate = scene.plate()
    issued = scene.issue(plate, class_id)
    reason = scene.judged(class_id, direction)
    when: When = "fresh" if reason in ONLY_WHILE_FRESH else "any"
    draft = Draft(plate, class_id, direction, reason, Outcome.PASSED, shows=issued.text, when=when)
    return replace(draft, officer="admit") if reason is Reason.NOT_INSIDE else draft


def _resident_in(scene: _Scene) -> Draft:
    return _with_pass(scene, "resident", Direction.IN)


def _resident_out(scene: _Scene) -> Draft:
    return _with_pass(scene, "resident", Direction.OUT)


def _not_inside(scene: _Scene) -> Draft:
    return _with_pass(scene, "village_duty", Direction.OUT)


def _supplies_in(scene: _Scene) -> Draft:
    return _with_pass(scene, "supplies", Direction.IN)


def _supplies_out(scene: _Scene) -> Draft:
    return _with_pass(scene, "supplies", Direction.OUT)


def _medical_in(scene: _Scene) -> Draft:
    return _with_pass(scene, "medical", Direction.IN)


def _medical_out(scene: _Scene) -> Draft:
    return _with_pass(scene, "medical", Direction.OUT)


def _sample(scene: _Scene) -> Draft:
    return _with_pass(scene, "sample_transport", scene.random.choice((Direction.IN, Direction.OUT)))


def _ambulance(scene: _Scene) -> Draft:
    draft = Draft(scene.plate(), "emergency", Direction.IN, Reason.EMERGENCY, Outcome.PASSED)
    return replace(draft, read_by=ReadBy.EMERGENCY, officer="emergency")


def _by_hand(scene: _Scene, direction: Direction) -> Draft:
    values = dict(zip(VISITOR_FIELDS, scene.random.choice(VISITORS), strict=True))
    fields = {name: values[name] for name in scene.policy.asked if name in values}
    draft = Draft(scene.plate(), "visitor", direction, Reason.NO_PASS, Outcome.PASSED, fields=fields)
    return replace(draft, read_by=ReadBy.HAND, officer="register")


def _by_hand_in(scene: _Scene) -> Draft:
    return _by_hand(scene, Direction.IN)


def _by_hand_out(scene: _Scene) -> Draft:
    return _by_hand(scene, Direction.OUT)


def _same_pass_twice(scene: _Scene) -> list[Draft]:
    first = _with_pass(scene, "village_duty", Direction.IN)
    again = replace(first, reason=Reason.DUPLICATE_READ, officer="admit", gap=SAME_PASS_GAP, when="any", follows=True)
    return [first, again]


def _already_inside(scene: _Scene) -> list[Draft]:
    """A vehicle is registered by hand; then another one comes with the pass that is bound to its plate."""
    class_id = ("supplies", "transit")[by_number(scene.policy).index(scene.gate) % 2]
    first = _by_hand_in(scene)
    issued = scene.issue(first.plate, class_id)
    copy = _refused(Reason.ALREADY_INSIDE, issued.text, first.plate, class_id, known=True)
    return [first, replace(copy, follows=True)]


# --- while the link is cut --------------------------------------------------------------------------------------------------


def _while_cut_off(scene: _Scene, elsewhere: Sequence[Draft]) -> list[Draft]:
    """A copy of a pass that was seen elsewhere, a pass that was revoked meanwhile, and then what old lists leave uncertain.

    The first two have priority: they go however old the lists are.
    """
    sampled = next(each for each in elsewhere if each.reason is Reason.PRIORITY)
    copied = replace(sampled, when="cut_off")
    ended = replace(_sample(scene), direction=Direction.IN, when="cut_off")
    scene.books[-1] = replace(scene.books[-1], revoked_while_cut_off=True)
    doubtful = [replace(make(scene), reason=Reason.LISTS_STALE, officer="admit", when="stale") for make in _DOUBTED]
    return [copied, ended, *doubtful]


_DOUBTED: tuple[Callable[[_Scene], Draft], ...] = (_resident_in, _medical_out)


# --- vehicles that are refused ----------------------------------------------------------------------------------------------


def _refused(reason: Reason, shows: str, plate: str, class_id: str, *, known: bool) -> Draft:
    draft = Draft(plate, class_id, Direction.IN, reason, Outcome.TURNED_BACK, shows=shows, known_plate=known)
    return replace(draft, officer="turn_back")


def _forged(scene: _Scene) -> Draft:
    plate = scene.plate()
    text = scene.forge(plate, "resident", scene.key.kid)
    return _refused(Reason.BAD_SIGNATURE, text, plate, "resident", known=False)


def _unknown_key(scene: _Scene) -> Draft:
    plate = scene.plate()
    text = scene.forge(plate, "supplies", scene.stranger.kid)
    return _refused(Reason.UNKNOWN_KEY, text, plate, "supplies", known=False)


def _truncated(scene: _Scene) -> Draft:
    plate = scene.plate()
    text = scene.issue(plate, "resident").text
    return _refused(Reason.BAD_FORMAT, text[: len(text) * 2 // 3], plate, "resident", known=False)


def _web_address(scene: _Scene) -> Draft:
    text = f"https://weather.example/lookup?place={scene.random.randrange(10**6)}"
    return _refused(Reason.NOT_A_PASS, text, scene.plate(), "visitor", known=False)


def _expired(scene: _Scene) -> Draft:
    plate = scene.plate()
    start, end = LONG_AGO
    issued = scene.issue(plate, "resident", not_before=int(start.timestamp()), expires=int(end.timestamp()))
    return _untimely(scene, _refused(Reason.EXPIRED, issued.text, plate, "resident", known=True))


def _not_yet_valid(scene: _Scene) -> Draft:
    plate = scene.plate()
    start, end = FAR_AHEAD
    issued = scene.issue(plate, "village_duty", not_before=int(start.timestamp()), expires=int(end.timestamp()))
    return _untimely(scene, _refused(Reason.NOT_YET_VALID, issued.text, plate, "village_duty", known=True))


def _untimely(scene: _Scene, draft: Draft) -> Draft:
    # a clock that nobody set stops nobody: the officer looks at the dates
    if not scene.clockless:
        return draft
    return replace(draft, reason=Reason.CLOCK_UNTRUSTED, outcome=Outcome.PASSED, officer="admit")


def _other_plate(scene: _Scene) -> Draft:
    """A good pass on a vehicle that it is not bound to."""
    plate = scene.plate()
    issued = scene.issue(plate, "resident")
    draft = _refused(Reason.PLATE_MISMATCH, issued.text, plate, "resident", known=True)
    return replace(draft, seen=scene.plate(), officer="mismatch")


def _revoked(scene: _Scene) -> Draft:
    plate = scene.plate()
    issued = scene.issue(plate, "supplies")
    scene.books[-1] = replace(issued, revoked=True)
    return _refused(Reason.REVOKED, issued.text, plate, "supplies", known=True)


def _blocked(scene: _Scene) -> Draft:
    plate = scene.plate()
    issued = scene.issue(plate, "resident")
    scene.books[-1] = replace(issued, blocked=True)
    return _refused(Reason.BLOCKED, issued.text, plate, "resident", known=True)


def _watched(scene: _Scene) -> Draft:
    plate = scene.plate()
    issued = scene.issue(plate, "supplies")
    scene.books[-1] = replace(issued, watched=True)
    return _refused(Reason.WATCH_LIST, issued.text, plate, "supplies", known=True)


def _wrong_gate(scene: _Scene) -> Draft | None:
    others = [gate.number for id_, gate in scene.policy.gates.items() if id_ != scene.gate]
    if not others:
        return None
    plate = scene.plate()
    issued = scene.issue(plate, "village_duty", gates=1 << others[0])
    return _refused(Reason.WRONG_GATE, issued.text, plate, "village_duty", known=True)


def _wrong_class(scene: _Scene) -> Draft | None:
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


def _rotated(items: Sequence[Make], by: int) -> list[Make]:
    by %= len(items)
    return [*items[by:], *items[:by]]
