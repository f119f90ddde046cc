"""The lane's voice: a verdict in a few words and the plate, Chinese first; or a tone for each verdict.

`prompt` is a plain function of what a lane showed before and shows now. `Voice` says it on a thread of its own through the
engine that `gate.toml` names: `espeak-ng` speaks, `tones` plays sounds that are made here at the start, `off` is silent. The
lane never waits: each lane has one prompt in line (and the command post's orders one), and a newer one takes its place. Where speaking fails the tone sounds
instead, and an alarm says that it does.
"""

import io
import math
import subprocess
import threading
import wave
from array import array
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import structlog

from edge.contract.reasons import WORDS, Reason, Verdict
from edge.gate.view import GateView, LaneView
from edge.lane.phase import Phase

log = structlog.get_logger()

FOLDER = "sounds"
PATIENCE = 12.0
"""Seconds that a prompt may sound at most."""
RATE = 16_000
"""Samples a second of the tones."""
SPEED = 160
"""Words a minute."""
VOICES = {"zh": "cmn", "en": "en"}
DIGITS = dict(zip("0123456789", "零幺二三四五六七八九", strict=True))
"""As plates are read over the radio: 1 is yāo, which nobody takes for 7."""


class Cue(StrEnum):
    """The things that the voice announces; each has a tone of its own."""

    GO = "go"
    LOOK = "look"
    HOLD = "hold"
    STOP = "stop"
    BACK = "back"
    ORDER = "order"


CUES = {Verdict.GO: Cue.GO, Verdict.LOOK: Cue.LOOK, Verdict.HOLD: Cue.HOLD, Verdict.STOP: Cue.STOP}
SAID: dict[Cue, tuple[str, str]] = {
    Cue.GO: ("请通行", "go"),
    Cue.LOOK: ("请等待核对", "wait, please"),
    Cue.HOLD: ("请停车消毒", "stop for disinfection"),
    Cue.STOP: ("禁止通行", "stop"),
    Cue.BACK: ("请掉头", "turn back"),
    Cue.ORDER: ("有新指令，请查看", "a new order: please read it"),
}
# hertz and seconds of each note: rising is good, falling is not, twice the same asks for patience
NOTES: dict[Cue, tuple[tuple[int, float], ...]] = {
    Cue.GO: ((660, 0.15), (880, 0.3)),
    Cue.LOOK: ((660, 0.2), (0, 0.1), (660, 0.2)),
    Cue.HOLD: ((520, 0.25), (0, 0.1), (520, 0.25), (0, 0.1), (520, 0.25)),
    Cue.STOP: ((440, 0.3), (220, 0.6)),
    Cue.BACK: ((440, 0.25), (330, 0.25), (220, 0.4)),
    Cue.ORDER: ((880, 0.12), (660, 0.12), (880, 0.12), (660, 0.12)),
}
UP = frozenset({Phase.OPENING, Phase.OPEN, Phase.DRIVING})


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something to say at a lane. `lane`: its name where the gate has several; `reason`: why not, for a stop or a look."""

    cue: Cue
    plate: str = ""
    reason: Reason | None = None
    lane: str | None = None


def prompt(before: LaneView | None, after: LaneView, lane: str | None = None) -> Prompt | None:
    """What to say about the change from `before` to `after`; None: nothing worth a word."""
    if after.visit is None or after.verdict is None:
        return None
    new = before is None or before.visit != after.visit or before.verdict is not after.verdict
    was_up = before is not None and before.phase in UP
    if after.phase is Phase.RECALLED:
        cue = Cue.BACK if before is None or before.phase is not Phase.RECALLED else None
    elif after.phase in UP:
        cue = None if was_up and not new else Cue.GO
    else:
        cue = CUES[after.verdict] if new else None
    if cue is None:
        return None
    why = after.reason if cue in {Cue.STOP, Cue.LOOK} else None
    return Prompt(cue, after.plate, why, lane)


def sentence(said: Prompt, language: str) -> str:
    """The prompt in words, `zh` or `en`; the plate letter by letter."""
    place = 0 if language == "zh" else 1
    parts = [_lane_words(said.lane, language), plate_words(said.plate, language), SAID[said.cue][place]]
    if said.reason is not None:
        words = WORDS[said.reason]
        parts.append(words.zh if language == "zh" else words.en)
    return ("，" if language == "zh" else ", ").join(part for part in parts if part)


def plate_words(plate: str, language: str) -> str:
    """A plate as it is read out: each character by itself. Its province has no English: the voice reads the rest."""
    if language == "zh":
        return " ".join(DIGITS.get(each, each) for each in plate)
    return " ".join(each for each in plate if each.isascii())


def _lane_words(lane: str | None, language: str) -> str:
    if lane is None:
        return ""
    return f"{lane}号车道" if language == "zh" else f"lane {lane}"


def tone(cue: Cue) -> bytes:
    """The cue's tone as a WAV file: mono, 16 bits. Notes swell and fade, so that nothing clicks."""
    samples = array("h")
    for hertz, seconds in NOTES[cue]:
        count = int(RATE * seconds)
        for place in range(count):
            swell = min(1.0, place / 200, (count - place) / 200)
            samples.append(int(22_000 * swell * math.sin(2 * math.pi * hertz * place / RATE)))
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())
    return file.getvalue()


class VoiceError(OSError):
    """Nothing sounded; the text is one line."""


class Tones:
    """Plays a tone for each cue, from files that are made at the start, or with the first one if the disk took none then."""

    def __init__(self, folder: Path, player: Sequence[str] = ("aplay", "--quiet")) -> None:
        self._folder = folder
        self._player = tuple(player)
        self._made = False
        with suppress(OSError):
            self._make()

    def _make(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for cue in Cue:
            (self._folder / f"{cue}.wav").write_bytes(tone(cue))
        self._made = True

    def say(self, said: Prompt) -> None:
        """Sounds, and returns when it is over."""
        if not self._made:
            try:
                self._make()
            except OSError as error:
                raise VoiceError(f"{error.filename or self._folder}: {error.strerror or error}") from None
        _run([*self._player, str(self._folder / f"{said.cue}.wav")])


class Espeak:
    """Speaks each prompt in one language after the other."""

    def __init__(
        self,
        languages: Sequence[str],
        program: Sequence[str] = ("espeak-ng",),
        player: Sequence[str] = ("aplay", "--quiet"),
    ) -> None:
        self._languages = tuple(languages)
        self._program = tuple(program)
        self._player = tuple(player)

    def say(self, said: Prompt) -> None:
        """Speaks, and returns when it is over."""
        for language in self._languages:
            # by standard input: what stands on a command line can be read by every process of the machine
            text = sentence(said, language).encode()
            spoken = _run([*self._program, "-v", VOICES[language], "-s", str(SPEED), "--stdin", "--stdout"], text)
            # played apart: espeak-ng ends well even where there is no loudspeaker
            _run([*self._player, "-"], spoken)


class Voice:
    """Says what changes at the lanes. `fault(why)` is called when nothing can be said (None: it can again)."""

    def __init__(
        self, speaker: Espeak | Tones, fallback: Tones, fault: Callable[[str | None], None] = lambda why: None
    ) -> None:
        self._speaker = speaker
        self._fallback = fallback
        self._fault = fault
        self._faulty = False
        self._shown: Mapping[str, LaneView] = {}
        self._ordered: frozenset[str] = frozenset()
        self._pending: dict[str, Prompt] = {}
        self._news = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._speak, name="voice", daemon=True)

    def hear(self, view: GateView) -> None:
        """Takes a change of the gate's state; called on the gate's thread, returns at once."""
        several = len(view.lanes) > 1
        for lane in view.lanes:
            said = prompt(self._shown.get(lane.name), lane, lane.name if several else None)
            if said is not None:
                self._put(lane.name, said)
        self._shown = {lane.name: lane for lane in view.lanes}
        orders = frozenset(order.id for order in view.orders)
        if not orders <= self._ordered:
            self._put("", Prompt(Cue.ORDER))
        self._ordered = orders

    def _put(self, place: str, said: Prompt) -> None:
        with self._news:
            self._pending[place] = said
            self._news.notify()

    def start(self) -> None:
        """Begins to speak."""
        self._thread.start()

    def stop(self) -> None:
        """Falls silent after the word that is being said."""
        with self._news:
            self._stopping = True
            self._news.notify()
        self._thread.join(timeout=PATIENCE)

    def _speak(self) -> None:
        while (said := self._next()) is not None:
            try:
                self._speaker.say(said)
            except VoiceError as error:
                self._complain(str(error))
                self._sound_instead(said)
            else:
                self._complain(None)

    def _next(self) -> Prompt | None:
        with self._news:
            self._news.wait_for(lambda: self._pending or self._stopping)
            return None if self._stopping else self._pending.pop(next(iter(self._pending)))

    def _sound_instead(self, said: Prompt) -> None:
        if self._speaker is self._fallback:
            return
        try:
            self._fallback.say(said)
        except VoiceError as error:
            log.warning("no sound at all", error=str(error))

    def _complain(self, why: str | None) -> None:
        if self._faulty is not (why is not None):
            self._faulty = why is not None
            self._fault(why)


def _run(command: Sequence[str], given: bytes = b"") -> bytes:
    """What a program says to `given`; `VoiceError` if it fails, hangs or is not there."""
    try:
        done = subprocess.run(list(command), input=given, capture_output=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise VoiceError(f"{command[0]}: not done after {PATIENCE:g} s") from None
    except OSError as error:
        raise VoiceError(f"{command[0]}: {error.strerror}") from None
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise VoiceError(f"{command[0]}: {lines[-1] if lines else f'exit status {done.returncode}'}")
    return done.stdout
