"""The text of operation.toml changed in place: one value, one more block, one block less; every other line and comment stays.

What is changed is named by a place: None for the keys above the first block, `("classes", 2)` for the third `[[classes]]`.

Tested in `tests/hub/town/test_rules_text.py`.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from hub.errors import RefusedError

Place = tuple[str, int] | None
_HEAD = re.compile(r"\s*\[\[\s*(\w+)\s*\]\]\s*(#.*)?$")
_TABLE = re.compile(r"\s*\[\s*[\w.]+\s*\]\s*(#.*)?$")


def with_value(text: str, place: Place, key: str, value: object) -> str:
    """The text with one value set, or without it where `value` is None; `RefusedError` where its line cannot be found."""
    lines = text.splitlines(keepends=True)
    begin, end = _block(lines, place)
    span = _assignment(lines, begin, end, key)
    if value is None:
        if span is not None:
            del lines[span[0] : span[1]]
        return _checked(text, "".join(lines), place, {key: None})
    new = f"{key} = {toml_value(value)}"
    if span is not None:
        lines[span[0] : span[1]] = [new + _comment(lines, span)]
    elif place is None and (commented := _commented(lines, begin, end, key)) is not None:
        at, comment = commented
        lines[at] = new + comment + "\n"
    else:
        at = _last_assignment(lines, begin, end)
        if at and not lines[at - 1].endswith("\n"):
            lines[at - 1] += "\n"
        lines.insert(at, new + "\n")
    return _checked(text, "".join(lines), place, {key: value})


def with_values(text: str, place: Place, values: Mapping[str, object]) -> str:
    """The text with each of these values set, or left out where it is None; what is so already stays as it is written."""
    before = _part(tomllib.loads(text), place)
    for key, value in values.items():
        if before.get(key) != _plain(value):
            text = with_value(text, place, key, value)
    return text


def with_block(text: str, name: str, values: Mapping[str, object]) -> str:
    """The text with one more `[[name]]`, after the last of them or at the end."""
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    made = [f"[[{name}]]\n", *(f"{key} = {toml_value(value)}\n" for key, value in values.items() if value is not None)]
    heads = [place for place, line in enumerate(lines) if (found := _HEAD.match(line)) and found[1] == name]
    at = _last_assignment(lines, heads[-1] + 1, _next_head(lines, heads[-1] + 1)) if heads else len(lines)
    lines[at:at] = ["\n", *made]
    after = "".join(lines)
    expected = tomllib.loads(text)
    expected[name] = [
        *expected.get(name, []),
        {key: _plain(value) for key, value in values.items() if value is not None},
    ]
    return _same(after, expected)


def without_block(text: str, name: str, number: int) -> str:
    """The text without one `[[name]]`; the comments that stand above the next block stay."""
    lines = text.splitlines(keepends=True)
    begin, end = _block(lines, (name, number))
    last = _last_assignment(lines, begin, end)
    head = begin - 1
    while head > 0 and not lines[head - 1].strip():
        head -= 1
    del lines[head:last]
    expected = tomllib.loads(text)
    rest = [each for place, each in enumerate(expected[name]) if place != number]
    expected[name] = rest
    if not rest:
        del expected[name]
    return _same("".join(lines), expected)


def line_of(text: str, where: Sequence[str | int]) -> int | None:
    """The line, counted from 1, on which a value stands: `("classes", 2, "default_days")`; of its block where it has none."""
    lines = text.splitlines(keepends=True)
    place: Place = None
    rest = list(where)
    if len(rest) >= 2 and isinstance(rest[0], str) and isinstance(rest[1], int):
        place, rest = (rest[0], rest[1]), rest[2:]
    try:
        begin, end = _block(lines, place)
    except RefusedError:
        begin, end, rest, place = 0, len(lines), list(where), None
    if rest and (span := _assignment(lines, begin, end, str(rest[0]))) is not None:
        return span[0] + 1
    return begin if place is not None else None


def toml_value(value: object) -> str:
    """A value as TOML writes it; a list of tables stands on lines of its own."""
    plain = _plain(value)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, str):
        # a TOML text is written as one of JSON is
        return json.dumps(plain, ensure_ascii=False)
    if isinstance(plain, list):
        if any(isinstance(each, dict) for each in plain):
            return "[\n" + "".join(f"    {toml_value(each)},\n" for each in plain) + "]"
        return f"[{', '.join(map(toml_value, plain))}]"
    if isinstance(plain, dict):
        return "{ " + ", ".join(f"{key} = {toml_value(each)}" for key, each in plain.items()) + " }"
    if isinstance(plain, float) and plain == int(plain):
        return str(int(plain))
    return repr(plain)


def _plain(value: object) -> Any:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items() if each is not None}
    return value


def _block(lines: Sequence[str], place: Place) -> tuple[int, int]:
    """From the first line after the head of a block to the line before the next head."""
    if place is None:
        return 0, _next_head(lines, 0)
    name, number = place
    heads = [at for at, line in enumerate(lines) if (found := _HEAD.match(line)) and found[1] == name]
    if number >= len(heads):
        raise _unlike()
    return heads[number] + 1, _next_head(lines, heads[number] + 1)


def _next_head(lines: Sequence[str], begin: int) -> int:
    return next(
        (at for at in range(begin, len(lines)) if _HEAD.match(lines[at]) or _TABLE.match(lines[at])), len(lines)
    )


def _assignment(lines: Sequence[str], begin: int, end: int, key: str) -> tuple[int, int] | None:
    """The lines of `key = value`: as many as make whole TOML."""
    shape = re.compile(rf"\s*{re.escape(key)}\s*=")
    for at in range(begin, end):
        if shape.match(lines[at]) and (until := _whole(lines, at, end)):
            return at, until
    return None


def _whole(lines: Sequence[str], at: int, end: int) -> int | None:
    for until in range(at + 1, end + 1):
        try:
            tomllib.loads("".join(lines[at:until]))
        except tomllib.TOMLDecodeError:
            continue
        return until
    return None


def _comment(lines: Sequence[str], span: tuple[int, int]) -> str:
    """What stands behind the value on its last line, with the end of the line."""
    last = lines[span[1] - 1]
    end = last[len(last.rstrip("\r\n")) :] or "\n"
    line = last.rstrip("\r\n")
    for at, char in enumerate(line):
        if char == "#":
            try:
                # a mark within a text is none of a comment: what stands before it is not whole then
                tomllib.loads("".join(lines[span[0] : span[1] - 1]) + line[:at])
            except tomllib.TOMLDecodeError:
                continue
            blank = len(line[:at]) - len(line[:at].rstrip())
            return line[at - blank :] + end
    return end


def _commented(lines: Sequence[str], begin: int, end: int, key: str) -> tuple[int, str] | None:
    """The line `# key = value   # what it is`, which the value takes the place of, and the comment behind."""
    shape = re.compile(rf"#\s*({re.escape(key)}\s*=.*)")
    for at in range(begin, end):
        found = shape.match(lines[at].rstrip("\r\n"))
        if not found:
            continue
        try:
            tomllib.loads(found[1])
        except tomllib.TOMLDecodeError:
            continue
        return at, _comment([found[1]], (0, 1)).rstrip("\r\n")
    return None


def _last_assignment(lines: Sequence[str], begin: int, end: int) -> int:
    """The line after the last value of a block: comments behind it belong to the next one."""
    last, at = begin, begin
    while at < end:
        until = None if not re.match(r"\s*[\w\"'.-]+\s*=", lines[at]) else _whole(lines, at, end)
        at = until or at + 1
        last = until or last
    return last


def _checked(before: str, after: str, place: Place, values: Mapping[str, object]) -> str:
    """The new text, if it says what it should and all else is as before."""
    expected = tomllib.loads(before)
    part = _part(expected, place)
    for key, value in values.items():
        if value is None:
            part.pop(key, None)
        else:
            part[key] = _plain(value)
    return _same(after, expected)


def _part(data: dict[str, Any], place: Place) -> dict[str, Any]:
    if place is None:
        return data
    found: dict[str, Any] = data[place[0]][place[1]]
    return found


def _same(after: str, expected: dict[str, Any]) -> str:
    try:
        found = tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        found = {}
    if found != expected:
        raise _unlike()
    return after


def _unlike() -> RefusedError:
    return RefusedError("operation.toml is written in a way that the console does not change: change it there by hand")
