"""Power cuts that lose the page cache, at a gate and at the hub: N of them, at any moment and at every step of a commit.

Everything on the machine is killed, then its disk forgets what was not synced: all of it, or by chance half. Before anything
starts again it is counted, on the disk itself: each crossing whose barrier moved is in the gate's journal, and each record that
the hub acknowledged is in its ledger (a gate would send it again, which hides the loss). With `--control` SQLite runs with
synchronous=NORMAL, and records must be lost.
"""

import argparse
import random
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.faulting.account import Account, end, look, settle_and_check, stuck
from scripts.faulting.disk import Disk, Lost, compile_disk
from scripts.faulting.gates import Gate, lines, looking
from scripts.faulting.processes import died
from scripts.faulting.world import DRAINING, StuckError, World

CHECK_EVERY = 10
"""Cuts between two checks."""
REACHED = 4.0
"""Seconds that a step is waited for; then the power goes anyway."""
FORGETFUL = 20.0
"""Seconds in which a town that has lost records must come to rest."""
GATE_STEPS = (None, None, "outbox.inserted", "outbox.committed", "outbox.released", "uplink.sent")
HUB_STEPS = (None, None, "listener.received", "listener.appended", "listener.committed", "listener.answered")


@dataclass(frozen=True)
class _Powered:
    """A town whose machines have disks that can lose their power."""

    world: World
    hub: Disk
    gates: dict[str, Disk]
    chance: random.Random
    told: Account
    gone: set[str] = field(default_factory=set)
    """Crossings that were found missing: each is counted once."""


def run(folder: Path, chosen: argparse.Namespace) -> Account:
    """`chosen.power_cuts` cuts, every second one at the hub."""
    program = compile_disk(folder / "powerdisk")
    told = Account()
    world = World(
        folder, gates=chosen.gates, rate=chosen.rate, small_disks=False, dress=_careless if chosen.control else None
    )
    with _disks(world, program) as (hub, gates), world:
        town = _Powered(world, hub, gates, random.Random(chosen.seed), told)  # noqa: S311  # the same cuts again
        try:
            _cuts(town, chosen.power_cuts)
        except StuckError as error:
            stuck(world, told, error)
    return told


def _careless(name: str, command: Sequence[str]) -> list[str]:
    if name == "broker":
        return list(command)
    at = command.index("-m")
    return [*command[:at], "-m", "scripts.faulting.careless", *command[at + 1 :]]


@contextmanager
def _disks(world: World, program: Path) -> Iterator[tuple[Disk, dict[str, Disk]]]:
    with ExitStack() as stack:

        def disk(folder: Path) -> Disk:
            made = Disk(program, folder)
            stack.callback(made.close)
            return made

        yield disk(world.hub_folder), {gate.name: disk(gate.folder) for gate in world.gates}


def _cuts(town: _Powered, count: int) -> None:
    told = town.told
    for number in range(1, count + 1):
        time.sleep(town.chance.uniform(0.3, 1.5))
        began, half = time.monotonic(), town.chance.random() < 0.5
        at_hub = number % 2 == 0
        (_hub_loses_power if at_hub else _gate_loses_power)(town, half)
        where, how = "the hub" if at_hub else "a gate", "half of it got to the disk" if half else "all of it is lost"
        told.did(f"power cut at {where}, {how}", time.monotonic() - began)
        if number % CHECK_EVERY == 0 and not told.faults:
            settle_and_check(town.world, told)
    # a gate that forgot what the hub holds never comes to rest: that is not waited for as long
    told.slowest = max(told.slowest, town.world.settle(seconds=FORGETFUL if told.faults else DRAINING))
    look(town.world, told)
    end(town.world, told)


def _gate_loses_power(town: _Powered, half: bool) -> None:
    world, gate = town.world, town.chance.choice(town.world.gates)
    if (step := town.chance.choice(GATE_STEPS)) is not None:
        world.stop_gate(gate)
        world.start_gate(gate, f"{step}:3")
        died(gate.process, REACHED)
    world.kill_gate(gate)
    _count_disk(town.told, town.gates[gate.name].cut(half=half))
    _count_crossings(town, gate)
    world.start_gate(gate)


def _hub_loses_power(town: _Powered, half: bool) -> None:
    world = town.world
    if (step := town.chance.choice(HUB_STEPS)) is not None:
        world.kill_listener()
        world.start_listener(f"{step}:3")
        died(world.listener, REACHED)
    world.kill_listener()
    world.kill_broker()
    _count_disk(town.told, town.hub.cut(half=half))
    for gate in world.gates:
        _count_acknowledged(town.told, world.hub_database, gate)
    world.start_broker()
    world.start_listener()


# -- what is on the disk, looked up with SQL and no code of what wrote it ----------------------------------------------


def _count_disk(told: Account, lost: Lost) -> None:
    told.count("sectors of 512 bytes that were not synced when the power went", lost.unsynced)
    told.count("of them lost", lost.lost)


def _count_crossings(town: _Powered, gate: Gate) -> None:
    told = town.told
    moved = set(lines(gate.truth))
    there = {visit for (visit,) in _rows(gate.journal, "select visit from records where visit is not null")}
    lost = moved - there - town.gone
    town.gone.update(lost)
    told.count("crossings whose barrier had moved, looked for after a gate's cut", len(moved))
    told.count("of them not in its journal", len(lost))
    if lost:
        told.faults.append(
            f"{gate.name}: a power cut took {len(lost)} of {len(moved)} crossings whose barrier had moved"
        )


def _count_acknowledged(told: Account, ledger: Path, gate: Gate) -> None:
    # the gate runs on: its own word on what it was told
    ((epoch, acked),) = _rows(gate.journal, "select epoch, acked from meta")
    held = {seq for (seq,) in _rows(ledger, "select seq from entries where gate = ? and epoch = ?", gate.name, epoch)}
    lost = acked - len(held & set(range(1, acked + 1)))
    told.count("records that the hub had acknowledged, looked for after its cut", acked)
    told.count("of them not in its ledger", lost)
    if lost:
        told.faults.append(f"{gate.name}: a power cut at the hub took {lost} of {acked} acknowledged records")


def _rows(file: Path, sql: str, *values: str) -> list[Any]:
    try:
        with looking(file) as connection:
            return connection.execute(sql, values).fetchall()
    except sqlite3.OperationalError as error:
        # not even the tables are there
        print(f"{file.name} after the cut: {error}", file=sys.stderr)
        return []
