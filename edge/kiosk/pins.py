"""The PINs of officers: checked against the hashes that came with the policy, and slower after each wrong one.

Four digits are soon guessed by whoever may try as often as they like: after `FREE` wrong ones an officer's PIN rests, each time twice
as long. Times are monotonic seconds. A PIN is counted as wrong before it is looked at, and the count is kept over a restart (`tries`):
neither a burst of guesses nor a pulled plug gives one more.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from edge.kiosk.tries import TriesFile

FREE = 3
"""Wrong PINs in a row that cost nothing but the trying."""
FIRST_REST = 30.0
LONGEST_REST = 900.0
REMEMBERED = 60.0
"""Seconds after the last wrong PIN, or its rest, until the alarm of it ends."""
WRONG_PIN = "wrong_pin"
"""The alarm of wrong PINs."""


@dataclass(frozen=True, slots=True)
class Tries:
    """How often in a row an officer's PIN was wrong, and until when it is not accepted."""

    wrong: int = 0
    rests_until: float = 0.0


def after_wrong(tries: Tries, now: float) -> Tries:
    """The tries after one more wrong PIN."""
    wrong = tries.wrong + 1
    if wrong < FREE:
        return Tries(wrong)
    return Tries(wrong, now + min(LONGEST_REST, FIRST_REST * 2 ** (wrong - FREE)))


@dataclass(frozen=True, slots=True)
class PinCheck:
    """What came of a PIN that was typed: right, or how often it was wrong and how many seconds it rests.

    `tried`: the PIN was compared with its hash; one that rests is not.
    """

    right: bool
    wrong: int = 0
    rest: float = 0.0
    tried: bool = True


def after_restart(wrong: int, now: float) -> Tries:
    """The tries of an officer's PIN after a restart: the count stays; a wait that was running begins anew."""
    return after_wrong(Tries(wrong - 1), now) if wrong >= FREE else Tries(wrong)


class Pins:
    """The PINs of a gate's screen. `monotonic`: the clock; `file`: where the counts outlive a restart, None for nowhere."""

    def __init__(self, monotonic: Callable[[], float], file: TriesFile | None = None) -> None:
        self._monotonic = monotonic
        self._hasher = PasswordHasher()
        self._file = file
        before: Mapping[str, int] = file.load() if file else {}
        self._tries = {officer: after_restart(wrong, monotonic()) for officer, wrong in before.items() if wrong}
        self._alarm_until = float("-inf")
        # one at a time: a check takes 64 MB, and two at once would be two guesses for one
        self._lock = threading.Lock()

    def check(self, officer: str, hashed: str, pin: str) -> PinCheck:
        """Compares a PIN with its hash; while an officer's PIN rests nothing is compared."""
        with self._lock:
            tries, now = self._tries.get(officer, Tries()), self._monotonic()
            if now < tries.rests_until:
                return PinCheck(False, tries.wrong, tries.rests_until - now, tried=False)
            wrong = after_wrong(tries, now)
            self._put(officer, wrong)
            if self._holds(hashed, pin):
                self._put(officer, None)
                return PinCheck(True)
            tries = wrong
            self._alarm_until = max(now, tries.rests_until) + REMEMBERED
            return PinCheck(False, tries.wrong, max(0.0, tries.rests_until - now))

    @property
    def quiet(self) -> bool:
        """Returns True if the last wrong PIN is long enough ago for its alarm to end."""
        return self._monotonic() >= self._alarm_until

    def _put(self, officer: str, tries: Tries | None) -> None:
        if tries is None:
            self._tries.pop(officer, None)
        else:
            self._tries[officer] = tries
        if self._file is not None:
            self._file.keep({each: held.wrong for each, held in self._tries.items()})

    def _holds(self, hashed: str, pin: str) -> bool:
        try:
            return self._hasher.verify(hashed, pin)
        except (VerificationError, InvalidHashError):
            return False
