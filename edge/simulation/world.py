"""The demo's world, inside the gate's process: vehicles that come, stop, show a pass and drive on, signalled as real hardware would.

It touches the gate where the real world does: it drives the mock pins of loops and buttons, looks at those of barrier and
sprayer, delivers camera frames, and works the touch page over HTTP. No text, plate or verdict is handed over.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from edge.contract.records import wall_text
from edge.simulation import clips
from edge.simulation.driver import Coming, Driver
from edge.simulation.duty import Duty
from edge.simulation.machinery import Machinery
from edge.simulation.officer import Officer, OfficerError
from edge.simulation.scenario import TRUTH, Line, Result, Scenario, Truth, Vehicle, When
from edge.simulation.screen import Screen
from edge.simulation.tempo import LOOKING, Tempo, Waiting, WorldClosedError
from edge.simulation.wires import Wires

log = structlog.get_logger()

FRESH = 2 / 3
"""Part of the age at which lists are old: at less, a vehicle is judged before they are."""


class World:
    """Everything outside one gate's box. `lanes`: BCM numbers by name, by lane; vehicles come to the first lane.

    `folder` is the gate's: `truth.jsonl` is written there. No vehicle comes any more once `run/closing` exists, and
    `run/quiet` says that the last one is gone; `run/cut` exists while the gate's link is cut.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        lanes: Mapping[str, Mapping[str, int]],
        factory: Any,
        kiosk_url: str,
        folder: Path,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        tempo: Tempo | None = None,
    ) -> None:
        self._scenario = scenario
        self._tempo = tempo or Tempo()
        self._screens = {name: Screen(self._tempo.frame, scenario.blank) for name in lanes}
        self._lane = next(iter(lanes))
        self._screen = self._screens[self._lane]
        self._factory = factory
        self._pins = lanes[self._lane]
        self._all_pins = lanes
        self._machines: list[Machinery] = []
        self._officer = Officer(kiosk_url)
        self._truth = Truth(folder / TRUTH)
        self._run = folder / "run"
        self._now = now
        self._stopping = threading.Event()
        self._waiting = Waiting(self._stopping)
        self._thread = threading.Thread(target=self._live, name="world", daemon=True)
        self._empty = {night: clips.clip(scenario.empty(night), scenario.clips).frames for night in (False, True)}
        for screen in self._screens.values():
            screen.show((), self._empty[False])

    def camera(self, lane: str) -> Screen:
        """The camera of a lane."""
        return self._screens[lane]

    def start(self) -> None:
        """The world begins to move. The gate's devices must have been opened: an unclaimed pin cannot be pressed."""
        wires = Wires(self._factory, self._pins)
        self._duty = Duty(self._lane, self._officer, wires, self._tempo, self._waiting)
        self._driver = Driver(self._screen, wires, self._duty, self._tempo, self._waiting)
        self._machines = [Machinery(self._factory, pins) for pins in self._all_pins.values()]
        for machines in self._machines:
            machines.start()
        self._run.mkdir(parents=True, exist_ok=True)
        (self._run / "quiet").unlink(missing_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """Stops where it is; a vehicle at the lane stays unfinished, as with a power cut."""
        self._stopping.set()
        for machines in self._machines:
            machines.stop()
        if self._thread.is_alive():
            self._thread.join(timeout=self._tempo.patience)

    # -- one thread ----------------------------------------------------------------------------------------------------

    def _live(self) -> None:
        try:
            self._duty.take_over(self._scenario, self._truth.interrupted)
            line = Line(self._scenario, self._truth)
            while line.unfinished or not self._closing():
                chosen = line.choose(self._may_come())
                if chosen is None:
                    self._waiting.pause(LOOKING)
                else:
                    convoy = (chosen, *line.close_behind(chosen[0]))
                    if self._bring(convoy):
                        for id_, _ in convoy:
                            line.took(id_)
            (self._run / "quiet").touch()
        except WorldClosedError:
            return
        except Exception:
            # this thread is the world: without its word nobody would know why no vehicle comes
            log.exception("the simulated world ended")

    def _closing(self) -> bool:
        return (self._run / "closing").exists()

    # -- one vehicle ---------------------------------------------------------------------------------------------------

    def _may_come(self) -> frozenset[When]:
        """Which vehicles the moment is right for, by the cable and by what the screen says of the lists."""
        try:
            age = self._officer.state()["lists"]["age"]
        except OfficerError:
            age = None
        stale, cut = self._scenario.stale_seconds, (self._run / "cut").exists()
        right: dict[When, bool] = {
            "any": True,
            "fresh": age is not None and not cut and age < FRESH * stale,
            "cut_off": cut,
            "stale": age is not None and cut and age > stale,
        }
        return frozenset(when for when, holds in right.items() if holds)

    def _bring(self, convoy: Sequence[tuple[str, Vehicle]]) -> bool:
        """One vehicle and who is close behind it, from the empty lane to the empty lane; each arrival and end go into the truth.

        False, and nothing of it, if the moment for it has passed meanwhile.
        """
        first = convoy[0][1]
        coming = [
            Coming(id_, each, clips.clip(self._scenario.appearance(each), self._scenario.clips)) for id_, each in convoy
        ]
        empty = self._empty[first.night]
        self._screen.show((), empty)
        hidden = max(self._driver.out_of_sight(each) for _, each in convoy)
        self._waiting.pause(max(first.gap / self._scenario.speed, hidden))
        if first.when != "any" and first.when not in self._may_come():
            return False
        self._driver.drive(coming, empty, self._came, self._gone)
        return True

    def _came(self, coming: Coming) -> None:
        self._truth.arrived(coming.id, coming.vehicle, wall_text(self._now()))

    def _gone(self, coming: Coming, result: Result) -> None:
        if result == "passed" and coming.vehicle.officer == "emergency":
            self._duty.fill_plate(coming.vehicle)
        self._truth.done(coming.id, result)
