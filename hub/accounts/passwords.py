"""Which passwords and PINs are taken: none that is guessed at once, by who knows the town or by who has a list.

How many guesses a password withstands is zxcvbn's estimate; its lists hold common passwords, names, dates, rows of keys, repeats. A
password or PIN that was set before stays good.
"""

import re
import secrets
from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise

MIN_PASSWORD = 12
MAX_PASSWORD = 256
GUESSES = 1e8
"""That a password must withstand: years of guessing at the sign-in, and a while for who has stolen its argon2 hash."""
_OWN = 5
"""Different letters that a password must have besides the words that everybody knows."""
_ESTIMATED = 72
"""Characters that the estimate looks at; a longer password is as good as its beginning."""
_USUAL = (
    "admin", "administrator", "root", "guest", "test", "welcome", "kakou", "卡口", "checkpoint", "gate", "hub", "officer", "viewer",
    "supervisor", "command", "woaini", "aini", "zhongguo", "china", "beijing", "huanying", "nihao", "mima", "1314", "520", "1314520",
    "5201314", "7758521", "147258", "147258369", "123123", "112233", "888888", "666666", "admin123", "passw0rd", "qwerty", "1qaz2wsx",
)  # fmt: skip
_PIN = re.compile(r"[0-9]{4,12}")
_KEYS = (
    "1234567890",
    "0987654321",
    "147",
    "258",
    "369",
    "159",
    "357",
    "2580",
    "0852",
    "1470",
    "3690",
    "789456123",
    "741852963",
)
"""Ways over the ten keys of a gate's screen that a finger finds by itself."""


def check_password(password: str, known: Iterable[str] = ()) -> None:
    """`ValueError` in one line if a password is too short, or guessed too soon. `known`: what an attacker tries first, as the login,
    the person's name, the town's.
    """
    from zxcvbn import zxcvbn  # its lists take a moment and some memory: only who sets a password needs them

    if (length := len(password.strip())) < MIN_PASSWORD:
        raise ValueError(
            f"password: expected at least {MIN_PASSWORD} characters besides blanks at its ends, found {length}"
        )
    if len(password) > MAX_PASSWORD:
        raise ValueError(f"password: expected at most {MAX_PASSWORD} characters, found {len(password)}")
    if not password.isprintable():
        raise ValueError("password: expected characters that can be typed, found a control character")
    words = [*(part for text in known for part in (text, *re.split(r"[\s._-]+", text)) if len(part) > 1), *_USUAL]
    if _left(password, words) < _OWN or zxcvbn(password[:_ESTIMATED], user_inputs=words)["guesses"] < GUESSES:
        raise ValueError(
            "password: expected one that is not guessed soon, found a common one, a row of keys, repeats, or what everybody knows "
            "(the login, the town, a year); take four words that have nothing to do with each other"
        )


def made_password() -> str:
    """A new password of 96 random bits, which `check_password` takes."""
    while True:
        made = secrets.token_urlsafe(12)
        with suppress(ValueError):
            check_password(made)
            return made


def _left(password: str, words: Iterable[str]) -> int:
    """How many different letters a password has besides what everybody knows: these words, digits, what parts words."""
    text = password.casefold()
    known = {spelled for word in words for spelled in (word.casefold(), word.casefold()[::-1])}
    for word in sorted(known, key=len, reverse=True):
        text = text.replace(word, " ")
    return len({character for character in text if character.isalpha()})


def check_pin(pin: str) -> None:
    """`ValueError` in one line if it is no PIN, or one of those that are tried first: it is typed with gloves on, on ten keys."""
    if not pin.isascii() or _PIN.fullmatch(pin) is None:
        raise ValueError("pin: expected 4 to 12 digits")
    if (why := _guessed(pin)) is not None:
        raise ValueError(f"pin: expected one that is not guessed at once, found {why}")


def _guessed(pin: str) -> str | None:
    """What makes a PIN one of the first that somebody tries; None if nothing does."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    half, odd = divmod(len(pin), 2)
    if len(set(pin)) < 3:
        return "one or two digits throughout"
    if len(steps) == 1 or any(pin in row for row in ("01234567890", "9876543210")):
        return "a row of digits"
    if any(pin == pin[:size] * (len(pin) // size) for size in range(1, half + 1) if len(pin) % size == 0):
        return "a repeat"
    if pin == pin[::-1]:
        return "the same from both ends"
    if not odd and all(pin[at] == pin[at + 1] for at in range(0, len(pin), 2)):
        return "each digit twice"
    if _of_rows(pin):
        return "a way over the keys"
    return "a year or a date" if _is_date(pin) else None


def _of_rows(pin: str) -> bool:
    """Returns True if a PIN is made of ways over the keys, there or back, of three keys at least."""
    rows = {
        row[at : at + size]
        for way in _KEYS
        for row in (way, way[::-1])
        for size in range(3, len(row) + 1)
        for at in range(len(row) - size + 1)
    }
    reached = {0}
    for at in range(len(pin)):
        if at in reached:
            reached |= {at + len(row) for row in rows if pin.startswith(row, at)}
    return len(pin) in reached


def _is_date(pin: str) -> bool:
    """Returns True for a year of our time, and a day of it written with or without its year in any usual order."""
    year, month, day = r"(?:19[3-9]\d|20[0-4]\d)", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
    short = r"\d\d"
    forms = (year, month + day, day + month, year + month, month + year, year + month + day, day + month + year, month + day + year,
             short + month + day, day + month + short, month + day + short)  # fmt: skip
    return any(re.fullmatch(form, pin) for form in forms)
