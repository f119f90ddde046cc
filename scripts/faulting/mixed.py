"""The campaign of all kinds: faults drawn from a seed until the time is up, every kind once a round at least."""

import argparse
import random
import time
from pathlib import Path

from scripts.faulting.account import Account, end, settle_and_check, stuck
from scripts.faulting.kinds import COSTLY, KINDS, NEED_A_SMALL_DISK, QUICK
from scripts.faulting.world import StuckError, World

SETTLE_EVERY = 30
"""Faults between two checks."""
CONTROL = ("gate killed at outbox.inserted",)


def run(folder: Path, chosen: argparse.Namespace) -> Account:
    """Faults for `chosen.minutes`, then a last check."""
    with World(folder, gates=chosen.gates, rate=chosen.rate, control=chosen.control) as world:
        return _faults(world, chosen)


def kinds_for(world: World, chosen: argparse.Namespace) -> list[str]:
    """The kinds that this machine can do, the costly ones drawn less often."""
    names = list(CONTROL) if chosen.control else [name for name in KINDS if (chosen.kinds or "") in name]
    if not world.small_disks:
        for name in sorted(NEED_A_SMALL_DISK & set(names)):
            print(f"not run: {name}: needs root and tmpfs", flush=True)
        names = [name for name in names if name not in NEED_A_SMALL_DISK]
    return names


def _faults(world: World, chosen: argparse.Namespace) -> Account:
    chance, told = random.Random(chosen.seed), Account()  # noqa: S311  # the same faults again, not a secret
    names = kinds_for(world, chosen)
    waiting: list[str] = []
    try:
        world.settle()
        world.make_backup()
        world.go_on()
        # what a slow machine needs to be ready is none of the campaign's time
        until = time.monotonic() + chosen.minutes * 60
        while time.monotonic() < until and not told.faults:
            if not waiting:
                # every kind comes once a round, the others more often
                waiting = [name for name in names for _ in range(1 if name in COSTLY else 8 if name in QUICK else 3)]
                chance.shuffle(waiting)
            _one(world, waiting.pop(), chance, told)
            if told.done.total() % SETTLE_EVERY == 0:
                settle_and_check(world, told)
        if not told.faults:
            settle_and_check(world, told)
        end(world, told)
    except StuckError as error:
        stuck(world, told, error)
    return told


def _one(world: World, name: str, chance: random.Random, told: Account) -> None:
    began = time.monotonic()
    KINDS[name](world, chance)
    told.did(name, time.monotonic() - began)
    time.sleep(chance.uniform(0, 0.3))
