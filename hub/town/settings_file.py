"""Changes single values of hub.toml and leaves every other line as somebody wrote it, comments too.

The file is written whole or not at all; what does not come out as it should is not written. Of two changes at once the second is refused.

Tested in `tests/hub/town/test_settings_file.py`.
"""

import fcntl
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hub import generated_files
from hub.errors import RefusedError
from hub.town.settings import FILE, Settings

LOCK = "hub.toml.lock"
Value = int | str | tuple[str, ...]
Values = Mapping[str, Value]
"""New values by `section.key`."""


def change(folder: Path, before: Values, after: Values) -> Settings:
    """Writes new values; the settings that hold then. `RefusedError` if somebody changed them meanwhile, or the file cannot be written."""
    file = folder / FILE
    with _alone(folder):
        there = Settings.load(folder)
        text = _read(file)
        for key, value in before.items():
            if _value(there, key) != value:
                raise RefusedError(
                    "hub.toml was changed meanwhile: %(key)s is %(count)s", key=key, count=_toml(_value(there, key))
                )
        changed = text
        for key, value in after.items():
            changed = _with(changed, key, _toml(value))
        found = _checked(folder, text, changed, after)
        if changed != text:
            try:
                generated_files.put(file, changed.encode(), file.stat().st_mode & 0o777)
            except OSError as error:
                raise RefusedError(
                    "hub.toml cannot be written (%(why)s): change it there by hand", why=error.strerror or str(error)
                ) from None
        return found


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    run = folder / "run"
    generated_files.folder(run)
    generated_files.make_way(run / LOCK)
    with (run / LOCK).open("a", encoding="ascii") as file:
        try:
            # whoever asks may hold the database: nobody waits
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RefusedError("hub.toml is being changed by somebody else: try again") from None
        yield


def _read(file: Path) -> str:
    # as it is: line endings of another system stay
    return file.read_bytes().decode("utf-8")


def _with(text: str, key: str, value: str) -> str:
    """The text with another value: in the place of the old one, else as a line of its section, else in a section at the end."""
    section, _, name = key.rpartition(".")
    lines = text.splitlines(keepends=True)
    end = "\r\n" if text.count("\r\n") > text.count("\n") / 2 else "\n"
    head = next((place for place, line in enumerate(lines) if _is_head(line, section)), None)
    if head is None:
        between = "" if not text or text.endswith(("\n", "\r\n")) else end
        return f"{text}{between}{end}[{section}]{end}{name} = {value}{end}"
    for place in range(head + 1, len(lines)):
        if re.match(r"\s*\[", lines[place]):
            break
        found = re.match(rf"(\s*{re.escape(name)}\s*=\s*)([^#\r\n]*?)(\s*(?:#.*)?\r?\n?)$", lines[place])
        if found:
            lines[place] = f"{found[1]}{value}{found[3]}"
            return "".join(lines)
    if not lines[head].endswith("\n"):
        lines[head] += end
    lines.insert(head + 1, f"{name} = {value}{end}")
    return "".join(lines)


def _is_head(line: str, section: str) -> bool:
    return re.match(rf"\s*\[\s*{re.escape(section)}\s*\]\s*(#.*)?$", line.rstrip("\r\n")) is not None


def _checked(folder: Path, before: str, after: str, values: Values) -> Settings:
    """The settings of the new text, if it says what it should and all else is as before."""
    expected = tomllib.loads(before)
    for key, value in values.items():
        section, _, name = key.rpartition(".")
        expected = {
            **expected,
            section: {**expected.get(section, {}), name: list(value) if isinstance(value, tuple) else value},
        }
    try:
        found: dict[str, Any] = tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        found = {}
    if found != expected:
        raise RefusedError("hub.toml is written in a way that the console does not change: change it there by hand")
    return Settings.of(found, folder)


def _value(settings: Settings, key: str) -> Value:
    value: Any = settings
    for name in key.split("."):
        value = getattr(value, name)
    found: Value = value
    return found


def _toml(value: Value) -> str:
    # JSON's numbers, strings and lists are TOML's
    return json.dumps(value, ensure_ascii=False)
