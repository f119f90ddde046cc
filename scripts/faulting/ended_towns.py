"""A small town of its own whose operation ends and is destroyed under fire; the campaign's own town goes on beside it.

What must hold at its end: the four invariants (no record is lost for its plate's sake), `verify`, every crossing still counted, every gate's
receipt, and no plate in any file of the hub or of a gate. Tried by `tests/faults/test_campaign.py`.
"""

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from hub.accounts.roles import Role
from hub.commands import common
from hub.destruction import decisions, requests
from hub.destruction.decisions import Decision
from hub.destruction.parts import Choice
from hub.enrolment.officers import add_user
from hub.town.town import Town
from scripts.faulting.account import Account, look
from scripts.faulting.gates import lines, looking
from scripts.faulting.processes import died
from scripts.faulting.world import StuckError, World

GATES = 2
RATE = 10.0
VEHICLES = 30
"""Crossings at each gate before the end: more than a gate keeps besides what a backup holds."""
PATIENCE = 90.0
TIMES = {"destruction.changed": 15, "destruction.stepped": 12}
"""How often a step is reached at least in one destruction."""


class EndedTown:
    """A town whose operation has ended, with nothing on its way."""

    def __init__(self, world: World) -> None:
        self._world = world

    def steps(self, step: str) -> int:
        """How often a step is reached."""
        return TIMES[step]

    def destroy(self, fault: str | None = None, *, at_gate: str | None = None) -> None:
        """Destroys, with a kill at a step of the hub's or of the first gate's, and looks at what is left; `StuckError` names what is wrong."""
        world = self._world
        if at_gate is not None:
            world.stop_gate(world.gates[0])
            world.start_gate(world.gates[0], at_gate)
        _agreed(world.town)
        if fault is not None and world.hub("operation", "destroy", "--go-on", fault=fault).returncode >= 0:
            raise StuckError(f"the destruction did not die at {fault}")
        done = world.hub("operation", "destroy", "--go-on")
        if done.returncode != 0:
            raise StuckError(f"operation destroy: {done.stderr.strip()}")
        if at_gate is not None:
            if not died(world.gates[0].process, PATIENCE):
                raise StuckError(f"{world.gates[0].name} did not die at {at_gate}")
            world.start_gate(world.gates[0])
        world.until(lambda: self._receipts() == GATES, PATIENCE, "not every gate has said that it destroyed its values")
        world.settle()
        self._look()

    def _receipts(self) -> int:
        with looking(self._world.hub_database) as ledger:
            query = "select count(distinct gate) from receipts where result = 'done' and detail like 'records %'"
            return int(ledger.execute(query).fetchone()[0])

    def _look(self) -> None:
        world, told = self._world, Account()
        look(world, told)
        faults = list(told.faults)
        verified = world.hub("verify")
        if verified.returncode != 0:
            faults.append(f"kakou-hub verify: {verified.stderr.strip()}")
        visits = [visit for gate in world.gates for visit in lines(gate.truth)]
        with looking(world.hub_database) as ledger:
            counted = ledger.execute("select count(*) from visits where outcome = 'passed'").fetchone()[0]
        if counted != len(visits):
            faults.append(f"{counted} of {len(visits)} crossings are still counted")
        faults += [f"{path}: a plate that was destroyed" for path in _with_plates(world, visits)]
        if faults:
            raise StuckError(f"after a destruction: {'; '.join(faults[:5])}")


@contextmanager
def ended_town(beside: World) -> Iterator[EndedTown]:
    """A town that has had some crossings, and whose operation is over."""
    folder = beside.folder / f"ended-{time.monotonic_ns()}"
    folder.mkdir(mode=0o711)
    with World(folder, gates=GATES, rate=RATE, small_disks=False) as world:
        world.until(
            lambda: all(len(lines(gate.truth)) >= VEHICLES for gate in world.gates), PATIENCE, "no vehicles come"
        )
        world.settle()
        done = world.hub("operation", "end", "--reason", "campaign")
        if done.returncode != 0:
            raise StuckError(f"operation end: {done.stderr.strip()}")
        world.town = Town.open(world.hub_folder)
        yield EndedTown(world)
    shutil.rmtree(folder)


def _agreed(town: Town) -> None:
    """Two admins agree that everything is destroyed."""
    now, id_ = datetime.now(UTC), town.rules.id
    with common.changing(town) as connection:
        one, other = (
            add_user(town, connection, login=login, name=login, role=Role.ADMIN, password=secrets.token_urlsafe(16), by="cli", now=now)
            for login in ("boss", "chief")
        )  # fmt: skip
        for part in decisions.undecided(connection, town.id, id_):
            decision = Decision(part, Choice.DESTROY, "campaign")
            decisions.decide(connection, town=town.id, operation=id_, decision=decision, by=one, key=town.key, now=now)
        asked = requests.request(connection, town=town.id, rules=town.rules, by=one, now=now)
        requests.confirm(connection, town=town.id, rules=town.rules, id_=asked.id, by=other, now=now)


def _with_plates(world: World, visits: list[str]) -> list[Path]:
    plates = {f"鲁B{visit[:5].upper()}" for visit in visits}
    wanted = {spelt for plate in plates for spelt in (plate.encode(), plate.encode("unicode_escape"))}
    folders = (world.hub_folder, *(gate.folder for gate in world.gates))
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in files if any(each in path.read_bytes() for each in wanted)]
