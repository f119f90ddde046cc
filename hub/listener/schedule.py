"""The schedule of the listener's duties: each is due again at its own pace, or, after a failure, after a pause that doubles.

Tested where the pauses are seen: `tests/hub/listener/test_listener.py`, `test_intake.py`, and `test_schedule.py`.
"""

from collections.abc import Callable
from enum import StrEnum

RETRY = (0.5, 5.0)
"""Seconds of the first pause after a failure, and of the longest."""
RECONNECT = (0.5, 10.0)


class Duty(StrEnum):
    """The duties that the listener does from time to time."""

    RETRY = "retry"
    """To take once more what could not be stored."""
    RECONNECT = "reconnect"
    LOOK_AROUND = "look around"
    """All duties below, as long as none of them fails."""
    GATES = "gates"
    """To look who may speak at the broker."""
    BEAT = "beat"
    """To say that the hub is online."""
    RENEW = "renew"
    """To renew commands that change by themselves."""
    LISTS = "lists"
    """To publish the lists that are new."""
    STATUS = "status"
    """To save what gates say of themselves."""
    SURPLUS = "surplus"
    """To write down what gates sent beyond their limits."""
    OVERSTAYS = "overstays"
    """To look who has stayed too long."""
    RUNS = "runs"
    """To mark planned runs by the visits that have come."""
    DESTRUCTION = "destruction"
    """To make the report of a destruction anew when a receipt has come."""
    REGISTERS = "registers"
    """To look for rows of registers whose time has passed."""
    ALERTS_OF_ENTRIES = "alerts of entries"
    """To raise the alerts of new entries."""
    ALERTS_OF_GATES = "alerts of gates"
    """To look at what gates said of themselves."""
    ALERTS_OF_HUB = "alerts of the hub"
    """To look at the hub's disk, backups, certificates, quarantine."""
    ALERTS_OF_REGISTERS = "alerts of registers"
    """To look for rows of registers that are overdue."""
    TRIPS = "trips"
    """To mark the trips of requests by the crossings that have arrived."""
    WATCHDOG = "watchdog"
    """Sends systemd the sign that the listener lives."""


PAUSES: dict[Duty, tuple[float, float]] = {
    Duty.RETRY: RETRY,
    Duty.RECONNECT: RECONNECT,
    Duty.LOOK_AROUND: RETRY,
    Duty.GATES: RETRY,
}
"""The duties that are put off when they fail."""


class Schedule:
    """The duties of one listener; at the start all are due. `monotonic` gives seconds."""

    def __init__(self, monotonic: Callable[[], float]):
        self._monotonic = monotonic
        self._due = dict.fromkeys(Duty, 0.0)
        self._pause = {duty: first for duty, (first, _) in PAUSES.items()}

    def is_due(self, duty: Duty) -> bool:
        """Returns True if the duty's time has come."""
        return self._monotonic() >= self._due[duty]

    def again_in(self, duty: Duty, seconds: float) -> None:
        """The duty is due after so many seconds."""
        self._due[duty] = self._monotonic() + seconds

    def at_once(self, *duties: Duty) -> None:
        """Makes these duties due now."""
        self._due |= dict.fromkeys(duties, 0.0)

    def put_off(self, duty: Duty) -> None:
        """The duty failed: it is due after a pause, and the next pause is twice as long, up to the longest."""
        self.again_in(duty, self._pause[duty])
        self._pause[duty] = min(self._pause[duty] * 2, PAUSES[duty][1])

    def succeeded(self, duty: Duty) -> None:
        """The next pause of this duty is the shortest again."""
        self._pause[duty] = PAUSES[duty][0]
