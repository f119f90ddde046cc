"""The common parts of the commands: opening the town, a transaction that changes it, times from the command line.

Tested in `tests/hub/commands/test_cli.py`.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import NoReturn, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from edge.contract.values import is_wall, parse_wall
from hub.database.engine import made_by_another_version, reader
from hub.errors import HubError, Value, Words
from hub.town.town import Town

USER = "cli"
"""Whom the audit names when somebody works at the hub's own command line."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}|\d{8}", re.ASCII)


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong with a command line in one line, without the usage before it; so do its subcommands."""

    def error(self, message: str) -> NoReturn:
        """Ends the program with exit status 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


class Commands(Protocol):
    """The result of argparse's `add_subparsers`."""

    def add_parser(self, name: str, *, help: str, description: str) -> argparse.ArgumentParser:
        """A new command."""


@contextmanager
def changing(town: Town) -> Iterator[Connection]:
    """One transaction that changes the town's database: committed at the end, rolled back if anything is refused."""
    engine = town.writer()
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def looking(town: Town) -> Iterator[Connection]:
    """One consistent look at the town's database."""
    engine = reader(town.settings.database_url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def database_fault(error: DBAPIError) -> str:
    """What is wrong with the database, in one line; of the tables of an older version also what to do."""
    if made_by_another_version(error):
        return (
            f"database: {error.orig}: an older version of Kakou made it; start this version's listener "
            "(systemctl start kakou-listener, or kakou-hub serve), which brings it up to date"
        )
    return f"database: {error.orig}"


def said(words: Words, zone: ZoneInfo) -> str:
    """A line for people, every moment in it in the town's time with its offset."""
    return words.text % {name: _said(value, zone) for name, value in words.values.items()}


def _said(value: Value, zone: ZoneInfo) -> str | int:
    if isinstance(value, Words):
        return said(value, zone)
    if isinstance(value, tuple):
        return ", ".join(value)
    return local(value, zone) if isinstance(value, str) else value


def local(text: str, zone: ZoneInfo) -> str:
    """A stored moment in the town's time, with its offset; any other text as it is."""
    return parse_wall(text).astimezone(zone).isoformat(timespec="seconds") if is_wall(text) else text


def say_rules(town: Town) -> None:
    """Says on standard error if operation.toml can't be used: the command goes on by the rules published last."""
    try:
        _ = town.rules
    except HubError as error:
        print(f"{error}: the last published rules hold", file=sys.stderr)


def now() -> datetime:
    """The moment of a command, to the millisecond as everything stored."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def moment(text: str, zone: ZoneInfo, *, end: bool = False) -> datetime:
    """A time from the command line: RFC 3339, local without an offset; a bare date is its first instant, or with `end` the
    first of the next day."""
    try:
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text) + timedelta(days=1 if end else 0)
            return datetime.combine(day, time(), zone)
        when = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise HubError(
            f"time {text!r}: expected a date (2026-03-01) or a time (2026-03-01T08:00 or with an offset)"
        ) from None
    return when if when.tzinfo else when.replace(tzinfo=zone)
