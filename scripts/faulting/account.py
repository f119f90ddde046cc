"""What a campaign did and found, and its table."""

import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from scripts.faulting.checker import Evidence, Findings, check
from scripts.faulting.gates import lines
from scripts.faulting.world import StuckError, World

SHOWN = 50
"""Lines of faults that are printed."""


@dataclass
class Account:
    """Faults by name, how often and how long; what was counted besides; the checks of the four invariants."""

    done: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    checks: int = 0
    slowest: float = 0.0
    last: Findings = field(default_factory=Findings)
    faults: list[str] = field(default_factory=list)

    def did(self, name: str, seconds: float) -> None:
        """One more fault of this name."""
        self.done[name] += 1
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds

    def count(self, figure: str, number: float) -> None:
        """Adds to a figure of the table."""
        self.figures[figure] = self.figures.get(figure, 0) + number


def settle_and_check(world: World, told: Account) -> None:
    """Waits until everything is acknowledged, checks the invariants, and lets vehicles come again."""
    took = world.settle()
    told.slowest = max(told.slowest, took)
    look(world, told)
    done = f"{told.done.total()} faults of {len(told.done)} kinds"
    print(f"scripts/faults: {done}, drained in {took:.1f} s, {told.last.entries} entries", file=sys.stderr)
    world.go_on()


def evidence(world: World) -> Evidence:
    """Everything that the checker looks at."""
    journals = [path for gate in world.gates for path in (gate.journal, *gate.archive, *gate.copies)]
    copies = [path for gate in world.gates for path in gate.copies]
    crossings = {gate.name: lines(gate.truth) for gate in world.gates}
    return Evidence(world.hub_database, journals, crossings, copies)


def look(world: World, told: Account) -> None:
    """Checks the invariants as everything stands."""
    told.last = check(evidence(world))
    told.checks += 1
    told.faults += told.last.faults


def end(world: World, told: Account) -> None:
    """After the last check: the hub's own word on its ledger, and what had ended by itself."""
    _count_ended(world, told)
    if not told.faults and (verified := world.hub("verify")).returncode != 0:
        told.faults.append(f"kakou-hub verify: {verified.stderr.strip()}")


def stuck(world: World, told: Account, error: StuckError) -> None:
    """A town that does not come to rest is a fault; what is missing is named, as far as the files can be read."""
    told.faults.append(str(error))
    _count_ended(world, told)
    with suppress(OSError):
        look(world, told)


def _count_ended(world: World, told: Account) -> None:
    for name, times in world.ended.items():
        told.count(f"times that a {name} ended by itself and was started again", times)


def report(told: Account, title: str, seconds: float) -> None:
    """The table."""
    print(f"| fault ({title}) | times | seconds each |\n|---|---|---|")
    for name, times in sorted(told.done.items()):
        print(f"| {name} | {times} | {told.seconds[name] / times:.1f} |")
    if told.figures:
        print("\n| counted | |\n|---|---|")
        for name, number in told.figures.items():
            print(f"| {name} | {number:,.{0 if number == int(number) else 1}f} |")
    last = told.last
    print(
        f"\n{told.done.total()} faults of {len(told.done)} kinds in {seconds:.0f} s; {told.checks} checks; "
        f"slowest drain {told.slowest:.1f} s\n"
        f"{last.crossings} crossings, {last.records} records in journals, {last.entries} entries, "
        f"{last.quarantined} in quarantine"
    )
    if not told.faults:
        print("nothing was lost, nothing doubled, nothing invented")
    for fault in told.faults[:SHOWN]:
        print(f"FAULT: {fault}")
    if len(told.faults) > SHOWN:
        print(f"… and {len(told.faults) - SHOWN} more")
