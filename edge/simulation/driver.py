"""The simulated driver: comes to the lane, hold out what they have, wait for the barrier, drive through or back off.

Tested in `tests/edge/simulation/test_world.py`.
"""

import time
from collections.abc import Callable, Sequence

import structlog

from edge.camera.frames import Image
from edge.contract.reasons import Direction
from edge.simulation import clips
from edge.simulation.clips import Clip
from edge.simulation.duty import Duty
from edge.simulation.officer import OfficerError
from edge.simulation.scenario import Result, Vehicle
from edge.simulation.screen import Screen
from edge.simulation.tempo import Tempo, Waiting
from edge.simulation.wires import Wires

log = structlog.get_logger()


class Driver:
    """Drives one vehicle after the other through a lane: before its camera (`screen`), over its loops (`wires`)."""

    def __init__(self, screen: Screen, wires: Wires, duty: Duty, tempo: Tempo, waiting: Waiting) -> None:
        self._screen = screen
        self._wires = wires
        self._duty = duty
        self._tempo = tempo
        self._waiting = waiting
        self._shown: dict[str, float] = {}

    def drive(self, vehicle: Vehicle, clip: Clip, empty: Sequence[Image]) -> Result:
        """One vehicle from its arrival until the lane is free again. `empty`: pictures of the empty lane."""
        near, far = ("outer", "inner") if vehicle.direction is Direction.IN else ("inner", "outer")
        self._screen.show(clip.approach, clip.standing)
        # the loop lies before the stop line: it speaks before the pass is held out
        self._waiting.pause((len(clip.approach) - 1) * self._tempo.frame)
        self._wires.loop(near, True)
        result = self._be_handled(vehicle)
        if vehicle.shows is not None:
            self._shown[vehicle.shows] = time.monotonic()
        if result == "passed":
            self._drive_through(near, far, clip, empty)
        else:
            self._back_off(near, clip, empty)
        self._waiting.until(self._lane_is_free, self._tempo.patience)
        if vehicle.officer == "emergency" and result == "passed":
            self._duty.fill_plate(vehicle)
        return result

    def out_of_sight(self, vehicle: Vehicle) -> float:
        """Seconds that the code of a vehicle must stay out of sight still, before it comes again; below 0: none."""
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
            acted = self._duty.handle(vehicle, give_up)
        except OfficerError as error:
            log.warning("the officer could not act", vehicle=vehicle.id, error=str(error))
            acted = False
        if acted and vehicle.officer in ("turn_back", "mismatch"):
            return "turned_back"
        if acted and self._waiting.until(self._barrier_is_up_or_helped(), give_up - time.monotonic()):
            return "passed"
        log.warning("a vehicle was not handled", vehicle=vehicle.id, plate_shown=vehicle.shows is not None)
        return "stuck"

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
                self._wires.press("disinfected", self._waiting.pause)
            return False

        return look

    def _drive_through(self, near: str, far: str, clip: Clip, empty: Sequence[Image]) -> None:
        self._waiting.pause(self._tempo.frame)
        self._screen.show(clip.leaving, empty)
        self._wires.loop("safety", True)
        self._wires.loop(far, True)
        self._waiting.pause(self._tempo.frame)
        self._wires.loop(near, False)
        self._wires.loop("safety", False)
        self._waiting.pause(2 * self._tempo.frame)
        self._wires.loop(far, False)

    def _back_off(self, near: str, clip: Clip, empty: Sequence[Image]) -> None:
        self._screen.show(clip.approach[::-1], empty)
        self._waiting.pause(2 * self._tempo.frame)
        self._wires.loop(near, False)
        self._waiting.pause(2 * self._tempo.frame)

    def _lane_is_free(self) -> bool:
        if self._wires.on("barrier"):
            return False
        try:
            return not self._duty.sees_verdict()
        except OfficerError:
            return False
