"""Runs a campaign: faults drawn from a seed against a whole town, a check of the four invariants after each handful.

scripts/faults --minutes 20 --seed 1          0 if nothing was lost, doubled or invented, 1 with every fault named
scripts/faults --minutes 1 --control          gates that open before they have written: a campaign must find it (1)
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts.faulting.checker import Findings, check
from scripts.faulting.kinds import COSTLY, KINDS, NEED_A_SMALL_DISK, QUICK
from scripts.faulting.world import StuckError, World

SETTLE_EVERY = 30
"""Faults between two checks."""
CONTROL = ("gate killed at outbox.inserted",)


@dataclass
class Told:
    """What a campaign did and found."""

    done: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    checks: int = 0
    slowest: float = 0.0
    last: Findings = field(default_factory=Findings)
    faults: list[str] = field(default_factory=list)


def parser() -> argparse.ArgumentParser:
    """The command line of `scripts/faults`."""
    made = argparse.ArgumentParser(
        prog="scripts/faults",
        description="Kills, cuts, fills, clones and restores a whole town, and counts its records.",
    )
    made.add_argument("--minutes", type=float, default=2.0, metavar="N", help="how long (default: %(default)s)")
    made.add_argument("--seed", type=int, default=1, metavar="S", help="which faults (default: %(default)s)")
    made.add_argument("--gates", type=int, default=4, metavar="N", help="default: %(default)s")
    made.add_argument("--rate", type=float, default=10.0, help="vehicles a second at each gate (default: %(default)s)")
    made.add_argument("--kinds", metavar="TEXT", help="only kinds whose name holds this text")
    made.add_argument("--keep", type=Path, metavar="DIR", help="a new folder for everything, which then stays")
    made.add_argument("--control", action="store_true", help="careless gates: the campaign must fail")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one campaign and prints its table."""
    chosen = parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="kakou-faults-") as name:
        folder = chosen.keep or Path(name)
        if chosen.keep is not None:
            folder.mkdir(parents=True)
        folder.chmod(0o711)
        began = time.monotonic()
        with World(folder, gates=chosen.gates, rate=chosen.rate, control=chosen.control) as world:
            told = run(world, chosen)
        report(told, chosen, time.monotonic() - began)
    return 1 if told.faults else 0


def kinds_for(world: World, chosen: argparse.Namespace) -> list[str]:
    """The kinds that this machine can do, the costly ones drawn less often."""
    names = list(CONTROL) if chosen.control else [name for name in KINDS if (chosen.kinds or "") in name]
    if not world.small_disks:
        for name in sorted(NEED_A_SMALL_DISK & set(names)):
            print(f"not run: {name}: needs root and tmpfs", flush=True)
        names = [name for name in names if name not in NEED_A_SMALL_DISK]
    return names


def run(world: World, chosen: argparse.Namespace) -> Told:
    """Faults until the time is up, then a last check."""
    chance, told = random.Random(chosen.seed), Told()  # noqa: S311  # the same faults again, not a secret
    names = kinds_for(world, chosen)
    until = time.monotonic() + chosen.minutes * 60
    waiting: list[str] = []
    try:
        world.settle()
        world.make_backup()
        world.go_on()
        while time.monotonic() < until and not told.faults:
            if not waiting:
                # every kind comes once a round, the others more often
                waiting = [name for name in names for _ in range(1 if name in COSTLY else 8 if name in QUICK else 3)]
                chance.shuffle(waiting)
            _one(world, waiting.pop(), chance, told)
            if sum(told.done.values()) % SETTLE_EVERY == 0:
                _check(world, told)
        if not told.faults:
            _check(world, told)
        if not told.faults and (verified := world.hub("verify")).returncode != 0:
            told.faults.append(f"kakou-hub verify: {verified.stderr.strip()}")
    except StuckError as error:
        told.faults.append(str(error))
    return told


def _one(world: World, name: str, chance: random.Random, told: Told) -> None:
    began = time.monotonic()
    KINDS[name](world, chance)
    told.done[name] += 1
    told.seconds[name] += time.monotonic() - began  # type: ignore[assignment]  # seconds, summed
    time.sleep(chance.uniform(0, 0.3))


def _check(world: World, told: Told) -> None:
    told.slowest = max(told.slowest, world.settle())
    told.last = check(world.evidence())
    told.checks += 1
    told.faults += told.last.faults
    world.go_on()


def report(told: Told, chosen: argparse.Namespace, seconds: float) -> None:
    """The table."""
    print(f"| fault (seed {chosen.seed}) | times | seconds each |\n|---|---|---|")
    for name, times in sorted(told.done.items()):
        print(f"| {name} | {times} | {told.seconds[name] / times:.1f} |")
    last = told.last
    print(
        f"\n{sum(told.done.values())} faults of {len(told.done)} kinds in {seconds:.0f} s; {told.checks} checks; "
        f"slowest drain {told.slowest:.1f} s\n"
        f"{last.crossings} crossings, {last.records} records in journals, {last.entries} entries, "
        f"{last.quarantined} in quarantine"
    )
    if not told.faults:
        print("nothing was lost, nothing doubled, nothing invented")
    for fault in told.faults[:50]:
        print(f"FAULT: {fault}")
    if len(told.faults) > 50:
        print(f"… and {len(told.faults) - 50} more")


if __name__ == "__main__":
    sys.exit(main())
