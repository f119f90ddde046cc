"""kill -9 for a gate in each state of its lane: outputs off, the lane closed again, and an unfinished visit to be closed.

One real gate process after another in one folder, worked over its screen like an officer would, and over its wires like a
vehicle would. Its pins are mock, and die with the process; what a crash leaves on real ones is `outputs_off`'s, run here as
systemd would.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import segno

from edge.clock import SystemClock
from edge.config import load
from edge.contract.facts import Kind
from edge.contract.messages import Signed
from edge.contract.policy import Policy, VehicleClass
from edge.journal.outbox import Outbox
from edge.lane.phase import Arm, Phase, Shown
from edge.lists.store import FILE, Lists
from edge.simulation.officer import Officer, OfficerError
from tests.contract.samples import GATE_KEY, HUB_KEY, ISSUED, PASSLIST
from tests.edge.folders import enrolled
from tests.edge.gates import POLICY_FULL, qr
from tests.system.towns import ENVIRONMENT, wait_for

PIGS = VehicleClass(number=5, id="pigs", zh="运猪", en="Pigs", contact_seconds=600)
REVOKED = bytes.fromhex(min(PASSLIST.revoked))
LONG_AGO = datetime(2026, 3, 1, tzinfo=UTC)
POLICY = POLICY_FULL.model_copy(update={"classes": (*POLICY_FULL.classes, PIGS)})


class Unit:
    """A gate's process, and an officer at its screen."""

    def __init__(self, folder: Path, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.officer = Officer(f"http://127.0.0.1:{load(folder).kiosk.port}")
        wait_for(self._is_up, "the gate's screen")

    def _is_up(self) -> bool:
        assert self.process.poll() is None
        with suppress(OfficerError):
            return bool(self.officer.state())
        return False

    @property
    def lane(self) -> dict[str, Any]:
        lane: dict[str, Any] = self.officer.state()["lanes"][0]
        return lane

    def press(self, path: str, **fields: str) -> None:
        lane = self.lane
        self.officer.submit(path, lane="1", **{"visit-1": lane["visit"] or ""}, **fields)

    def wire(self, name: str, level: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{name} {level}\n".encode())
        self.process.stdin.flush()

    def pin(self, name: str) -> str:
        """How an output's pin stands: on or off."""
        assert self.process.stdout is not None
        self.wire(name, "?")
        return self.process.stdout.readline().decode().removeprefix(f"{name} ").strip()

    def reaches(self, state: str, arm: str | None = None) -> None:
        wait_for(lambda: self.lane["state"] == state and arm in {None, self.lane["arm"]}, f"{state}, arm {arm}", 20)

    def loop(self, wire: str, level: str) -> None:
        """A vehicle comes onto a loop or leaves it, and the gate knows: contacts are debounced."""
        self.wire(wire, level)
        loop = wire.removesuffix("_loop")
        wait_for(lambda: (loop in self.lane["occupied"]) is (level == "on"), f"{wire} {level}", 20)


@contextmanager
def running(folder: Path, **environment: str) -> Iterator[Unit]:
    command = [sys.executable, "-P", "-m", "tests.system.wired_gate", str(folder)]
    process = subprocess.Popen(
        command,
        env={**ENVIRONMENT, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield Unit(folder, process)
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()


def register(unit: Unit, vehicle_class: str, plate: str = "鲁B12345") -> None:
    unit.press("/register", plate=plate, vehicle_class=vehicle_class, direction="in")


def to_disinfecting(unit: Unit) -> None:
    to_checking(unit)
    register(unit, "resident")
    unit.reaches("disinfecting")
    wait_for(lambda: unit.pin("sprayer") == "on", "a sprayer that is on")


def to_contact(unit: Unit) -> None:
    to_checking(unit)
    register(unit, "pigs")
    unit.reaches("disinfecting")
    unit.press("/disinfected")
    unit.reaches("contact")


def to_refused(unit: Unit) -> None:
    unit.reaches("refused")


def to_held(unit: Unit) -> None:
    unit.reaches("refused")
    unit.press("/hold")
    unit.reaches("held")


def to_opening(unit: Unit) -> None:
    unit.press("/emergency")
    unit.reaches("opening")


def to_open(unit: Unit) -> None:
    register(unit, "duty")
    unit.reaches("open")


def to_fault(unit: Unit) -> None:
    register(unit, "duty")
    unit.reaches("fault")


def to_checking(unit: Unit) -> None:
    unit.loop("outer_loop", "on")
    unit.reaches("checking")


def to_asking(unit: Unit) -> None:
    unit.reaches("asking")


def to_driving(unit: Unit) -> None:
    to_checking(unit)
    to_open(unit)
    unit.loop("inner_loop", "on")
    unit.reaches("driving")


def to_recalled(unit: Unit) -> None:
    to_checking(unit)
    to_open(unit)
    unit.press("/turn-back")
    unit.reaches("recalled")


def to_falling(unit: Unit) -> None:
    to_open(unit)
    unit.press("/turn-back")
    unit.reaches("closing")


def to_holding(unit: Unit) -> None:
    """One leaves, and the next is on the near loop."""
    to_driving(unit)
    unit.loop("outer_loop", "off")
    unit.loop("outer_loop", "on")
    unit.reaches("closing")


def to_next(unit: Unit) -> None:
    to_holding(unit)
    register(unit, "duty", "鲁B54321")
    unit.reaches("next")


def to_unclear(unit: Unit) -> None:
    """Two loops cannot tell: it rolled back, or one is gone and one follows."""
    to_driving(unit)
    unit.loop("inner_loop", "off")
    wait_for(lambda: unit.lane["unclear"], "the officer is asked", 20)


def to_keyed(unit: Unit) -> None:
    unit.wire("barrier_up", "on")
    unit.reaches("closing")


SLOW = "[lanes.times]\nrise = 3600\n"
SWITCH = "[lanes.times]\nstuck = 0.2\n[lanes.pins]\nbarrier_up = 20\n"
LOW_SWITCH = "[lanes.times]\nstuck = 3600\n[lanes.pins]\nbarrier_down = 21\n"
STATES = [
    ("checking", "lying", to_checking, "", "", 0),
    ("asking", "lying", to_asking, "genuine", "", 1),
    ("refused", "lying", to_refused, "revoked", "", 1),
    ("held", "lying", to_held, "revoked", "", 1),
    ("disinfecting", "lying", to_disinfecting, "", "", 1),
    ("contact", "lying", to_contact, "", "", 1),
    ("next", "holding", to_next, "", "", 2),
    ("opening", "rising", to_opening, "", SLOW, 1),
    ("open", "up", to_open, "", "", 1),
    ("driving", "up", to_driving, "", "", 1),
    ("recalled", "holding", to_recalled, "", "", 1),
    ("closing", "holding", to_holding, "", "", 1),
    ("closing", "holding", to_unclear, "", "", 1),
    ("closing", "falling", to_falling, "", LOW_SWITCH, 0),
    ("closing", "keyed", to_keyed, "", SWITCH, 0),
    ("fault", "stuck", to_fault, "", SWITCH, 1),
]
"""State, where the arm is, the way there, the pass before the camera, what else is wired, and how many visits are open."""
CLOSED = 1
"""Visits that were closed on the way: of the one that was turned back, for the arm to fall."""


def test_every_state_that_a_lane_and_its_arm_can_be_in_is_killed() -> None:
    assert {state for state, *_ in STATES} == set(Shown) - {Shown.WAITING, Shown.LEFT_OPEN}, "left open: below"
    assert {arm for _, arm, *_ in STATES} == set(Arm)
    assert {Phase(state) for state, *_ in STATES if state in set(Phase)} == set(Phase) - {Phase.WAITING}


@pytest.mark.timeout(600)
def test_a_gate_killed_in_each_state_comes_back_closed_with_a_visit_to_close(tmp_path: Path) -> None:
    pictures = {name: tmp_path / f"{name}.png" for name in ("blank", "revoked", "genuine")}
    segno.make("nothing", micro=False).save(str(pictures["blank"]), scale=1, light="#808080", dark="#808080")
    # a revoked pass is refused, and with old lists a genuine one is asked about, however far this machine's clock can be trusted
    segno.make(qr(id=REVOKED, expires=4_000_000_000), error="q").save(str(pictures["revoked"]), scale=5, border=4)
    segno.make(qr(expires=4_000_000_000), error="q").save(str(pictures["genuine"]), scale=5, border=4)
    blank = pictures["blank"]
    folder = enrolled(tmp_path / "east", camera=f"file:{blank}")
    give_policy(folder)
    plain = (folder / "gate.toml").read_text(encoding="utf-8").replace('name = "1"\n', 'name = "1"\ndirection = "in"\n')
    for state, arm, go, shows, more, visits in STATES:
        camera = plain.replace(str(blank), str(pictures[shows or "blank"]))
        (folder / "gate.toml").write_text(camera + more, encoding="utf-8")
        with running(folder) as unit:
            unit.officer.submit("/shift/start", officer="u-2")
            go(unit)
            unit.reaches(state, arm)
            os.kill(unit.process.pid, signal.SIGKILL)
            unit.process.wait()
        assert off(folder) == "sprayer", state
        (folder / "gate.toml").write_text(plain, encoding="utf-8")
        with running(folder) as unit:
            assert unit.lane["state"] == "waiting", state
            unfinished = unit.officer.state()["unfinished"]
            assert len(unfinished) == visits, (state, arm)
            for left in unfinished:
                unit.officer.submit("/finish", visit=left["visit"], outcome="abandoned")
            assert unit.officer.state()["unfinished"] == [], state
    opened = sum(visits for *_, visits in STATES) + CLOSED
    assert kinds(folder).count(Kind.VISIT_OPENED) == kinds(folder).count(Kind.VISIT_CLOSED) == opened


DRIVE = [("outer_loop", "on"), ("inner_loop", "on"), ("outer_loop", "off"), ("inner_loop", "off")]
"""A vehicle drives in: what each wire does."""


@pytest.mark.timeout(120)
def test_a_gate_whose_policy_fails_open_starts_with_its_barrier_up_until_an_officer_takes_over(tmp_path: Path) -> None:
    blank = tmp_path / "blank.png"
    segno.make("nothing", micro=False).save(str(blank), scale=1, light="#808080", dark="#808080")
    folder = enrolled(tmp_path / "east", camera=f"file:{blank}")
    give_policy(folder, POLICY.model_copy(update={"fail_barrier": "open"}))
    with running(folder) as unit:
        unit.reaches("left_open")
        assert (unit.pin("barrier"), unit.pin("sprayer")) == ("on", "off")
        unit.press("/take-over")
        unit.reaches("waiting")
        assert unit.pin("barrier") == "off"
        to_disinfecting(unit)
        os.kill(unit.process.pid, signal.SIGKILL)
        unit.process.wait()
    assert off(folder, barrier="up") == "sprayer"
    with running(folder) as unit:
        for wire, level in DRIVE:
            unit.loop(wire, level)
        wait_for(lambda: "unregistered_passage" in unit.officer.state()["alarms"], "the alarm of who drove through", 20)
        assert (unit.lane["state"], unit.pin("barrier")) == ("left_open", "on")
        assert len(unit.officer.state()["unfinished"]) == 1
        register(unit, "duty")
        unit.reaches("open")
        unit.press("/turn-back")
        unit.reaches("waiting")
        assert unit.pin("barrier") == "off"


def give_policy(folder: Path, policy: Policy = POLICY) -> None:
    lists = Lists.open(folder / FILE, town="demo", hub_key=HUB_KEY.public_key())
    assert lists.accept(Signed.seal("policy", "demo", 2, ISSUED, policy, HUB_KEY), LONG_AGO) is None
    lists.close()


def off(folder: Path, barrier: str = "down") -> str:
    """The first that `outputs_off` switches; the barrier must go there after it."""
    command = [sys.executable, "-P", "-m", "edge.commands.outputs_off", str(folder)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout
    assert f"lane 1: barrier {barrier}" in said
    return said.removeprefix("lane 1: ").split(" off")[0]


def kinds(folder: Path) -> list[Kind]:
    clock = SystemClock()
    outbox = Outbox.open(folder / "journal.db", town="demo", gate="east", key=GATE_KEY, clock=clock)
    found = [kept.record.kind for kept in outbox.recent((Kind.VISIT_OPENED, Kind.VISIT_CLOSED), 1000)]
    outbox.close()
    return found
