"""Loudspeakers for prompts: `espeak-ng` speaks them, `Tones` plays a sound for each cue, made here at the start.

Tested in `tests/edge/kiosk/test_voice.py`.
"""

import io
import math
import subprocess
import wave
from array import array
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from edge.kiosk.prompts import Cue, Prompt, sentence

FOLDER = "sounds"
PATIENCE = 12.0
"""Seconds that a prompt may sound at most."""
RATE = 16_000
"""Samples a second of the tones."""
SPEED = 160
"""Words a minute."""
VOICES = {"zh": "cmn", "en": "en"}
"""What espeak-ng calls the languages."""
# hertz and seconds of each note: rising is good, falling is not, twice the same asks for patience
NOTES: dict[Cue, tuple[tuple[int, float], ...]] = {
    Cue.GO: ((660, 0.15), (880, 0.3)),
    Cue.LOOK: ((660, 0.2), (0, 0.1), (660, 0.2)),
    Cue.HOLD: ((520, 0.25), (0, 0.1), (520, 0.25), (0, 0.1), (520, 0.25)),
    Cue.STOP: ((440, 0.3), (220, 0.6)),
    Cue.BACK: ((440, 0.25), (330, 0.25), (220, 0.4)),
    Cue.WAIT: ((520, 0.25), (0, 0.1), (520, 0.25)),
    Cue.URGENT: ((988, 0.12), (740, 0.12), (988, 0.12), (740, 0.12), (988, 0.12), (740, 0.12)),
    Cue.ORDER: ((880, 0.12), (660, 0.12), (880, 0.12), (660, 0.12)),
}


class SpeakerError(OSError):
    """Nothing sounded; the text is one line."""


class Speaker(Protocol):
    """What makes a prompt sound."""

    def speak(self, prompt: Prompt) -> None:
        """Makes the prompt sound, and returns when it is over; `SpeakerError` if nothing sounded."""


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

    def speak(self, prompt: Prompt) -> None:
        """Plays the tone of the prompt's cue; none for a text, whose cue sounded before it."""
        if prompt.text:
            return
        if not self._made:
            try:
                self._make()
            except OSError as error:
                raise SpeakerError(f"{error.filename or self._folder}: {error.strerror or error}") from None
        _run([*self._player, str(self._folder / f"{prompt.cue}.wav")])


class Espeak:
    """Speaks prompts with espeak-ng, in one language after the other."""

    def __init__(
        self,
        languages: Sequence[str],
        program: Sequence[str] = ("espeak-ng",),
        player: Sequence[str] = ("aplay", "--quiet"),
    ) -> None:
        self._languages = tuple(languages)
        self._program = tuple(program)
        self._player = tuple(player)

    def speak(self, prompt: Prompt) -> None:
        """Says the prompt in each language."""
        for language in self._languages:
            # by standard input: what stands on a command line can be read by every process of the machine
            if not (text := sentence(prompt, language).encode()):
                continue
            spoken = _run([*self._program, "-v", VOICES[language], "-s", str(SPEED), "--stdin", "--stdout"], text)
            # played apart: espeak-ng ends well even where there is no loudspeaker
            _run([*self._player, "-"], spoken)


def _run(command: Sequence[str], given: bytes = b"") -> bytes:
    """The standard output of a program for `given` as its input; `SpeakerError` if it fails, hangs or is not there."""
    try:
        done = subprocess.run(list(command), input=given, capture_output=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise SpeakerError(f"{command[0]}: not done after {PATIENCE:g} s") from None
    except OSError as error:
        raise SpeakerError(f"{command[0]}: {error.strerror}") from None
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise SpeakerError(f"{command[0]}: {lines[-1] if lines else f'exit status {done.returncode}'}")
    return done.stdout
