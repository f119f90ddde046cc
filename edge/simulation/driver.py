"""The simulated drivers: come to the lane, hold out what they have, wait for green, and do what they came to do.

Tested in `tests/edge/simulation/test_world.py`.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final, Literal

import structlog

from edge.camera.frames import Image
from edge.simulation import clips, manoeuvres
from edge.simulation.clips import Clip
from edge.simulation.duty import Duty
from edge.simulation.manoeuvres import OBEDIENT, TAILGATING
from edge.simulation.officer import OfficerError
from edge.simulation.road import Placed, Road
from edge.simulation.scenario import Result, Vehicle
from edge.simulation.screen import Screen
from edge.simulation.tempo import LOOKING, Tempo, Waiting
from edge.simulation.wires import Wires

log = structlog.get_logger()

THROUGH: Final[frozenset[Result]] = frozenset({"passed", "tailgated", "forced"})
"""With these a vehicle is on the other side."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A vehicle on its way to the lane, under the id of this coming, and what the camera will see of it."""

    id: str
    vehicle: Vehicle
    clip: Clip


class Driver:
    """Drives vehicles through a lane: before its camera (`screen`), over its sensors (`wires`)."""

    def __init__(self, screen: Screen, wires: Wires, duty: Duty, tempo: Tempo, waiting: Waiting) -> None:
        self._screen = screen
        self._wires = wires
        self._duty = duty
        self._tempo = tempo
        self._waiting = waiting
        self._shown: dict[str, float] = {}

    def drive(
        self,
        convoy: Sequence[Coming],
        empty: Sequence[Image],
        came: Callable[[Coming], None],
        gone: Callable[[Coming, Result], None],
    ) -> None:
        """Vehicles close behind one another, from the arrival of the first until the lane is free again.

        `empty`: pictures of the empty lane. `came`: one is about to come onto the near loop; `gone`: one is away, and the gate
        had the time to notice.
        """
        road = Road(self._wires.loop, self._waiting.pause, convoy[0].vehicle.direction, speed=self._tempo.speed)
        away: list[tuple[Coming, Result]] = []
        here: Placed | None = None
        for each, following in zip_longest(convoy, convoy[1:]):
            if here is None:
                if each.vehicle.manoeuvre == "tailgate":
                    break  # nobody went through with whom it could
                came(each)
                here = self._come(road, each)
            result = self._result(road, each.vehicle, here)
            while away and result != "tailgated":
                gone(*away.pop())
            behind: Placed | None = None
            if result not in THROUGH:
                self._go_back(road, each, here, empty)
            elif following is None:
                self._screen.show(each.clip.leaving, empty)
                manoeuvres.through(road, here)
            else:
                came(following)
                behind = self._lead(road, each, here, following, empty)
            away.append((each, result))
            here = behind
        self._waiting.until(self._lane_is_free, self._tempo.patience)
        for each, result in away:
            gone(each, result)

    def out_of_sight(self, vehicle: Vehicle) -> float:
        """Seconds that the code of a vehicle must stay out of sight still, before it comes again; below 0: none."""
        shown = self._shown.get(vehicle.shows or "")
        return (
            0.0
            if shown is None
            else shown + self._tempo.same_code - clips.APPROACH * self._tempo.frame - time.monotonic()
        )

    # -- moves over the road -------------------------------------------------------------------------------------------

    def _come(self, road: Road, coming: Coming) -> Placed:
        self._screen.show(coming.clip.approach, coming.clip.standing)
        # the loop lies before the stop line: it speaks before the pass is held out
        self._waiting.pause((len(coming.clip.approach) - 1) * self._tempo.frame)
        return road.bring(coming.vehicle.body)

    def _lead(self, road: Road, coming: Coming, here: Placed, following: Coming, empty: Sequence[Image]) -> Placed:
        """A vehicle drives through with another one close behind it, which stops at the line or does not."""
        leaving = coming.clip.leaving
        if following.vehicle.manoeuvre == "tailgate":
            self._screen.show((*leaving, *following.clip.leaving), empty)
            behind = road.follow(following.vehicle.body, here, gap=TAILGATING, stops=False)
        else:
            self._screen.show(leaving, leaving[-1:])
            behind = road.follow(following.vehicle.body, here, gap=OBEDIENT, stops=True)
            road.move(here, manoeuvres.drawn_up(here), manoeuvres.pace(here))
            self._screen.show(following.clip.approach[-1:], following.clip.standing)
        manoeuvres.through(road, here)
        return behind

    def _go_back(self, road: Road, coming: Coming, here: Placed, empty: Sequence[Image]) -> None:
        self._screen.show(coming.clip.approach[::-1], empty)
        manoeuvres.back_off(road, here)
        self._waiting.pause(2 * self._tempo.frame)

    # -- what comes of a vehicle at the line ---------------------------------------------------------------------------

    def _result(self, road: Road, vehicle: Vehicle, here: Placed) -> Result:
        """All that a vehicle does until it drives through, or back for good; what that makes of it."""
        if vehicle.manoeuvre == "tailgate":
            return "tailgated"
        if vehicle.manoeuvre == "force":
            self._waiting.pause(self._tempo.thinking)
            return "forced"
        word = self._be_handled(vehicle)
        if vehicle.shows is not None:
            self._shown[vehicle.shows] = time.monotonic()
        if word != "go":
            return word
        self._waiting.pause(self._tempo.frame)
        match vehicle.manoeuvre:
            case "back_off":
                return "backed_off"
            case "under_and_away":
                manoeuvres.under(road, here, self._waiting.pause)
                return "backed_off"
            case "roll_back" | "under_and_back":
                manoeuvres.under(road, here, self._waiting.pause)
                manoeuvres.back_to_line(road, here)
                if not self._may_go_again():
                    return "stuck"
                return "passed" if vehicle.manoeuvre == "roll_back" else "backed_off"
        return "passed"

    def _be_handled(self, vehicle: Vehicle) -> Literal["go", "turned_back", "stuck"]:
        """The officer does what the vehicle needs; then it is green, or the way back."""
        give_up = time.monotonic() + self._tempo.patience
        try:
            acted = self._duty.handle(vehicle, give_up)
        except OfficerError as error:
            log.warning("the officer could not act", vehicle=vehicle.id, error=str(error))
            acted = False
        if acted and vehicle.officer in ("turn_back", "mismatch"):
            return "turned_back"
        if acted and self._waiting.until(self._may_drive_or_helped(), give_up - time.monotonic()):
            return "go"
        log.warning("a vehicle was not handled", vehicle=vehicle.id, acted=acted, lane=self._duty.look())
        return "stuck"

    def _may_drive_or_helped(self) -> Callable[[], bool]:
        """Waits for green; a spray after which it is not (the tank's batch has expired) is vouched for by button."""
        sprayed_at: float | None = None
        was_on = False

        def look() -> bool:
            nonlocal sprayed_at, was_on
            if self._wires.may_drive:
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

    def _may_go_again(self) -> bool:
        """Waits for green once more, after the officer's answer if the screen asks what became of the vehicle."""

        def look() -> bool:
            if not self._wires.may_drive:
                self._duty.answer(came_back=True)
            return self._wires.may_drive

        try:
            return self._waiting.until(look, self._tempo.patience, every=LOOKING)
        except OfficerError as error:
            log.warning("the officer could not answer", error=str(error))
            return False

    def _lane_is_free(self) -> bool:
        if self._wires.on("barrier"):
            return False
        try:
            return not self._duty.sees_verdict()
        except OfficerError:
            return False
