"""Follows a lane frame after frame: searches the likely places, tracks each vehicle's code, and reports each code once.

Nearly all frames show an empty lane, so a small difference picture goes first: it costs a tenth of a millisecond. What moved is
looked at with the bare decoder; what that cannot read climbs the ladder, for at most the budget of a frame, and goes on in the
frames that follow, the sharpest picture first. A vehicle stands for a second or more: it counts that it is read, not which frame.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from edge.camera.frames import Frame, Hint, Image, Outline, Sight
from edge.camera.opencv import cv2
from edge.scanner.advice import advise, measure, sharpness
from edge.scanner.climber import FORGET, Climber
from edge.scanner.decoders import Point, Reading
from edge.scanner.filters import Patch
from edge.scanner.motion import Motion
from edge.scanner.places import UNREADABLE, Place, places, washed_out
from edge.scanner.repeats import Repeats
from edge.scanner.scanner import Scanner, Work, is_pass, passes_first, to_gray

STIRRED = 0.05
"""Share of a place that changes when it moves, even slowly."""
GROWN = 48
"""Pixels around what moved that are looked at too: a pass in a hand is larger than what changes of it."""


@dataclass(slots=True)
class Track:
    """The code of the vehicle in the lane: where it is, since when it is followed, and whether it was read."""

    place: Place
    since: float
    at: float
    looks: int = 1
    read: bool = False


class Tracker:
    """The tracker of a lane's camera: gives the readings that are new. `sight` is the last code in sight, read or not, for the screen.

    `budget`: seconds of work a frame. `occupied`: whether the lane's loops know of a vehicle; then a still picture is
    looked at more often. `difference`: grey levels that are a change; above 5, codes at night were lost.
    """

    SETTLING = 5
    """Frames after the last change that are still looked at: a hand comes to rest."""
    LOOK_SECONDS, OCCUPIED_SECONDS = 1.0, 0.2
    """How often a picture is looked at in which nothing changes: a card that lies still changes nothing."""
    WHOLE = 3
    """Every third look at something that moves is one at the whole frame."""
    ADVICE_AFTER = 0.3
    """Seconds after which a code that is followed and not read is advised about: a hand that comes to rest needs as long."""

    def __init__(
        self,
        scanner: Scanner,
        repeat_seconds: float = 3.0,
        difference: int = 4,
        *,
        budget: float = 0.04,
        occupied: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._occupied = occupied
        self._clock = clock
        self._motion = Motion(difference)
        # a text in sight must be seen again before it counts as gone
        self._look_every = min(self.LOOK_SECONDS, repeat_seconds / 2)
        self._climber = Climber(scanner, budget, clock)
        self._repeats = Repeats(repeat_seconds)
        self._settling = 0
        self._looks = 0
        self._looked_at = float("-inf")
        self._track: Track | None = None
        self.sight: Sight | None = None
        self.smallest_read: float | None = None
        """Pixels of the smallest side of a pass that was read: twice as small is twice as far."""

    def see(self, frame: Frame) -> tuple[Reading, ...]:
        """The readings that are new in this frame: not those still in sight, or out of it for less than `repeat_seconds`."""
        moved = self._motion.of(frame.image)
        if moved is not None:
            self._settling = self.SETTLING
        elif self._settling > 0:
            self._settling -= 1
        elif not self._due(frame.at):
            return self._repeats.fresh([], frame.at)
        idle = moved is None and self._settling == 0
        return self._look(frame, moved, idle)

    def forget(self) -> None:
        """Codes that are still in sight are new again in the next frames; of one that has left, no frame that waits is read any more."""
        self._repeats.forget()
        self._climber.forget()
        self._track = None
        # a card that lies still is looked at as if it had just come to rest
        self._settling = self.SETTLING

    @property
    def quiet(self) -> bool:
        """Returns True if nothing has moved for some frames."""
        return self._settling == 0

    def _due(self, now: float) -> bool:
        every = self.OCCUPIED_SECONDS if self._occupied() else self._look_every
        return now - self._looked_at >= every

    # -- one look ------------------------------------------------------------------------------------------------------

    def _look(self, frame: Frame, moved: Place | None, idle: bool) -> tuple[Reading, ...]:
        began = self._clock()
        self._looks += 1
        self._looked_at = frame.at
        gray = to_gray(frame.image)
        work = self._climber.begin(gray, self._region(moved, gray), frame.at, idle=idle)
        readings = self._climber.climb(work)
        # the rungs of the ladder that take whole frames take them whole
        work.region = None
        if not work.done and not self._is_read_here(frame.at):
            quiet = idle and not self._occupied()
            readings += self._climber.work_on(work, self._sharpness(work, moved), began, quiet=quiet)
        self._follow(work, moved, readings, gray)
        if any(is_pass(each) for each in readings):
            self._climber.forget()
        return self._repeats.fresh(readings, frame.at)

    def _region(self, moved: Place | None, gray: Image) -> Place | None:
        """Where to look first: what moved and the last place of the code; None: everywhere."""
        if moved is None or self._looks % self.WHOLE == 0:
            return None
        x0, y0, x1, y1 = moved.x, moved.y, moved.x + moved.width, moved.y + moved.height
        if self._track is not None:
            last = self._track.place
            x0, y0 = min(x0, last.x), min(y0, last.y)
            x1, y1 = max(x1, last.x + last.width), max(y1, last.y + last.height)
        x0, y0 = max(0, x0 - GROWN), max(0, y0 - GROWN)
        x1, y1 = min(gray.shape[1], x1 + GROWN), min(gray.shape[0], y1 + GROWN)
        if (x1 - x0) * (y1 - y0) > 0.6 * gray.size:
            return None
        return Place(x0, y0, x1 - x0, y1 - y0)

    def _sharpness(self, work: Work, moved: Place | None) -> float:
        """How sharp the likeliest code of a picture is, where something moves if it does."""
        here = [each for each in work.places if moved is None or self._moves(each.place)] or work.places
        return sharpness(here[0].gray) if here else 0.0

    # -- one vehicle ---------------------------------------------------------------------------------------------------

    def _is_read_here(self, now: float) -> bool:
        """The pass of the vehicle in sight was read moments ago: a blurred picture of it is no riddle."""
        return self._track is not None and self._track.read and now - self._track.at < self.ADVICE_AFTER

    def _follow(self, work: Work, moved: Place | None, readings: list[Reading], gray: Image) -> None:
        now = work.at
        read = next(iter(passes_first(iter(readings))), None)
        if read is not None:
            place = _around(read.corners)
            self._track = Track(place, now, now, read=True)
            side = float(cv2.contourArea(np.array(read.corners, np.float32)) ** 0.5)
            self.sight = Sight(now, outline(read.corners, gray), read=True, sharpness=_sharp(gray, place), side=side)
            if is_pass(read) and side > 0:
                self.smallest_read = min(side, self.smallest_read or side)
            return
        if self._is_read_here(now):
            return
        likeliest = self._most_stirred(self._unread(work, moved, gray))
        washed = None if moved is None else self._washed(gray, likeliest)
        if unread := washed or likeliest:
            self._follow_unread(unread, moved, now, gray, washed is not None)

    def _washed(self, gray: Image, likeliest: Place | None) -> Place | None:
        """Where a reflection moves with a code. Its white changes little; but a bright house behind a hand moves far less."""
        place = self._most_stirred(washed_out(gray))
        least = STIRRED if likeliest is None else max(STIRRED, self._motion.stirred(likeliest) / 3)
        return place if place is not None and self._motion.stirred(place) > least else None

    def _unread(self, work: Work, moved: Place | None, gray: Image) -> list[Place]:
        """Where a code is that was not read, or is too small to be; of what moves, if anything does."""
        found = [each.place for each in work.places if moved is None or self._moves(each.place)]
        if found or moved is None:
            return found
        return [each for each in places(gray, 4, UNREADABLE) if self._moves(each)]

    def _most_stirred(self, found: list[Place]) -> Place | None:
        return max(found, key=self._motion.stirred) if found else None

    def _moves(self, place: Place) -> bool:
        return self._motion.stirred(place) > STIRRED

    def _follow_unread(self, place: Place, moved: Place | None, now: float, gray: Image, washed: bool) -> None:
        track = self._track
        known = track is not None and now - track.at < FORGET and track.place.near(place)
        if not known or track is None:
            # what never moved is a sign, and no code of anybody's
            self._track = None if moved is None else Track(place, now, now)
            return
        track.place, track.at, track.looks = place, now, track.looks + 1
        if now - track.since >= self.ADVICE_AFTER and not track.read:
            found = measure(gray, place)
            shown = outline(_rectangle(place), gray)
            hint = Hint.GLARE if washed else advise(found)
            self.sight = Sight(now, shown, read=False, hint=hint, sharpness=found.sharpness, side=found.side)


def outline(corners: tuple[Point, ...], image: Image) -> Outline:
    """Corners in pixels as shares of the picture."""
    height, width = image.shape[:2]
    return tuple((x / width, y / height) for x, y in corners)


def _around(corners: tuple[Point, ...]) -> Place:
    x, y = [each[0] for each in corners], [each[1] for each in corners]
    return Place(max(0, min(x)), max(0, min(y)), max(1, max(x) - min(x)), max(1, max(y) - min(y)))


def _rectangle(place: Place) -> tuple[Point, ...]:
    x, y, right, low = place.x, place.y, place.x + place.width, place.y + place.height
    return ((x, y), (right, y), (right, low), (x, low))


def _sharp(gray: Image, place: Place) -> float:
    patch = Patch(gray, place)
    return sharpness(patch.gray) if patch.gray.size else 0.0
