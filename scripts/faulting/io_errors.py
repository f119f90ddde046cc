"""EIO: the disk's driver says no to write, pwrite, fsync and fdatasync, at a gate or at the listener, in the middle of a drain.

libfiu (`fiu-run`) stands between a process and the C library, and is told through a pipe when to fail, and how often. The errors
also hit what the process says on its sockets with `write`. A process that ends is started again, as systemd would, and counted.
"""

import argparse
import random
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from scripts.faulting.account import Account, end, settle_and_check, stuck
from scripts.faulting.gate import REFUSED
from scripts.faulting.gates import Gate
from scripts.faulting.needs import need_command
from scripts.faulting.world import StuckError, World

POINTS = ("posix/io/rw/write", "posix/io/rw/pwrite", "posix/io/sync/fsync", "posix/io/sync/fdatasync")
EIO = 5
CHANCES = (0.02, 0.1, 0.5, 1.0)
CHECK_EVERY = 5
"""Spells of errors between two checks."""
LISTENER = "listener"
STARTING = 5.0
SAID = {
    "vehicles left to the paper procedure, as far as a log could be written": REFUSED,
    "transactions that the hub could not store, likewise": "nothing was stored, gates keep their records",
    "faults at a gate's link that it lived through, likewise": "fault while ",
}
"""A figure of the table, and the line of a log that is counted for it: where every `write` fails, the log's fail too."""


def run(folder: Path, chosen: argparse.Namespace) -> Account:
    """`chosen.io_errors` spells of errors, every second one at the listener."""
    for command in ("fiu-run", "fiu-ctrl"):
        need_command(command, "fiu-utils libfiu0")
    told, chance = Account(), random.Random(chosen.seed)  # noqa: S311  # the same faults again, not a secret
    pipes = folder / "fiu"

    def dress(name: str, command: Sequence[str]) -> list[str]:
        return list(command) if name == "broker" else ["fiu-run", "-x", "-f", str(pipes), *command]

    with World(folder, gates=chosen.gates, rate=chosen.rate, small_disks=False, dress=dress) as world:
        try:
            for number in range(1, chosen.io_errors + 1):
                gate = None if number % 2 == 0 else chance.choice(world.gates)
                _spell(world, gate, chance, pipes, told)
                if number % CHECK_EVERY == 0 or number == chosen.io_errors:
                    settle_and_check(world, told)
            end(world, told)
        except StuckError as error:
            stuck(world, told, error)
    _count_lines(world, told)
    return told


def _spell(world: World, gate: Gate | None, chance: random.Random, pipes: Path, told: Account) -> None:
    """Errors for some seconds, at one probability for all four calls; then none."""
    likely, began = chance.choice(CHANCES), time.monotonic()
    world.revive()
    time.sleep(chance.uniform(0.2, 0.8))
    process = world.listener if gate is None else gate.process
    assert process is not None
    failing = [f"enable_random name={point},probability={likely},failinfo={EIO}" for point in POINTS]
    if _tell(process, pipes, failing):
        time.sleep(chance.uniform(1.0, 3.0))
        _tell(process, pipes, [f"disable name={point}" for point in POINTS])
    else:
        told.count("processes that could not be told to fail", 1)
    time.sleep(0.3)
    told.did(
        f"EIO at {'the listener' if gate is None else 'a gate'}, {likely:.0%} of its calls", time.monotonic() - began
    )
    world.revive()


def _tell(process: "subprocess.Popen[bytes]", pipes: Path, commands: Sequence[str]) -> bool:
    """Returns True if a process took some of libfiu's commands: one that has ended does not."""
    until = time.monotonic() + STARTING
    while not Path(f"{pipes}-{process.pid}.in").exists():
        if process.poll() is not None or time.monotonic() > until:
            return False
        time.sleep(0.02)
    options = [word for command in commands for word in ("-c", command)]
    told = ["fiu-ctrl", "-f", str(pipes), *options, str(process.pid)]
    try:
        return subprocess.run(told, check=False, capture_output=True, timeout=5).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _count_lines(world: World, told: Account) -> None:
    logs = [world.folder / f"{name}.log" for name in (LISTENER, *(gate.name for gate in world.gates))]
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in logs if file.exists()]
    for figure, line in SAID.items():
        told.count(figure, sum(text.count(line) for text in texts))
