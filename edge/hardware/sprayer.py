"""The sprayer's relay with its flow sensor: the sprayer never runs longer than asked, nor longer than its maximum, even if nobody stops it.

With a flow sensor a run lasts until so many seconds really flowed (the pump must prime), and what flows is watched also
while nobody sprays: its alarms are posted when they begin and when they end.

Tested in `tests/edge/hardware/test_lane.py`.
"""

import threading
from collections.abc import Callable
from typing import Any

from edge.config import FlowSettings
from edge.contract.alarms import FLOW_UNASKED, NO_FLOW
from edge.hardware import flow as flows
from edge.hardware.flow import Flow

LOOK = 0.25
"""Seconds between two looks at the flow while there is something to look at."""

Done = Callable[[int, float, float | None], None]
"""Called with the number, the seconds and the litres of a run that came to its end."""


class Sprayer:
    """The relay. `sensor` None: no flow sensor is fitted, and a run's seconds are the relay's."""

    def __init__(
        self,
        relay: Any,
        most: float,
        done: Done,
        monotonic: Callable[[], float],
        sensor: FlowSettings | None = None,
        alarm: Callable[[str, bool], None] = lambda code, on: None,
    ) -> None:
        self._relay = relay
        self._most = most
        self._done = done
        self._monotonic = monotonic
        self._sensor = sensor
        self._alarm = alarm
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        self._look: threading.Timer | None = None
        self._started: float | None = None
        self._number = 0
        self._runs = 0
        self._wanted = 0.0
        self._ran = 0.0
        self._flow = Flow()
        self._told: frozenset[str] = frozenset()
        self._closed = False

    @property
    def sprayed(self) -> float:
        """Seconds of the run that is on, or of the last one: of flow, where there is a sensor."""
        with self._lock:
            return self._relay_seconds() if self._sensor is None else self._flow.seconds

    @property
    def litres(self) -> float | None:
        """Litres that flowed in that run; None: there is no sensor."""
        with self._lock:
            return None if self._sensor is None else self._flow.pulses / self._sensor.pulses_per_litre

    def run(self, seconds: float, number: int = 0) -> None:
        """Switches the sprayer on for `seconds`, never more than the maximum; calls `done` when the run ends by itself.

        `number`: names the run to `done`.
        """
        with self._lock:
            self.stop()
            if self._closed:
                return
            self._runs += 1
            now = self._monotonic()
            self._ran, self._wanted, self._started, self._number = 0.0, seconds, now, number
            self._flow = flows.started(self._flow, now)
            # the timer first: if it cannot start, the relay stays off
            self._end_in(min(seconds, self._most))
            self._relay.on()
            self._watch()

    def stop(self) -> bool:
        """Switches the sprayer off. Returns True if it was on."""
        with self._lock:
            self._relay.off()
            if self._started is None:
                return False
            now = self._monotonic()
            self._ran, self._started = now - self._started, None
            self._flow = flows.stopped(self._flow, now)
            if self._timer is not None:
                self._timer.cancel()
            return True

    def clear(self) -> None:
        """Forgets the last run: another vehicle is at the lane."""
        with self._lock:
            if self._started is None:
                self._ran = 0.0
                self._flow = Flow(
                    off=self._flow.off, last=self._flow.last, unasked=self._flow.unasked, dry=self._flow.dry
                )

    def pulse(self) -> None:
        """Counts one pulse of the flow sensor."""
        with self._lock:
            self._flow = flows.pulsed(self._flow, self._monotonic())
            self._watch()

    def close(self) -> None:
        """Switches the sprayer off for good."""
        with self._lock:
            self._closed = True
            self.stop()
            if self._look is not None:
                self._look.cancel()

    def _relay_seconds(self) -> float:
        return self._ran if self._started is None else self._monotonic() - self._started

    def _end_in(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._finish, [self._runs])
        self._timer.daemon = True
        self._timer.start()

    def _finish(self, runs: int) -> None:
        with self._lock:
            # the timer may have run out just before the next run began
            if self._started is None or runs != self._runs:
                return
            missing = self._missing()
            if missing > 0 and self._goes_on(missing):
                return
            self.stop()
            number, seconds, litres = self._number, self.sprayed, self.litres
        self._done(number, seconds, litres)

    def _goes_on(self, seconds: float) -> bool:
        """Returns True if a timer will end it: without one it ends now."""
        try:
            self._end_in(seconds)
        except RuntimeError:  # no thread is to be had
            return False
        return True

    def _missing(self) -> float:
        """Seconds that the sprayer must run on, because less flowed than was asked for; 0 where that does not help, or is not allowed."""
        if self._sensor is None or self._flow.pulses == 0 or self._flow.dry:
            return 0.0
        missing = self._wanted - self._flow.seconds
        allowed = self._most - self._relay_seconds()
        return max(missing, 0.05) if missing > 0 and allowed >= max(missing, 0.05) else 0.0

    # -- watching the flow ---------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Looks once now, and again later while there is something to look at."""
        if self._sensor is None or self._closed:
            return
        self._flow = flows.looked(self._flow, self._monotonic(), self._sensor.dry)
        on = {code for code, is_on in ((NO_FLOW, self._flow.dry), (FLOW_UNASKED, flows.leaks(self._flow))) if is_on}
        for code in sorted(on ^ self._told):
            self._alarm(code, code in on)
        self._told = frozenset(on)
        waits = self._look is not None and self._look.is_alive()
        if not waits and (self._flow.on is not None or self._flow.unasked):
            self._look = threading.Timer(LOOK, self._looked)
            self._look.daemon = True
            self._look.start()

    def _looked(self) -> None:
        with self._lock:
            self._look = None
            self._watch()
