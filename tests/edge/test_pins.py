"""An officer's PIN: right is right, and who guesses waits longer each time."""

import pytest
from argon2 import PasswordHasher

from edge.kiosk.pins import FIRST_REST, FREE, LONGEST_REST, Answer, Pins, Tries, after_wrong

HASHED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("2580")


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def test_the_right_pin_is_right_and_forgives() -> None:
    pins = Pins(Clock())
    assert pins.check("u-2", HASHED, "0000") == Answer(False, 1)
    assert pins.check("u-2", HASHED, "2580") == Answer(True)
    assert pins.check("u-2", HASHED, "0000") == Answer(False, 1)


def test_after_three_wrong_pins_even_the_right_one_rests() -> None:
    clock = Clock()
    pins = Pins(clock)
    for _ in range(FREE):
        answer = pins.check("u-2", HASHED, "0000")
    assert answer == Answer(False, FREE, FIRST_REST)
    assert pins.check("u-2", HASHED, "2580") == Answer(False, FREE, FIRST_REST, tried=False)
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
