"""An officer's PIN: right is right, and who guesses waits longer each time."""

import threading
import time
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from edge.kiosk.pins import FIRST_REST, FREE, LONGEST_REST, PinCheck, Pins, Tries, after_wrong
from edge.kiosk.tries import TriesFile

HASHED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("2580")


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def test_the_right_pin_is_right_and_forgives() -> None:
    pins = Pins(Clock())
    assert pins.check("u-2", HASHED, "0000") == PinCheck(False, 1)
    assert pins.check("u-2", HASHED, "2580") == PinCheck(True)
    assert pins.check("u-2", HASHED, "0000") == PinCheck(False, 1)


def test_after_three_wrong_pins_even_the_right_one_rests() -> None:
    clock = Clock()
    pins = Pins(clock)
    for _ in range(FREE):
        answer = pins.check("u-2", HASHED, "0000")
    assert answer == PinCheck(False, FREE, FIRST_REST)
    assert pins.check("u-2", HASHED, "2580") == PinCheck(False, FREE, FIRST_REST, tried=False)
    assert pins.check("u-3", HASHED, "2580").right, "one officer's guesses lock no other out"
    clock.now += FIRST_REST
    assert pins.check("u-2", HASHED, "2580").right


def test_each_further_wrong_pin_rests_twice_as_long_up_to_a_limit() -> None:
    tries = Tries()
    rests = []
    for _ in range(12):
        tries = after_wrong(tries, 0.0)
        rests.append(tries.rests_until)
    assert rests[:5] == [0.0, 0.0, FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST]
    assert rests[-1] == LONGEST_REST


@pytest.mark.parametrize("hashed", ["", "no hash", "$argon2id$v=19$broken"])
def test_a_hash_that_is_none_is_no_way_in(hashed: str) -> None:
    assert not Pins(Clock()).check("u-2", hashed, "").right


def test_counts_survive_a_restart_and_a_rest_begins_anew(tmp_path: Path) -> None:
    """faults C: pulling the plug forgave every guess."""
    file = TriesFile(tmp_path / "pin-tries.json")
    first = Pins(Clock(), file)
    for _ in range(FREE + 1):
        first.check("u-2", HASHED, "0000")
        first._tries = {officer: Tries(tries.wrong) for officer, tries in first._tries.items()}  # its rest has passed
    again = Pins(Clock(), file)
    assert again.check("u-2", HASHED, "2580") == PinCheck(False, FREE + 1, 2 * FIRST_REST, tried=False)
    assert again.check("u-3", HASHED, "2580").right
    clock = Clock()
    late = Pins(clock, file)
    clock.now += 2 * FIRST_REST
    assert late.check("u-2", HASHED, "2580").right
    assert Pins(Clock(), file).check("u-2", HASHED, "0000") == PinCheck(False, 1), (
        "the right PIN forgives, on the disk too"
    )


def test_a_wrong_pin_is_counted_before_it_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """faults C: whoever cuts the power while the PIN is being hashed has used up a guess."""
    file = TriesFile(tmp_path / "pin-tries.json")
    pins = Pins(Clock(), file)

    def power_cut(hashed: str, pin: str) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(pins, "_holds", power_cut)
    with pytest.raises(KeyboardInterrupt):
        pins.check("u-2", HASHED, "0000")
    assert file.load() == {"u-2": 1}


def test_a_burst_of_guesses_is_hashed_one_by_one_and_none_counts_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """faults C: forty at once are three guesses, and one hash at a time."""
    pins = Pins(Clock())
    running: list[int] = []
    hashed: list[int] = []

    def slow(kept: str, pin: str) -> bool:
        running.append(1)
        hashed.append(len(running))
        time.sleep(0.01)
        running.pop()
        return False

    monkeypatch.setattr(pins, "_holds", slow)
    threads = [threading.Thread(target=pins.check, args=("u-2", HASHED, "0000")) for _ in range(40)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert hashed == [1] * FREE


@pytest.mark.parametrize(
    "held",
    [
        b"",
        b"\0" * 40,
        b"{}[",
        b"[1]",
        b'{"u-2": "3"}',
        b'{"u-2": -1}',
        b'{"u-2": 1e9}',
        b'{"u-2": 99999999999}',
        b"\xff",
    ],
)
def test_a_file_of_counts_that_cannot_be_used_is_moved_aside(tmp_path: Path, held: bytes) -> None:
    """faults D: nothing of it stops the screen, nothing is deleted."""
    path = tmp_path / "pin-tries.json"
    path.write_bytes(held)
    pins = Pins(Clock(), TriesFile(path))
    (aside,) = tmp_path.iterdir()
    assert aside.read_bytes() == held
    assert pins.check("u-2", HASHED, "0000") == PinCheck(False, 1)
    assert path.read_text() == '{"u-2":1}'
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_disk_that_takes_no_file_forgives_no_guess(tmp_path: Path) -> None:
    pins = Pins(Clock(), TriesFile(tmp_path / "nowhere" / "pin-tries.json"))
    for _ in range(FREE):
        pins.check("u-2", HASHED, "0000")
    assert not pins.check("u-2", HASHED, "2580").tried
