"""Which alarms a lane's camera and decoder deserve, as events: pure, called with how they are once a second.

A camera that is missing, unplugged or blind, one that refuses a setting, and a decoder that does not start never end the gate:
the lane goes on by hand under an alarm, which is raised once with the first reason and cleared when it is over.

Tested in `tests/edge/unit/test_missing.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from edge.camera.faults import WORDS, Fault
from edge.contract.alarms import CAMERA, CAMERA_SETTINGS, DECODER
from edge.lane.events import AlarmBegan, AlarmEnded

SETTLING = 5.0
"""Seconds after the start in which a camera that shows nothing yet is only waking up."""


@dataclass(frozen=True, slots=True)
class Seeing:
    """How a lane's camera is. `ok`: frames come; `trouble`: why none do, if that is known; `fault`: what is wrong with them.

    `refused`: what the camera did not take of its controls; `decoder`: why codes cannot be read.
    """

    ok: bool
    trouble: str | None = None
    fault: Fault | None = None
    refused: str | None = None
    decoder: str | None = None


class CameraWatch:
    """Follows the cameras of all lanes from `started` (monotonic seconds) on."""

    def __init__(self, started: float) -> None:
        self._started = started
        self._said: dict[tuple[str, str], str | None] = {}

    def look(self, lane: str, seeing: Seeing, now: float) -> Iterator[AlarmBegan | AlarmEnded]:
        """The alarms that changed. The first look at a lane clears what its last run left standing."""
        settling = now - self._started < SETTLING
        blind = None if seeing.ok else ("blind", seeing.trouble or "delivers no pictures")
        wrong = None if seeing.fault is None else (seeing.fault.value, WORDS[seeing.fault])
        if not (settling and blind):
            yield from self._changed(CAMERA, lane, blind or wrong)
        for code, said in ((CAMERA_SETTINGS, seeing.refused), (DECODER, seeing.decoder)):
            # a camera that is gone refuses nothing, and takes nothing either: what it was last asked still stands
            if seeing.ok or code is not CAMERA_SETTINGS:
                yield from self._changed(code, lane, None if said is None else (said, said))

    def _changed(self, code: str, lane: str, wrong: tuple[str, str] | None) -> Iterator[AlarmBegan | AlarmEnded]:
        kind = wrong[0] if wrong else None
        if (code, lane) in self._said and self._said[code, lane] == kind:
            return
        self._said[code, lane] = kind
        yield AlarmEnded(code, lane)
        if wrong is not None:
            yield AlarmBegan(code, f"lane {lane}: {wrong[1]}", lane)
