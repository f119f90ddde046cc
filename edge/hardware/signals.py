"""Turns changes on a lane's wires into events for the gate. Tested in `tests/edge/hardware/test_lane.py`."""

from collections.abc import Callable

from edge.lane.events import (
    AlarmBegan,
    AlarmEnded,
    BarrierDown,
    BarrierMoving,
    BarrierUp,
    Event,
    Loop,
    LoopChanged,
    SprayDone,
    TankChanged,
)

Post = Callable[[Event], None]
Changed = Callable[[bool], None]
"""Called with True when a contact closes, and with False when it opens."""


class Signals:
    """Posts the events of one lane; never blocks, for it is called on the threads of the pins."""

    def __init__(self, lane: str, post: Post) -> None:
        self._lane = lane
        self._post = post

    def loop(self, loop: Loop) -> Changed:
        """A vehicle comes onto a loop, or leaves it."""
        return lambda on: self._post(LoopChanged(self._lane, loop, on))

    def switch(self, name: str) -> Changed:
        """An end switch of the barrier closes or opens, or the float switch of the tank moves."""

        def changed(on: bool) -> None:
            if name == "tank":
                self._post(TankChanged(self._lane, on))
            elif not on:
                self._post(BarrierMoving(self._lane))
            else:
                self._post(BarrierUp(self._lane) if name == "barrier_up" else BarrierDown(self._lane))

        return changed

    def button(self, event: Event) -> Changed:
        """Posts the event that a button stands for, when somebody presses it."""
        return lambda on: self._post(event) if on else None

    def alarm(self, code: str, on: bool) -> None:
        """An alarm of the lane's flow sensor begins, or ends."""
        detail = f"lane {self._lane}"
        self._post(AlarmBegan(code, detail, self._lane) if on else AlarmEnded(code, self._lane))

    def spray_done(self, run: int, seconds: float, litres: float | None) -> None:
        """The sprayer ran to its end; `run`: which run it was."""
        self._post(SprayDone(self._lane, seconds, litres, run))
