"""Chooses the settings that a restored town takes from its backup: never one that leads the hub to another database or folder.

What a signed backup says of addresses is the town's own word, and gates look for the hub there: it is taken and shown. An unsigned
one is believed in what is data: town, time zone, language. What is not taken is named, so that somebody can set it again by hand.

Tested in `tests/hub/backup/test_hostile.py`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.errors import HubError
from hub.town import settings as town_settings
from hub.town.settings import Settings

DATA = frozenset({"town", "timezone", "language"})
NEVER = frozenset({"database.url", "backup.folder"})
"""Where a hub writes: another database, another folder."""

SECRET = frozenset({"database.url", "metrics.token"})
"""What no terminal shows."""

Changes = Mapping[str, str | int]
"""What whoever restores says instead, by `section.key`."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The settings of the restored town, and a line for each that deserves a look."""

    settings: Settings
    lines: tuple[str, ...]


def take(text: bytes, folder: Path, *, signed: bool, changes: Changes) -> Taken:
    """The settings for `folder` that a carried hub.toml leads to; `HubError` in one line."""
    carried = _read(text)
    plain = Settings.of({"town": carried.get("town", "")}, folder)
    values: dict[str, Any] = {}
    lines = []
    for key, value in carried.items():
        if key in changes or value == _value(plain, key):
            continue
        if key in NEVER or not (signed or key in DATA):
            lines.append(
                f"not taken from the backup: {key} = {_shown(key, value)} (set it in {folder / town_settings.FILE}, if it holds)"
            )
            continue
        values[key] = value
        if key not in DATA:
            lines.append(f"taken from the backup: {key} = {_shown(key, value) if key in SECRET else value}")
    settings = Settings.of(_nested({"town": carried.get("town"), **values, **changes}), folder)
    return Taken(settings, tuple(lines))


def _read(text: bytes) -> dict[str, Any]:
    try:
        data = tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HubError(f"the backup's {town_settings.FILE}: not TOML: {error}") from None
    return dict(_flat(data))


def _flat(data: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in data.items():
        if isinstance(value, dict):
            found += [(f"{key}.{name}", inner) for name, inner in value.items()]
        else:
            found.append((key, value))
    return found


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key, value in values.items():
        section, _, name = key.rpartition(".")
        (data.setdefault(section, {}) if section else data)[name] = value
    return data


def _value(settings: Settings, key: str) -> Any:
    value: Any = settings
    for name in key.split("."):
        value = getattr(value, name, None)
    return value


def _shown(key: str, value: object) -> str:
    # a database's URL holds its password
    return "…" if key in SECRET else repr(value)[:200]
