"""The simulated officer's duty: takes the shift over, and does for each vehicle what it needs.

Tested in `tests/edge/simulation/test_world.py`.
"""

import time
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from edge.simulation.officer import Officer, OfficerError
from edge.simulation.scenario import Scenario, Vehicle
from edge.simulation.tempo import LOOKING, Tempo, Waiting
from edge.simulation.wires import Wires

log = structlog.get_logger()

PRESS_AGAIN = 3.0
"""Seconds after which an officer presses a button again that nothing came of."""


class Duty:
    """An officer at one lane, with the touch page (`officer`) and the buttons (`wires`)."""

    def __init__(self, lane: str, officer: Officer, wires: Wires, tempo: Tempo, waiting: Waiting) -> None:
        self._lane = lane
        self._officer = officer
        self._wires = wires
        self._tempo = tempo
        self._waiting = waiting

    def take_over(self, scenario: Scenario, interrupted: Sequence[str]) -> None:
        """The officer comes on duty: signs on, mixes a solution, ends what a killed gate left open (`interrupted`, vehicles' ids)."""
        self._waiting.until(self._page_is_up, self._tempo.patience)
        state = self._officer.state()
        self._officer.submit("/shift/start", officer=scenario.officer_id)
        if not all(tank["valid"] for tank in state["solutions"]):
            solution = scenario.solution
            self._officer.submit("/solution", **solution.model_dump())
        for left in state["unfinished"]:
            self._officer.submit("/finish", visit=left["visit"], outcome="abandoned")
        # the officer still knows which ambulance it was
        called = [scenario.vehicle(id_) for id_ in interrupted]
        plates = [vehicle.plate for vehicle in called if vehicle is not None and vehicle.officer == "emergency"]
        for left, plate in zip(state["emergencies"], plates, strict=False):
            self._officer.submit("/plate", visit=left["visit"], plate=plate)

    def _page_is_up(self) -> bool:
        try:
            self._officer.state()
        except OfficerError:
            return False
        return True

    def handle(self, vehicle: Vehicle, give_up: float) -> bool:
        """Lets the officer act; False if there was no occasion to."""
        if vehicle.officer == "none":
            return True
        # one that shows something is judged first; one without a pass is registered when it stands, and the one before is past
        ready = self.sees_verdict if vehicle.shows else self._sees_nobody_judged if vehicle.close else None
        if ready is not None and not self._waiting.until(ready, give_up - time.monotonic(), every=LOOKING):
            return False
        self._waiting.pause(self._tempo.thinking)
        match vehicle.officer:
            case "register":
                if vehicle.close:
                    self.answer(came_back=False)
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
                self._wires.press("turn_back", self._waiting.pause)
            case "mismatch":
                self._officer.submit("/mismatch", lane=self._lane)
                self._waiting.pause(self._tempo.thinking)
                self._wires.press("turn_back", self._waiting.pause)
            case "emergency":
                self._call_emergency(vehicle)
        return True

    def _call_emergency(self, vehicle: Vehicle) -> None:
        # both buttons are used; which one follows from the plate
        if zlib.crc32(vehicle.plate.encode()) % 2 == 0:
            self._officer.submit("/emergency", lane=self._lane)
            return
        self._wires.press("emergency", self._waiting.pause)
        if not self._waiting.until(self._sees_answer, PRESS_AGAIN, every=LOOKING):
            # as a person does at a button after which nothing happens
            log.warning("the emergency button was pressed again", vehicle=vehicle.id, lane=self.look())
            self._wires.press("emergency", self._waiting.pause)

    def _sees_answer(self) -> bool:
        return self._wires.may_drive or self.sees_verdict()

    def look(self) -> Mapping[str, Any]:
        """What the screen says of the lane, for the log; empty if the page does not answer."""
        try:
            return self._officer.lane(self._lane)
        except OfficerError:
            return {}

    def fill_plate(self, vehicle: Vehicle) -> None:
        """Fills in the plate of a vehicle that was let through as an emergency."""

        def waits_for_plate() -> bool:
            return bool(self._officer.state()["emergencies"])

        try:
            if self._waiting.until(waits_for_plate, self._tempo.patience, every=LOOKING):
                visit = self._officer.state()["emergencies"][-1]["visit"]
                self._officer.submit("/plate", visit=visit, plate=vehicle.plate)
        except OfficerError as error:
            log.warning("the plate could not be filled in", vehicle=vehicle.id, error=str(error))

    def answer(self, *, came_back: bool) -> bool:
        """Answers if the screen asks what became of the vehicle that the sensors lost; True if it asked."""
        visit: str | None = self._officer.lane(self._lane).get("unclear")
        if visit is None:
            return False
        path = "/came-back" if came_back else "/went-through"
        self._officer.submit(path, lane=self._lane, **{f"unclear-{self._lane}": visit})
        return True

    def _sees_nobody_judged(self) -> bool:
        """Returns True if somebody is at the lane, as the screen says, who was not judged yet."""
        lane = self._officer.lane(self._lane)
        return lane["verdict"] is None and bool(lane["occupied"])

    def sees_verdict(self) -> bool:
        """Returns True if the screen shows a verdict for the lane; `OfficerError` if the page does not answer."""
        return self._officer.lane(self._lane)["verdict"] is not None
