"""The voice of the lanes: says each change of a verdict aloud, or plays a tone for it, and never holds a lane up.

It speaks on a thread of its own through the engine that `gate.toml` names: `espeak-ng` speaks, `tones` plays sounds, `off` is
silent. Each lane has one prompt in line (and the command post's orders one), and a newer one takes its place. An order that is to
be read out is said in pieces, each when no lane has a word to say; what is left of it falls away when the order does. Where
speaking fails the tone sounds instead, and an alarm says so.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import structlog

from edge.contract.commands import Command
from edge.gate.view import GateView, LaneView
from edge.kiosk.prompts import Prompt, order_prompts, prompt_for
from edge.kiosk.speakers import PATIENCE, Speaker, SpeakerError

log = structlog.get_logger()


class Voice:
    """Says what changes at the lanes.

    `fallback` sounds where `speaker` fails. `fault(why)` is called when `speaker` fails, and with None when it speaks again.
    """

    def __init__(
        self, speaker: Speaker, fallback: Speaker, fault: Callable[[str | None], None] = lambda why: None
    ) -> None:
        self._speaker = speaker
        self._fallback = fallback
        self._fault = fault
        self._faulty = False
        self._shown: Mapping[str, LaneView] = {}
        self._ordered: frozenset[str] = frozenset()
        self._pending: dict[str, Prompt] = {}
        self._texts: deque[tuple[str, Prompt]] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="voice", daemon=True)

    def announce(self, view: GateView) -> None:
        """Puts in line what changed since the last view; from the gate's thread, at once."""
        several = len(view.lanes) > 1
        for lane in view.lanes:
            prompt = prompt_for(self._shown.get(lane.name), lane, lane.name if several else None)
            if prompt is not None:
                self._put(lane.name, prompt)
        self._shown = {lane.name: lane for lane in view.lanes}
        self._announce_orders(view.orders)

    def _announce_orders(self, orders: Sequence[Command]) -> None:
        new = [order for order in orders if order.id not in self._ordered]
        self._ordered = frozenset(order.id for order in orders)
        with self._changed:
            self._texts = deque(each for each in self._texts if each[0] in self._ordered)
            # urgent ones come first: the first new one says how loud the news is
            for order in new:
                first, *text = order_prompts(order)
                self._texts.extend((order.id, each) for each in text)
                if order is new[0]:
                    self._pending[""] = first
                    self._changed.notify()

    def _put(self, place: str, prompt: Prompt) -> None:
        with self._changed:
            self._pending[place] = prompt
            self._changed.notify()

    def start(self) -> None:
        """Begins to speak."""
        self._thread.start()

    def stop(self) -> None:
        """Falls silent after the word that is being said."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(timeout=PATIENCE)

    def _run(self) -> None:
        while (prompt := self._next()) is not None:
            try:
                self._speaker.speak(prompt)
            except SpeakerError as error:
                self._report(str(error))
                self._sound_instead(prompt)
            else:
                self._report(None)

    def _next(self) -> Prompt | None:
        with self._changed:
            self._changed.wait_for(lambda: self._pending or self._texts or self._stopping)
            if self._stopping:
                return None
            return self._pending.pop(next(iter(self._pending))) if self._pending else self._texts.popleft()[1]

    def _sound_instead(self, prompt: Prompt) -> None:
        if self._speaker is self._fallback:
            return
        try:
            self._fallback.speak(prompt)
        except SpeakerError as error:
            log.warning("no sound at all", error=str(error))

    def _report(self, why: str | None) -> None:
        if self._faulty is not (why is not None):
            self._faulty = why is not None
            self._fault(why)
