"""What the lane says aloud: once for each change, Chinese first, and never at the lane's expense."""

import io
import shutil
import threading
import time
import wave
from dataclasses import replace
from pathlib import Path

import pytest

from edge.contract.commands import Command
from edge.contract.facts import ReadBy
from edge.contract.reasons import Direction, Reason, Verdict
from edge.gate.view import GateView, LaneView
from edge.kiosk.prompts import Cue, Prompt, order_prompts, pieces, prompt_for, sentence
from edge.kiosk.speakers import Espeak, SpeakerError, Tones, tone
from edge.kiosk.voice import Voice
from edge.lane.phase import Arm, Phase
from tests.contract.samples import COMMANDS

WAITING = LaneView("1", Phase.WAITING, 0.0, (), None)
HOLD = replace(
    WAITING, phase=Phase.DISINFECTING, visit="a" * 32, verdict=Verdict.HOLD, reason=Reason.DISINFECTION_DUE,
    plate="鲁B12345", direction=Direction.IN, read_by=ReadBy.QR,
)  # fmt: skip
STOP = replace(HOLD, phase=Phase.REFUSED, visit="b" * 32, verdict=Verdict.STOP, reason=Reason.EXPIRED)


def gate(*lanes: LaneView, orders: tuple[Command, ...] = ()) -> GateView:
    return GateView(
        lanes=lanes,
        officer=None,
        tanks=(),
        unfinished=(),
        plateless=(),
        alarms={},
        fault=None,
        orders=orders,
    )


class Recorder(Tones):
    """A speaker that writes down each prompt, and fails while `broken`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.spoken: list[Prompt] = []
        self.broken = False
        self.spoke = threading.Event()
        self.slow = threading.Event()
        self.slow.set()

    def speak(self, prompt: Prompt) -> None:
        self.slow.wait(5)
        self.spoken.append(prompt)
        self.spoke.set()
        if self.broken:
            raise SpeakerError("no loudspeaker")


def test_a_verdict_is_said_once_and_the_open_barrier_again() -> None:
    assert prompt_for(WAITING, HOLD) == Prompt(Cue.HOLD, "鲁B12345")
    assert prompt_for(HOLD, HOLD) is None
    opened = replace(HOLD, phase=Phase.OPEN)
    assert prompt_for(HOLD, opened) == Prompt(Cue.GO, "鲁B12345")
    assert prompt_for(opened, replace(opened, phase=Phase.DRIVING)) is None
    assert prompt_for(opened, WAITING) is None


def test_a_stop_says_why_and_a_vehicle_that_is_sent_back_is_told() -> None:
    assert prompt_for(WAITING, STOP) == Prompt(Cue.STOP, "鲁B12345", Reason.EXPIRED)
    recalled = replace(HOLD, phase=Phase.RECALLED)
    assert prompt_for(HOLD, recalled) == Prompt(Cue.BACK, "鲁B12345")


def test_who_waits_for_the_one_ahead_is_told_to_wait_and_then_to_go() -> None:
    waits = replace(HOLD, phase=Phase.NEXT)
    assert prompt_for(HOLD, waits) == Prompt(Cue.WAIT, "鲁B12345")
    assert prompt_for(waits, replace(waits, behind=True)) is None
    assert prompt_for(waits, replace(waits, phase=Phase.OPENING)) == Prompt(Cue.GO, "鲁B12345")
    assert sentence(Prompt(Cue.WAIT, "鲁B1"), "zh") == "鲁 B 幺，请等待"
    assert sentence(Prompt(Cue.WAIT), "en") == "wait"


def test_nobody_is_told_to_drive_at_an_arm_that_is_stuck() -> None:
    opening = replace(HOLD, phase=Phase.OPENING, arm=Arm.RISING)
    stuck = replace(opening, arm=Arm.STUCK)
    assert prompt_for(opening, stuck) == Prompt(Cue.WAIT, "鲁B12345")
    assert prompt_for(HOLD, stuck) == Prompt(Cue.WAIT, "鲁B12345")
    assert prompt_for(stuck, stuck) is None
    assert prompt_for(stuck, opening) == Prompt(Cue.GO, "鲁B12345")


def test_while_it_is_unclear_who_stands_there_nothing_but_stop_is_said() -> None:
    unclear = replace(WAITING, phase=Phase.CHECKING, unclear="c" * 32, unclear_plate="鲁B67890")
    judged = replace(HOLD, unclear="c" * 32)
    assert prompt_for(replace(HOLD, phase=Phase.DRIVING), unclear) == Prompt(Cue.STOP)
    assert prompt_for(None, unclear, "2") == Prompt(Cue.STOP, lane="2")
    assert prompt_for(unclear, judged) is None
    assert prompt_for(judged, HOLD) == Prompt(Cue.HOLD, "鲁B12345"), "what was not said is said when it is clear"
    called = replace(judged, phase=Phase.OPENING, verdict=Verdict.GO, reason=Reason.EMERGENCY, plate="")
    assert prompt_for(unclear, called) == Prompt(Cue.GO), "an emergency"
    assert prompt_for(called, replace(called, unclear=None)) is None


def test_the_plate_is_read_letter_by_letter_in_both_languages() -> None:
    said = Prompt(Cue.STOP, "鲁B12045", Reason.EXPIRED, lane="2")
    assert sentence(said, "zh") == "2号车道，鲁 B 幺 二 零 四 五，禁止通行，通行证已过期"
    assert sentence(said, "en") == "lane 2, B 1 2 0 4 5, stop, pass has expired"
    assert sentence(Prompt(Cue.GO), "zh") == "请通行"


@pytest.mark.parametrize("cue", list(Cue))
def test_every_cue_has_a_tone_that_is_a_sound(cue: Cue) -> None:
    with wave.open(io.BytesIO(tone(cue))) as sound:
        assert (sound.getnchannels(), sound.getsampwidth()) == (1, 2)
        assert 0.3 < sound.getnframes() / sound.getframerate() < 2.0
        assert max(sound.readframes(sound.getnframes())) > 0
    assert len({tone(each) for each in Cue}) == len(Cue)


def test_the_tones_are_files_made_at_the_start(tmp_path: Path) -> None:
    Tones(tmp_path / "sounds")
    assert {path.name for path in (tmp_path / "sounds").iterdir()} == {f"{cue}.wav" for cue in Cue}


def test_the_lane_never_waits_for_the_voice_and_the_newest_word_counts(tmp_path: Path) -> None:
    speaker = Recorder(tmp_path)
    voice = Voice(speaker, speaker)
    speaker.slow.clear()
    voice.start()
    voice.announce(gate(HOLD))
    time.sleep(0.05)
    began = time.monotonic()
    for number in range(100):
        voice.announce(gate(replace(STOP, visit=f"{number:032x}")))
    assert time.monotonic() - began < 0.5
    speaker.slow.set()
    deadline = time.monotonic() + 5
    while len(speaker.spoken) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    voice.stop()
    assert [prompt.cue for prompt in speaker.spoken] == [Cue.HOLD, Cue.STOP]


def test_a_new_order_is_said_once(tmp_path: Path) -> None:
    speaker = Recorder(tmp_path)
    voice = Voice(speaker, speaker)
    for orders in (COMMANDS.commands[:1], COMMANDS.commands[:1], (), COMMANDS.commands[:1]):
        voice.announce(gate(WAITING, orders=orders))
        if voice._pending:
            speaker.speak(voice._pending.pop(""))
    assert [prompt.cue for prompt in speaker.spoken] == [Cue.ORDER, Cue.ORDER]
    assert sentence(Prompt(Cue.ORDER), "zh") == "有新指令，请查看"


def test_an_order_that_is_to_be_read_out_is_said_in_pieces_behind_the_lanes_words(tmp_path: Path) -> None:
    long = "各卡口注意，雨大路滑，缩短排队。货车一律在三号停车场等待，不得停在桥上！"
    order = COMMANDS.commands[2].model_copy(update={"zh": long, "en": "Rain. Lorries wait."})
    first, *text = order_prompts(order)
    assert first == Prompt(Cue.URGENT)
    assert "".join(each.text for each in text if each.language == "zh") == long
    assert [each.text for each in text if each.language == "en"] == ["Rain.", "Lorries wait."]
    assert [sentence(text[0], language) for language in ("zh", "en")] == ["各卡口注意，", ""]
    speaker = Recorder(tmp_path)
    voice = Voice(speaker, speaker)
    voice.announce(gate(WAITING, orders=(order,)))
    assert voice._next() == first
    assert voice._next() == text[0]
    voice.announce(gate(HOLD, orders=(order,)))
    assert voice._next() == Prompt(Cue.HOLD, "鲁B12345"), "the lane does not wait for the rest"
    assert voice._next() == text[1]
    voice.announce(gate(HOLD))
    assert not voice._texts, "what was confirmed or taken back is read no further"


def test_an_order_in_one_language_is_read_once() -> None:
    order = COMMANDS.commands[2].model_copy(update={"zh": "Stand down", "en": "Stand down"})
    assert [each.language for each in order_prompts(order)] == [None, "en"]
    assert order_prompts(COMMANDS.commands[0]) == (Prompt(Cue.ORDER),)
    assert max(map(len, pieces("字" * 200))) <= 41


def test_where_speaking_fails_the_tone_sounds_and_an_alarm_says_so_until_it_speaks_again(tmp_path: Path) -> None:
    speaker, tones = Recorder(tmp_path / "a"), Recorder(tmp_path / "b")
    faults: list[str | None] = []
    voice = Voice(speaker, tones, faults.append)
    voice.start()
    for broken, view in ((True, HOLD), (True, STOP), (False, HOLD)):
        speaker.broken = broken
        speaker.spoke.clear()
        voice.announce(gate(view))
        assert speaker.spoke.wait(5)
        time.sleep(0.05)
    voice.stop()
    assert [prompt.cue for prompt in tones.spoken] == [Cue.HOLD, Cue.STOP]
    assert faults == ["no loudspeaker", None]


def test_the_words_go_by_standard_input_and_the_sound_to_the_player(tmp_path: Path) -> None:
    program, player, asked, played = (tmp_path / name for name in ("speak", "play", "asked", "played"))
    program.write_text(f'#!/bin/sh\necho "$@" >>{asked}\ncat\n')
    player.write_text(f"#!/bin/sh\ncat >>{played}\n")
    for each in (program, player):
        each.chmod(0o755)
    Espeak(("zh", "en"), (str(program),), (str(player),)).speak(Prompt(Cue.GO, "鲁B1"))
    assert asked.read_text() == "-v cmn -s 160 --stdin --stdout\n-v en -s 160 --stdin --stdout\n"
    assert played.read_text(encoding="utf-8") == "鲁 B 幺，请通行B 1, go"


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_espeak_speaks_chinese(tmp_path: Path) -> None:
    player, played = tmp_path / "play", tmp_path / "played.wav"
    player.write_text(f"#!/bin/sh\ncat >{played}\n")
    player.chmod(0o755)
    Espeak(("zh",), player=(str(player),)).speak(Prompt(Cue.HOLD, "鲁B12345"))
    # 44 bytes of header, 16 bits, 22 kHz: the plate alone takes two seconds
    assert (played.stat().st_size - 44) / 2 / 22_050 > 2


@pytest.mark.parametrize(
    ("script", "why"),
    [("#!/bin/sh\necho 'first\nno device' >&2; exit 1\n", "no device"), ("#!/bin/sh\nexit 3\n", "exit status 3")],
)
def test_a_player_that_fails_says_why_in_one_line(tmp_path: Path, script: str, why: str) -> None:
    player = tmp_path / "play"
    player.write_text(script)
    player.chmod(0o755)
    with pytest.raises(SpeakerError, match=rf"^{player}: {why}$"):
        Tones(tmp_path / "sounds", (str(player),)).speak(Prompt(Cue.GO))


def test_a_program_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SpeakerError, match=r"^/nowhere/espeak: No such file or directory$"):
        Espeak(("zh",), ("/nowhere/espeak",)).speak(Prompt(Cue.GO))
