"""Checks new passwords and PINs: those that are guessed at once, with a list or by knowing the town, are refused.

How many guesses a password withstands is zxcvbn's estimate; its lists hold common passwords, names, dates, rows of keys, repeats. A
password or PIN that was set before stays good.
"""

import re
import secrets
from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise

from hub.accounts.common_passwords import NUMBERS, WORDS
from hub.errors import RefusedError, Words

MIN_PASSWORD = 12
MAX_PASSWORD = 256
GUESSES = 1e8
"""That a password must withstand: years of guessing at the sign-in, and a while for who has stolen its argon2 hash."""
_OWN = 5
"""Different letters that a password must have besides the words that everybody knows."""
_ESTIMATED = 72
"""Characters that the estimate looks at; a longer password is as good as its beginning."""
_SENTENCE = 5
"""Syllables of pinyin that a password must have besides the words that everybody knows, if it is nothing but pinyin."""
_SYLLABLE = re.compile(
    "(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
    "(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|an|ao|ei|en|er|ia|ie|in|iu|ou|ua|ue|ui|un|uo|ve|a|e|i|o|u|v)"
)
_PIN = re.compile(r"[0-9]{4,12}")
_KEYS = {digit: divmod(place, 3) for place, digit in enumerate("123456789 0") if digit != " "}
"""Where a digit stands on the ten keys of a gate's screen: row and column."""
_ROWS = ("1234567890", "147", "258", "369", "159", "357")
_CORNERS = (frozenset("1379"), frozenset("2468"))
"""Keys that lie around the middle: a finger goes over them in whichever order."""


def check_password(password: str, known: Iterable[str] = ()) -> None:
    """`RefusedError` if a password is too short, or guessed too soon. `known`: what an attacker tries first, as the login,
    the person's name, the town's.
    """
    from zxcvbn import zxcvbn  # its lists take a moment and some memory: only who sets a password needs them

    if (length := len(password.strip())) < MIN_PASSWORD:
        raise RefusedError(
            "password: expected at least %(least)s characters besides blanks at its ends, found %(length)s",
            least=MIN_PASSWORD,
            length=length,
        )
    if len(password) > MAX_PASSWORD:
        raise RefusedError(
            "password: expected at most %(most)s characters, found %(length)s", most=MAX_PASSWORD, length=len(password)
        )
    if not password.isprintable():
        raise RefusedError("password: expected characters that can be typed, found a control character")
    words = [
        *(part for text in known for part in (text, *re.split(r"[\s._-]+", text)) if len(part) > 1),
        *WORDS,
        *NUMBERS,
    ]
    rest = _without(password, words)
    if (
        len(set(filter(str.isalpha, rest))) < _OWN
        or _is_short_pinyin(rest)
        or zxcvbn(password[:_ESTIMATED], user_inputs=words)["guesses"] < GUESSES
    ):
        raise RefusedError(
            "password: expected one that is not guessed soon, found a common one, a row of keys, repeats, or what everybody knows (the login, the town, a year); take four words that have nothing to do with each other"
        )


def made_password() -> str:
    """A new password of 96 random bits, which `check_password` takes."""
    while True:
        made = secrets.token_urlsafe(12)
        with suppress(ValueError):
            check_password(made)
            return made


def _without(password: str, words: Iterable[str]) -> str:
    """A password without what everybody knows: a blank for each of these words, there or back."""
    text = password.casefold()
    known = {spelled for word in words for spelled in (word.casefold(), word.casefold()[::-1])}
    for word in sorted(known, key=len, reverse=True):
        text = text.replace(word, " ")
    return text


def _is_short_pinyin(text: str) -> bool:
    """Returns True if all letters are Chinese as it is typed, and fewer syllables than a sentence has: two or three words are guessed."""
    counts = [_syllables(letters) for letters in re.findall(r"[^\W\d_]+", text)]
    return None not in counts and sum(filter(None, counts)) < _SENTENCE


def _syllables(letters: str) -> int | None:
    """How many syllables of pinyin letters are, at least; None if they are something else."""
    fewest: list[int | None] = [0, *([None] * len(letters))]
    for end in range(1, len(letters) + 1):
        before = (fewest[at] for at in range(max(0, end - 6), end) if _SYLLABLE.fullmatch(letters, at, end))
        fewest[end] = min((count + 1 for count in before if count is not None), default=None)
    return fewest[-1]


def check_pin(pin: str) -> None:
    """`RefusedError` if it is no PIN, or one of those that are tried first: it is typed with gloves on, on ten keys."""
    if not pin.isascii() or _PIN.fullmatch(pin) is None:
        raise RefusedError("pin: expected 4 to 12 digits")
    if (why := _guessed(pin)) is not None:
        raise RefusedError("pin: expected one that is not guessed at once, found %(why)s", why=why)


def _guessed(pin: str) -> Words | None:
    """What makes a PIN one of the first that somebody tries; None if nothing does."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    half, odd = divmod(len(pin), 2)
    if len(set(pin)) < 3:
        return Words("one or two digits throughout")
    if len(steps) == 1 or any(pin in row for row in ("01234567890", "9876543210")):
        return Words("a row of digits")
    if any(pin == (pin[:size] * len(pin))[: len(pin)] for size in range(1, half + odd + 1) if size < len(pin)):
        return Words("a repeat")
    if pin == pin[::-1]:
        return Words("the same from both ends")
    if not odd and all(pin[at] == pin[at + 1] for at in range(0, len(pin), 2)):
        return Words("each digit twice")
    if not odd and half >= _PAIRS and len({int(b) - int(a) for a, b in pairwise(re.findall("..", pin))}) == 1:
        return Words("numbers that go up or down in even steps")
    if _over_keys(pin):
        return Words("a way over the keys")
    if _is_known(pin):
        return Words("a number that everybody knows")
    return Words("a year or a date") if _is_date(pin) else None


_PAIRS = 3
_WAY = 3
"""Pairs, and keys, from which on they are a series and no chance."""


def _over_keys(pin: str) -> bool:
    """Returns True if a finger finds a PIN by itself: from key to next key, around the middle, in whole rows; with a 0 at an end or not."""
    bare = [each for each in (pin, pin.removeprefix("0"), pin.removesuffix("0")) if len(each) >= _WAY]
    return any(_is_way(each) or _of_rows(each) or any(set(each) <= keys for keys in _CORNERS) for each in bare)


def _is_way(pin: str) -> bool:
    """Returns True if each key lies beside, above or below the one before."""
    places = [_KEYS[digit] for digit in pin]
    return all(abs(a - c) + abs(b - d) == 1 for (a, b), (c, d) in pairwise(places))


def _of_rows(pin: str) -> bool:
    """Returns True if a PIN is made of rows of keys, there or back, of three keys at least."""
    rows = {
        row[at : at + size]
        for way in _ROWS
        for row in (way, way[::-1])
        for size in range(_WAY, len(row) + 1)
        for at in range(len(row) - size + 1)
    }
    reached = {0}
    for at in range(len(pin)):
        if at in reached:
            reached |= {at + len(row) for row in rows if pin.startswith(row, at)}
    return len(pin) in reached


def _is_known(pin: str) -> bool:
    """Returns True for a number that everybody knows, alone, with others, or with half as many digits more."""
    rest = pin
    for number in sorted(NUMBERS, key=len, reverse=True):
        rest = rest.replace(number, " ")
    left = len(rest.replace(" ", ""))
    return left <= (len(pin) - left) // 2


def _is_date(pin: str) -> bool:
    """Returns True for a year of our time, and a day of it written with or without its year in any usual order."""
    year, month, day = r"(?:19|20)\d\d", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
    short = r"\d\d"
    forms = (year, month + day, day + month, year + month, month + year, year + month + day, day + month + year, month + day + year,
             short + month + day, day + month + short, month + day + short)  # fmt: skip
    return any(re.fullmatch(form, pin) for form in forms)
