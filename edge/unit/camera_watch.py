"""The alarms of a lane's camera and decoder, as events: plain functions of their condition, which is looked at once a second.

A camera that is missing, unplugged or blind, one that refuses a setting, and a decoder that does not start never end the gate:
the lane goes on by hand under an alarm, which is raised once with the first reason and cleared when the camera or
decoder works again.

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
class CameraState:
    """The condition of a lane's camera and decoder.

    `ok`: frames come; `why_blind`: why none do, if that is known; `fault`: what is wrong with the frames; `refused`: what the
    camera did not take of its controls; `decoder`: why codes cannot be read.
    """

    ok: bool
    why_blind: str | None = None
    fault: Fault | None = None
    refused: str | None = None
    decoder: str | None = None


class CameraWatch:
    """Follows the cameras of all lanes from `started` (monotonic seconds) on."""

    def __init__(self, started: float) -> None:
        self._started = started
        self._raised: dict[tuple[str, str], str | None] = {}

    def look(self, lane: str, state: CameraState, now: float) -> Iterator[AlarmBegan | AlarmEnded]:
        """The alarms that changed. The first look at a lane clears what its last run left standing."""
        settling = now - self._started < SETTLING
        blind = None if state.ok else ("blind", state.why_blind or "delivers no pictures")
        wrong = None if state.fault is None else (state.fault.value, WORDS[state.fault])
        if not (settling and blind):
            yield from self._changed(CAMERA, lane, blind or wrong)
        for code, why in ((CAMERA_SETTINGS, state.refused), (DECODER, state.decoder)):
            # a camera that is gone refuses nothing, and takes nothing either: what it was last asked still stands
            if state.ok or code is not CAMERA_SETTINGS:
                yield from self._changed(code, lane, None if why is None else (why, why))

    def _changed(self, code: str, lane: str, wrong: tuple[str, str] | None) -> Iterator[AlarmBegan | AlarmEnded]:
        kind = wrong[0] if wrong else None
        if (code, lane) in self._raised and self._raised[code, lane] == kind:
            return
        self._raised[code, lane] = kind
        yield AlarmEnded(code, lane)
        if wrong is not None:
            yield AlarmBegan(code, f"lane {lane}: {wrong[1]}", lane)
