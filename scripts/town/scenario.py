"""Who comes to which gate of the demo town, and what must come of it: derived from a seed and the town's policy, nothing else.

Every gate sees the same kinds of vehicle in an order of its own: residents, village duty, supplies and medical cars in and
out, sample transport with priority, an ambulance without a pass, vehicles with no pass that are registered by hand, and one
of every pass that must be refused; some come close behind one another, or do something else than drive through. `expect` of a
vehicle is what the ledger has to say of it in the end, `alarm` which alarm must stand there.

In a town of three gates or more one has a clock that nobody set (`clockless`). The last gate's link is cut: then a copy of the
first gate's pass comes there, one that is revoked at that moment, and some whose verdict the gate's old lists make uncertain.
"""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from typing import Self

from edge.contract.facts import Outcome
from edge.contract.policy import Policy
from edge.contract.reasons import Direction, Reason
from edge.simulation.scenario import Vehicle
from scripts.town.comers import (
    REFUSED,
    Make,
    already_inside,
    ambulance,
    by_hand_in,
    by_hand_out,
    medical_in,
    medical_out,
    not_inside,
    other_plate,
    resident_in,
    resident_out,
    same_pass_twice,
    sample,
    supplies_out,
)
from scripts.town.manoeuvring import EARLY, KINDS, queue
from scripts.town.passes import Issued
from scripts.town.rounds import again, returning
from scripts.town.scene import Draft, Scene, by_number

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


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole demo: passes for the hub's books, and each gate's vehicles."""

    passes: tuple[Issued, ...]
    vehicles: dict[str, tuple[Vehicle, ...]]
    returning: dict[str, tuple[Vehicle, ...]]
    """Those of the second round, the fourth …; `again`: of the third, the fifth …"""
    again: dict[str, tuple[Vehicle, ...]]

    def without(self, texts: Container[str]) -> Self:
        """The same, but nobody comes with one of these passes."""

        def left(vehicles: dict[str, tuple[Vehicle, ...]]) -> dict[str, tuple[Vehicle, ...]]:
            return {gate: tuple(v for v in each if v.shows not in texts) for gate, each in vehicles.items()}

        return replace(self, vehicles=left(self.vehicles), returning=left(self.returning), again=left(self.again))


def plan(seed: int, policy: Policy) -> Plan:
    """What happens in a town with this policy under this seed. The same in, the same out."""
    books: list[Issued] = []
    orders: dict[str, list[Draft]] = {}
    scenes = {gate: Scene(seed, policy, gate, books) for gate in by_number(policy)}
    for place, (gate, scene) in enumerate(scenes.items()):
        orders[gate] = _order(place, scene)
    first, last = next(iter(orders)), list(orders)[-1]
    if first != last:
        orders[last] += _while_cut_off(scenes[last], orders[first])
    vehicles = {
        gate: tuple(scenes[gate].written(number, each) for number, each in enumerate(order, 1))
        for gate, order in orders.items()
    }
    return Plan(
        tuple(books),
        vehicles,
        {gate: returning(scenes[gate], each) for gate, each in vehicles.items()},
        {gate: again(scenes[gate], each) for gate, each in vehicles.items()},
    )


def _order(place: int, scene: Scene) -> list[Draft]:
    # what a newcomer must see comes early, and differs from gate to gate; what is refused is spread among what passes
    refused = _rotated(REFUSED, place * 3)
    fast = _rotated((sample, ambulance), place)
    valid = _rotated((medical_in, medical_out), place)
    telling = _rotated((same_pass_twice, already_inside, other_plate, not_inside), place)
    early = EARLY[place % len(EARLY)]
    head: list[Make] = [
        queue, refused[0], early[0], refused[1], telling[0], refused[2], valid[0], fast[0], early[1], by_hand_in,
    ]  # fmt: skip
    tail: list[Make] = [
        *telling[1:], *refused[3:], fast[1], valid[1], resident_out, supplies_out, by_hand_out, by_hand_out,
        *(each for each in KINDS if each not in early),
    ]  # fmt: skip
    scene.random.shuffle(tail)
    return [each for make in (*head, *tail) for each in _drafts(make(scene))]


def _drafts(made: Draft | Sequence[Draft] | None) -> Sequence[Draft]:
    return () if made is None else (made,) if isinstance(made, Draft) else made


def _while_cut_off(scene: Scene, elsewhere: Sequence[Draft]) -> list[Draft]:
    """A copy of a pass that was seen elsewhere, a pass that was revoked meanwhile, and then what old lists leave uncertain.

    The first two have priority: they go however old the lists are.
    """
    passed = (each for each in elsewhere if each.reason is Reason.PRIORITY and each.outcome is Outcome.PASSED)
    copied = replace(next(passed), when="cut_off", follows=False, close=False)
    ended = replace(sample(scene), direction=Direction.IN, when="cut_off")
    scene.books[-1] = replace(scene.books[-1], revoked_while_cut_off=True)
    doubtful = [replace(make(scene), reason=Reason.LISTS_STALE, officer="admit", when="stale") for make in _DOUBTED]
    return [copied, ended, *doubtful]


_DOUBTED: tuple[Callable[[Scene], Draft], ...] = (resident_in, medical_out)


def _rotated(items: Sequence[Make], by: int) -> list[Make]:
    by %= len(items)
    return [*items[by:], *items[:by]]
