"""Works on a picture within the budget of a frame: tries the ladder's rungs in the order that helped of late.

Tested in `tests/edge/scanner/test_tracker.py`.
"""

from collections.abc import Callable

from edge.camera.frames import Image
from edge.scanner.decoders import Reading
from edge.scanner.ladder import Rung
from edge.scanner.places import Place
from edge.scanner.scanner import Scanner, Work, is_pass

IDLE_BUDGET, IDLE_DEAREST = 0.002, 0.005
"""Seconds of work at a look at an idle lane, and for a rung that takes part in it."""
KEPT = 3
"""Pictures of a vehicle that wait for more rungs, the sharpest of them."""
FORGET = 1.5
"""Seconds after which a code that is out of sight is another vehicle's."""


class Climber:
    """Climbs the ladder for one picture after the other, the sharpest that wait included.

    `budget`: seconds of work a frame. `clock`: seconds, from any moment. `order`: the rungs after the bare decoder.
    """

    def __init__(self, scanner: Scanner, budget: float, clock: Callable[[], float]) -> None:
        self._budget = budget
        self._clock = clock
        self._run = scanner.run
        self._first, *rest = scanner.rungs
        self.order: list[Rung] = [each for each in rest if not each.dear]
        self._costs = dict.fromkeys((each.name for each in scanner.rungs), 0.0)
        self._idle_turn = 0
        self._pending: list[tuple[float, Work]] = []

    def begin(self, gray: Image, region: Place | None, at: float, *, idle: bool) -> Work:
        """The work on a new picture; none of it is done."""
        return Work(gray, [self._first, *self._turned(idle)], region, at, self._run)

    def forget(self) -> None:
        """The pictures that wait need no more work: a pass was read, or they show who has left."""
        self._pending.clear()

    def climb(self, work: Work) -> list[Reading]:
        """The next rung of a picture, and what it reads."""
        rung, began = work.left[0], self._clock()
        readings = work.climb()
        took = self._clock() - began
        known = self._costs[rung.name]
        self._costs[rung.name] = took if known == 0.0 else 0.9 * known + 0.1 * took
        if readings and rung is not self._first and any(is_pass(each) for each in readings):
            # what helped last helps next: it is the same night, the same lens, the same rain
            self.order.remove(rung)
            self.order.insert(0, rung)
        return readings

    def work_on(self, work: Work, sharp: float, began: float, *, quiet: bool) -> list[Reading]:
        """Climbs for the new picture, then for the sharpest that wait, until the budget of the frame is spent.

        `sharp`: the sharpness of the new picture; `began`: when the work on the frame began; `quiet`: nobody is at the lane.
        """
        budget = IDLE_BUDGET if quiet else self._budget
        self._pending = [each for each in self._pending if not each[1].done and work.at - each[1].at < FORGET]
        self._pending = sorted([*self._pending, (sharp, work)], key=lambda each: -each[0])[:KEPT]
        readings: list[Reading] = []
        # the new picture first, for most of the time: what reads it now is told now
        for _, each in [(sharp, work), *self._pending]:
            share = 0.7 if each is work and len(self._pending) > 1 else 1.0
            while not each.done and self._affordable(each.left[0], began, budget * share):
                readings += self.climb(each)
            if any(is_pass(reading) for reading in readings):
                break
        return readings

    def _affordable(self, rung: Rung, began: float, budget: float) -> bool:
        spent = self._clock() - began
        # a rung that is dearer than a whole budget is begun with half of it unspent, or a slow core would never try it
        return spent + min(self._costs[rung.name], budget / 2) <= budget

    def _turned(self, idle: bool) -> list[Rung]:
        """The ladder as it helped of late; an idle lane tries one rung at a look, another each time."""
        if not idle:
            return list(self.order)
        cheap = [each for each in self.order if self._costs[each.name] < IDLE_DEAREST]
        self._idle_turn = (self._idle_turn + 1) % max(1, len(cheap))
        return cheap[self._idle_turn :] + cheap[: self._idle_turn]
