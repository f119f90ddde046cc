"""What the vehicles of the demo did at the arm, as the scenario wrote it down itself, beside what the ledger says of each."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from edge.contract.alarms import PASSAGES
from edge.contract.facts import Kind, Outcome
from edge.contract.records import parse_wall
from scripts.town.summary import Arrival, Kept, Visit, of_arrivals, read_ledger, read_truth, visits_of


@dataclass(frozen=True, slots=True)
class Done:
    """A vehicle that came and went: its visits, and the alarms of passages that were raised for it."""

    arrival: Arrival
    visits: Sequence[Visit] = ()
    alarms: Sequence[str] = ()

    @property
    def outcome(self) -> str | None:
        """How its visit ended; None: it has none, or one that did not end."""
        return self.visits[-1].facts.get("outcome") if self.visits else None


Chosen = Callable[[Arrival], bool]
Holds = Callable[[Done], bool]


def _passed(done: Done) -> bool:
    return done.outcome == Outcome.PASSED


def _alarmed(done: Done) -> bool:
    return not done.visits and done.arrival.does["alarm"] in done.alarms


KINDS: Final[Mapping[str, tuple[Chosen, str, Holds]]] = {
    "close followers": (lambda each: bool(each.does["close"]) and each.result == "passed", "passed", _passed),
    "motorcycles": (lambda each: each.does["body"] == "motorcycle", "passed", _passed),
    "trucks with a trailer": (lambda each: each.does["body"] in ("trailer", "long_drawbar"), "passed", _passed),
    "rolled back, then through": (lambda each: each.does["manoeuvre"] == "roll_back", "passed", _passed),
    "backed off": (lambda each: each.result == "backed_off", "not passed", lambda done: not _passed(done)),
    "unclear to two loops": (
        lambda each: each.expect.get("outcome") == Outcome.UNCLEAR,
        "unclear",
        lambda done: done.outcome == Outcome.UNCLEAR,
    ),
    "tailgaters": (lambda each: each.result == "tailgated", "alarm", _alarmed),
    "through the closed arm": (lambda each: each.result == "forced", "alarm", _alarmed),
}
"""What is counted: which vehicles, what the ledger has to say of them, and whether it does."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Of each kind: how many vehicles there were, and of how many the ledger says so; and what is wrong."""

    there: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def text(self) -> str:
        """A line: each kind that came, and what the ledger says of it."""
        parts = [
            f"{name} {self.there[name]}: {word} {self.said[name]}"
            for name, (_, word, _) in KINDS.items()
            if self.there[name]
        ]
        return "by the scenario's own truth, and in the ledger: " + ("; ".join(parts) or "nothing but single vehicles")


def count(gates: Mapping[str, Path], database: Path) -> Counts:
    """Counts what vehicles did in the whole town; `gates` maps each to its folder."""
    counts, ledger = Counts(), read_ledger(database)
    for gate, folder in gates.items():
        its = [entry for entry in ledger if entry.gate == gate]
        add(counts, gate, done_by(read_truth(folder), visits_of(its), passages_of(its)))
    return counts


def passages_of(records: Iterable[Kept]) -> list[tuple[datetime, str]]:
    """The alarms of what vehicles did, and when each was raised."""
    read = [json.loads(kept.raw) for kept in records]
    raised = [record for record in read if record["kind"] == Kind.ALARM_RAISED and record["body"]["alarm"] in PASSAGES]
    return [(parse_wall(record["at"]["wall"]), record["body"]["alarm"]) for record in raised]


def done_by(arrivals: Sequence[Arrival], visits: Sequence[Visit], alarms: Sequence[tuple[datetime, str]]) -> list[Done]:
    """Every vehicle that came and went, with what was recorded while it was the last that had come."""
    its_visits, _ = of_arrivals(arrivals, [(visit.opened, visit) for visit in visits])
    its_alarms, _ = of_arrivals(arrivals, alarms)
    every = zip(arrivals, its_visits, its_alarms, strict=True)
    return [Done(*each) for each in every if each[0].result is not None]


def add(counts: Counts, gate: str, every: Sequence[Done]) -> None:
    """Adds the vehicles of a gate, and where the ledger says otherwise than they did."""
    for done in every:
        counts.faults.extend(f"{gate}: {done.arrival.name}: {fault}" for fault in faults_of(done))
        for name, (chosen, _, holds) in KINDS.items():
            if chosen(done.arrival):
                counts.there[name] += 1
                counts.said[name] += holds(done)


def faults_of(done: Done) -> list[str]:
    """Where the ledger says otherwise than a vehicle did, whatever was expected of its verdict."""
    result, expected = done.arrival.result, done.arrival.does["alarm"]
    faults: list[str] = []
    if result != "passed" and _passed(done):
        faults.append(f"passed in the ledger, and in truth {result}")
    if result == "passed" and not _passed(done):
        faults.append(f"passed, and in the ledger {done.outcome or 'without an end'}")
    if list(done.alarms) != ([expected] if expected else []):
        faults.append(f"alarms {', '.join(done.alarms) or 'none'}, expected {expected or 'none'} ({result})")
    return faults
