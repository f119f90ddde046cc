"""`python -m tests.edge.road --events N --seed S`: drives the gate over random roads, prints a table, exits 1 on a violation.

`--replay SEED` (and `--steps N`) tells the story of one world up to its first violation.
"""

import argparse
import logging
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import structlog

from tests.edge.road.chance import Chance, any_setup
from tests.edge.road.judge import Violation
from tests.edge.road.world import World

EVENTS_OF_A_WORLD = 3000


@dataclass
class Result:
    """What came of one world."""

    seed: int
    events: int
    seconds: float
    counts: Counter[str]
    limits: Counter[str]
    violations: list[Violation]
    stories: dict[int, list[str]] = field(default_factory=dict)


def drive(
    seed: int,
    events: int = EVENTS_OF_A_WORLD,
    sensors: int | None = None,
    ways: int | None = None,
    *,
    first: bool = False,
) -> Result:
    """Drives one world until its gate has answered so many events (`first`: until its first violation)."""
    world = make(seed, sensors, ways)
    begun = time.process_time()
    judge = world.judge
    world.run(events=events, until=(lambda: bool(judge.violations)) if first else None)
    judge.finish()
    world.counts["refusals"] = world.journal.refused
    seconds = time.process_time() - begun
    return Result(seed, world.handled, seconds, world.counts, judge.limits, judge.violations, judge.stories)


def make(seed: int, sensors: int | None = None, ways: int | None = None) -> World:
    """The world of a seed."""
    from random import Random

    world = World(any_setup(Random(seed), sensors, ways), seed)
    Chance(world)
    return world


def _quiet() -> None:
    """A journal that refuses is meant: this process says nothing of it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def main(arguments: list[str] | None = None) -> int:
    """Runs it; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.edge.road", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="events that the gates answer")
    parser.add_argument("--seed", type=int, default=1, help="of the first world; each has the next")
    parser.add_argument("--sensors", type=int, choices=(2, 3), help="of every lane; either without it")
    parser.add_argument("--ways", type=int, choices=(1, 2), help="from how many sides vehicles come; either without it")
    parser.add_argument("--minutes", type=float, help="ends after so long, with what was done until then")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--replay", type=int, help="tell the story of the world of this seed")
    parser.add_argument("--steps", type=int, default=EVENTS_OF_A_WORLD, help="events of one world")
    chosen = parser.parse_args(arguments)
    if chosen.replay is not None:
        return _replay(chosen.replay, chosen.steps, chosen.sensors, chosen.ways)
    seeds = range(chosen.seed, chosen.seed + max(1, chosen.events // chosen.steps))
    results: list[Result] = []
    begun = time.monotonic()
    with ProcessPoolExecutor(chosen.processes, initializer=_quiet) as pool:
        waiting = [pool.submit(drive, seed, chosen.steps, chosen.sensors, chosen.ways) for seed in seeds]
        for each in waiting:
            results.append(each.result())
            if len(results) % 10 == 0:
                found = sum(len(each.violations) for each in results)
                print(f"{len(results)} of {len(seeds)} worlds, {found} violations", file=sys.stderr)
            if chosen.minutes is not None and time.monotonic() - begun > chosen.minutes * 60:
                break
        pool.shutdown(cancel_futures=True)
    print(table(results, time.monotonic() - begun))
    return 1 if any(each.violations for each in results) else 0


def _replay(seed: int, steps: int, sensors: int | None, ways: int | None = None) -> int:
    result = drive(seed, steps, sensors, ways, first=True)
    setup = make(seed, sensors, ways).setup
    print(setup)
    for number, lines in result.stories.items():
        print("\n".join(lines))
        print(result.violations[number])
        break
    return 1 if result.violations else 0


def table(results: list[Result], seconds: float) -> str:
    """The table of a run."""
    counts: Counter[str] = Counter()
    limits: Counter[str] = Counter()
    for each in results:
        counts += each.counts
        limits += each.limits
    events, work = sum(each.events for each in results), sum(each.seconds for each in results)
    lines = [
        f"{events} events, {len(results)} worlds, {seconds:.0f} s, {events / max(work, 0.001):.0f} events a second of CPU"
    ]
    lines += [f"  {name:48} {counts[name]}" for name in sorted(counts)]
    unclear = counts["closed unclear"]
    lines.append(f"  {'share of unclear':48} {unclear / max(1, counts['visits']):.2%}")
    lines.append("beyond the sensors:")
    lines += [f"  {name:48} {limits[name]}" for name in sorted(limits)]
    violations = [violation for each in results for violation in each.violations]
    found = Counter(each.check for each in violations)
    lines.append(f"violations: {len(violations)} {dict(found)}")
    shown: Counter[str] = Counter()
    for violation in violations:
        shown[violation.check] += 1
        if shown[violation.check] <= 6:
            lines.append(f"  {violation}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
