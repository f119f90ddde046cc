"""The devices of a lane of the road: what the gate's hands do there, as `edge.hardware.LaneHardware` does it on pins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.contract.reasons import Colour
from edge.lane.events import SprayDone

if TYPE_CHECKING:
    from tests.edge.road.lane import RoadLane


class RoadHands:
    """Hands over the physics. `cause`: why the relay is as it is; `lamp`: which one is lit; `spraying`: the sprayer is on."""

    def __init__(self, lane: RoadLane) -> None:
        self.lane = lane
        self.raised = False
        self.marked = False
        self.cause = "start"
        self.lowered_at = 0.0
        self.dropped = False
        """Without power the arm came down, and was at no end since."""
        self.lamp = Colour.RED
        self.spraying = False
        self.run = 0
        self.tells_up = lane.setup.up_switch
        self.tells_down = lane.setup.down_switch
        self.guarded = lane.layout.safety is not None
        self._ran = 0.0
        self._litres = 0.0
        self._since = 0.0

    @property
    def at_up(self) -> bool:
        """The level of the upper end switch."""
        return self.tells_up and self.lane.up.level

    @property
    def at_down(self) -> bool:
        """The level of the lower end switch."""
        return self.tells_down and self.lane.down.level

    @property
    def occupied(self) -> bool:
        """Returns True if somebody is in the arm's sweep, by the raw levels."""
        outer, inner = self.lane.outer.level, self.lane.inner.level
        return self.lane.safety.level or (outer and inner) if self.guarded else outer or inner

    @property
    def sprayed(self) -> float:
        """Seconds of the run that is on, or of the last one."""
        return self.lane.world.now - self._since if self.spraying else self._ran

    @property
    def litres(self) -> float | None:
        """Litres that flowed in it."""
        if not self.lane.setup.flow:
            return None
        return round(self.sprayed * 0.2, 3) if self.lane.flows else 0.0

    # -- the barrier ---------------------------------------------------------------------------------------------------

    def raise_barrier(self) -> None:
        """Switches the relay on."""
        if not self.raised:
            self.lane.world.judge.barrier.raising(self.lane)
        self._relay(True, "gate")

    def lower_barrier(self) -> bool:
        """Switches the relay off, unless somebody is in the sweep."""
        if self.raised and self.occupied:
            return False
        self._relay(False, "gate")
        return True

    def _relay(self, on: bool, cause: str) -> None:
        self.marked = on
        if on is self.raised:
            return
        self.raised = on
        self.cause = cause
        if not on:
            self.lowered_at = self.lane.world.now
        self.lane.world.tell(f"{self.lane.name}: relay {'on' if on else 'off'} ({cause})")
        self.lane.relay_changed(on)

    # -- the rest ------------------------------------------------------------------------------------------------------

    def start_spray(self, seconds: float, run: int = 0) -> None:
        """Sprays for so long."""
        self.stop_spray()
        world = self.lane.world
        self.spraying, self.run, self._since = True, run, world.now
        world.tell(f"{self.lane.name}: sprayer on, run {run}, {seconds:.1f} s")
        world.judge.spraying.began(self.lane, run)
        token = self._token = object()
        world.at(world.now + min(seconds, self.lane.setup.spray_most), lambda: self._finish(token))

    _token: object = None

    def _finish(self, token: object) -> None:
        if not self.spraying or token is not self._token:
            return
        run = self.run
        self._off()
        self._report(run)

    def _report(self, run: int) -> None:
        done = SprayDone(self.lane.name, round(self._ran, 2), self.litres, run=run)
        self.lane.line.report(lambda: self.lane.world.comes(done))

    def stop_spray(self) -> None:
        """Stops it; now and then its end was on its way already."""
        if self.spraying:
            run = self.run
            self._off()
            if self.lane.world.random.random() < self.lane.setup.late_spray:
                done = SprayDone(self.lane.name, round(self._ran, 2), self.litres, run=run)
                self.lane.world.at(
                    self.lane.world.now + self.lane.world.random.random() * 2, lambda: self.lane.world.comes(done)
                )

    def _off(self) -> None:
        self._ran = self.lane.world.now - self._since
        self.spraying = False
        self.lane.world.tell(f"{self.lane.name}: sprayer off after {self._ran:.1f} s")

    def forget_spray(self) -> None:
        """Sets the last run back."""
        if not self.spraying:
            self._ran = 0.0

    def light(self, colour: Colour) -> None:
        """Lights one lamp."""
        if colour is not self.lamp:
            self.lamp = colour
            self.lane.world.tell(f"{self.lane.name}: lamp {colour}")
            self.lane.lamp_changed()

    def buzz(self, seconds: float) -> None:
        """Nobody hears it."""

    # -- power ---------------------------------------------------------------------------------------------------------

    def die(self, *, power: bool) -> None:
        """The gate's process ends: the sprayer stops; without power the relay falls off and the lamp is dark."""
        if self.spraying:
            self._off()
        if power:
            self.dropped = self.raised
            self._relay(False, "power cut")
        self.light(Colour.RED)

    def begin(self, *, up: bool) -> None:
        """A new process takes the pins: an arm that was left up over a vehicle stays up."""
        self._relay(up or (self.anyone and self.marked), "start")
        self._ran = 0.0
        self.light(Colour.RED)

    @property
    def anyone(self) -> bool:
        """Returns True if any sensor is on."""
        return self.lane.outer.level or self.lane.inner.level or self.lane.safety.level
