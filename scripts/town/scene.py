"""One gate of the demo town while its vehicles are thought up: their drafts, their plates and passes.

Tested in `tests/scripts/test_scenario.py`.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from edge.contract import passes as contract_passes
from edge.contract.facts import Disinfection, Outcome, ReadBy
from edge.contract.policy import AntiPassback, Policy, VehicleClass
from edge.contract.reasons import Direction, Reason, verdict_of
from edge.simulation.manoeuvres import UNJUDGED, Manoeuvre
from edge.simulation.road import Body
from edge.simulation.scenario import Expect, Vehicle, When
from scripts.town.passes import END, START, Issued, Key, pass_id

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


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
    close: bool = False
    """True if the near loop is never free between the one before it and the vehicle."""
    body: Body = "car"
    manoeuvre: Manoeuvre = "through"
    alarm: str | None = None
    """The code of the alarm that must come of what it does."""


def by_number(policy: Policy) -> tuple[str, ...]:
    """The town's gates in the order in which they came; a signed policy has them by name."""
    return tuple(sorted(policy.gates, key=lambda gate: policy.gates[gate].number))


def clockless(gates: Sequence[str]) -> str | None:
    """The gate whose clock nobody set; none in a town of one or two."""
    return gates[-2] if len(gates) > 2 else None


def guarded(gates: Sequence[str]) -> str:
    """The gate with a third sensor under its arm."""
    return gates[0]


def gapped(gates: Sequence[str]) -> str | None:
    """The gate whose `times.gap` is as long as a drawbar takes; none in a town of one."""
    return gates[1] if len(gates) > 1 else None


class Scene:
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
        self.guarded = gate == guarded(by_number(policy))
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
            close=draft.close,
            body=draft.body,
            manoeuvre=draft.manoeuvre,
            alarm=draft.alarm,
            expect=None if draft.manoeuvre in UNJUDGED else self._expected(draft),
        )

    def _expected(self, draft: Draft) -> Expect:
        return Expect(
            verdict=verdict_of(draft.reason, draft.direction, soft=self.soft(draft.vehicle_class)),
            reason=draft.reason,
            read_by=draft.read_by,
            outcome=draft.outcome,
            plate=draft.plate if draft.known_plate else "",
        )
