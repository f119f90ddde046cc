"""The demo's world, inside the gate's process: vehicles that come, stop, show a pass and drive on, as hardware would tell.

It touches the gate where the real world does: it drives the mock pins of loops and buttons, looks at those of barrier and
sprayer, delivers camera frames, and works the touch page over HTTP. No text, plate or verdict is handed over.
"""

import threading
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from edge.camera.frames import Image
from edge.contract.reasons import Direction
from edge.contract.records import wall_text
from edge.simulation import clips
from edge.simulation.clips import FRAMES_PER_SECOND, Clip
from edge.simulation.machinery import Machinery
from edge.simulation.officer import Officer, OfficerError
from edge.simulation.scenario import TRUTH, Line, Result, Scenario, Truth, Vehicle, When
from edge.simulation.screen import Screen
from edge.simulation.wires import Wires

log = structlog.get_logger()

LOOKING = 0.1
WATCHING = 0.02
FRESH = 2 / 3
"""Part of the age at which lists are old: at less, a vehicle is judged before they are."""


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast people and pictures are, in seconds.

    `patience`: a driver who is not handled backs off. `thinking`: what an officer takes. `same_code`: how long a code stays
    out of sight before it is shown again, longer than a scanner takes two sights for one.
    """

    frame: float = 1.0 / FRAMES_PER_SECOND
    patience: float = 20.0
    thinking: float = 0.5
    same_code: float = 3.6


class _ClosedError(Exception):
    """The world was told to stop in the middle of something."""


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
        self._thread = threading.Thread(target=self._live, name="world", daemon=True)
        self._empty = {night: clips.clip(scenario.empty(night), scenario.clips).frames for night in (False, True)}
        self._shown: dict[str, float] = {}
        for screen in self._screens.values():
            screen.show((), self._empty[False])

    def camera(self, lane: str) -> Screen:
        """The camera of a lane."""
        return self._screens[lane]

    def start(self) -> None:
        """The world begins to move. The gate's devices must have been opened: an unclaimed pin cannot be pressed."""
        self._wires = Wires(self._factory, self._pins)
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
            self._take_over()
            line = Line(self._scenario, self._truth)
            while line.unfinished or not self._closing():
                chosen = line.choose(self._may_come())
                if chosen is None:
                    self._pause(LOOKING)
                elif self._bring(*chosen):
                    line.took(chosen[0])
            (self._run / "quiet").touch()
        except _ClosedError:
            return
        except Exception:
            # this thread is the world: without its word nobody would know why no vehicle comes
            log.exception("the simulated world ended")

    def _take_over(self) -> None:
        """The officer comes on duty: signs on, mixes a solution, ends what a killed gate left open."""
        self._until(self._page_is_up, self._tempo.patience)
        state = self._officer.state()
        self._officer.submit("/shift/start", officer=self._scenario.officer_id)
        if not all(tank["valid"] for tank in state["solutions"]):
            solution = self._scenario.solution
            self._officer.submit("/solution", **solution.model_dump())
        for left in state["unfinished"]:
            self._officer.submit("/finish", visit=left["visit"], outcome="abandoned")
        # the officer still knows which ambulance it was
        called = [self._scenario.vehicle(id_) for id_ in self._truth.interrupted]
        plates = [vehicle.plate for vehicle in called if vehicle is not None and vehicle.officer == "emergency"]
        for left, plate in zip(state["emergencies"], plates, strict=False):
            self._officer.submit("/plate", visit=left["visit"], plate=plate)

    def _page_is_up(self) -> bool:
        try:
            self._officer.state()
        except OfficerError:
            return False
        return True

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

    def _bring(self, id_: str, vehicle: Vehicle) -> bool:
        """One vehicle, from the empty lane to the empty lane; its arrival and its end go into the truth.

        False, and nothing of it, if the moment for it has passed meanwhile.
        """
        clip = clips.clip(self._scenario.appearance(vehicle), self._scenario.clips)
        empty = self._empty[vehicle.night]
        self._screen.show((), empty)
        self._pause(max(vehicle.gap / self._scenario.speed, self._out_of_sight(vehicle)))
        if vehicle.when != "any" and vehicle.when not in self._may_come():
            return False
        self._truth.arrived(id_, vehicle, wall_text(self._now()))
        near, far = ("outer", "inner") if vehicle.direction is Direction.IN else ("inner", "outer")
        self._screen.show(clip.approach, clip.standing)
        # the loop lies before the stop line: it speaks before the pass is held out
        self._pause((len(clip.approach) - 1) * self._tempo.frame)
        self._wires.loop(near, True)
        result = self._be_handled(vehicle)
        if vehicle.shows is not None:
            self._shown[vehicle.shows] = time.monotonic()
        if result == "passed":
            self._drive_through(near, far, clip, empty)
        else:
            self._back_off(near, clip, empty)
        self._until(self._lane_is_free, self._tempo.patience)
        if vehicle.officer == "emergency" and result == "passed":
            self._fill_plate(vehicle)
        self._truth.done(id_, result)
        return True

    def _out_of_sight(self, vehicle: Vehicle) -> float:
        shown = self._shown.get(vehicle.shows or "")
        return (
            0.0
            if shown is None
            else shown + self._tempo.same_code - clips.APPROACH * self._tempo.frame - time.monotonic()
        )

    def _be_handled(self, vehicle: Vehicle) -> Result:
        """The officer does what the vehicle needs; then the barrier, or the way back."""
        give_up = time.monotonic() + self._tempo.patience
        try:
            acted = self._act(vehicle, give_up)
        except OfficerError as error:
            log.warning("the officer could not act", vehicle=vehicle.id, error=str(error))
            acted = False
        if acted and vehicle.officer in ("turn_back", "mismatch"):
            return "turned_back"
        if acted and self._until(self._barrier_is_up_or_helped(), give_up - time.monotonic()):
            return "passed"
        log.warning("a vehicle was not handled", vehicle=vehicle.id, plate_shown=vehicle.shows is not None)
        return "stuck"

    def _act(self, vehicle: Vehicle, give_up: float) -> bool:
        """What the officer does; False if there was no occasion to."""
        if vehicle.officer == "none":
            return True
        # one that shows something is judged first; one without a pass is registered when it stands
        judged = vehicle.shows is None or self._until(self._is_judged, give_up - time.monotonic(), every=LOOKING)
        if not judged:
            return False
        self._pause(self._tempo.thinking)
        match vehicle.officer:
            case "register":
                self._officer.submit(
                    "/register",
                    **vehicle.fields,
                    lane=self._lane,
                    plate=vehicle.plate,
                    vehicle_class=vehicle.vehicle_class,
                    direction=vehicle.direction.value,
                )
            case "admit":
                self._officer.submit("/admit", lane=self._lane)
            case "turn_back":
                self._wires.press("turn_back", self._pause)
            case "mismatch":
                self._officer.submit("/mismatch", lane=self._lane)
                self._pause(self._tempo.thinking)
                self._wires.press("turn_back", self._pause)
            case "emergency":
                self._call_emergency(vehicle)
        return True

    def _call_emergency(self, vehicle: Vehicle) -> None:
        # both buttons are used; which one follows from the plate
        if zlib.crc32(vehicle.plate.encode()) % 2:
            self._wires.press("emergency", self._pause)
        else:
            self._officer.submit("/emergency", lane=self._lane)

    def _fill_plate(self, vehicle: Vehicle) -> None:
        def waits_for_plate() -> bool:
            return bool(self._officer.state()["emergencies"])

        try:
            if self._until(waits_for_plate, self._tempo.patience, every=LOOKING):
                visit = self._officer.state()["emergencies"][-1]["visit"]
                self._officer.submit("/plate", visit=visit, plate=vehicle.plate)
        except OfficerError as error:
            log.warning("the plate could not be filled in", vehicle=vehicle.id, error=str(error))

    def _is_judged(self) -> bool:
        return self._officer.verdict(self._lane) is not None

    def _barrier_is_up_or_helped(self) -> Callable[[], bool]:
        """Waits for the barrier; a spray that did not open it (the tank's batch has expired) is vouched for by button."""
        sprayed_at: float | None = None
        was_on = False

        def look() -> bool:
            nonlocal sprayed_at, was_on
            if self._wires.on("barrier"):
                return True
            on = self._wires.on("sprayer")
            if was_on and not on:
                sprayed_at = time.monotonic()
            was_on = on
            if sprayed_at is not None and time.monotonic() - sprayed_at > 2 * self._tempo.thinking:
                sprayed_at = None
                self._wires.press("disinfected", self._pause)
            return False

        return look

    def _drive_through(self, near: str, far: str, clip: Clip, empty: Sequence[Image]) -> None:
        self._pause(self._tempo.frame)
        self._screen.show(clip.leaving, empty)
        self._wires.loop(far, True)
        self._pause(self._tempo.frame)
        self._wires.loop(near, False)
        self._pause(2 * self._tempo.frame)
        self._wires.loop(far, False)

    def _back_off(self, near: str, clip: Clip, empty: Sequence[Image]) -> None:
        self._screen.show(clip.approach[::-1], empty)
        self._pause(2 * self._tempo.frame)
        self._wires.loop(near, False)
        self._pause(2 * self._tempo.frame)

    def _lane_is_free(self) -> bool:
        if self._wires.on("barrier"):
            return False
        try:
            return not self._is_judged()
        except OfficerError:
            return False

    # -- time ----------------------------------------------------------------------------------------------------------

    def _pause(self, seconds: float) -> None:
        if self._stopping.wait(max(0.0, seconds)):
            raise _ClosedError

    def _until(self, happened: Callable[[], bool], seconds: float, every: float = WATCHING) -> bool:
        end = time.monotonic() + seconds
        while not happened():
            if time.monotonic() >= end:
                return False
            self._pause(every)
        return True
