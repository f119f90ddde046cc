"""`report show | make | check | due`. Tested in `tests/hub/reports/test_daily.py`."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import Engine

from hub.commands.common import USER, Commands, looking, now
from hub.console.speaking import speaking
from hub.database.engine import reader
from hub.errors import HubError
from hub.reports import kept, making
from hub.reports.kept import Report
from hub.reports.parts import Row
from hub.reports.pdf import pdf, written
from hub.reports.period import day_of
from hub.reports.sheet import date_of, sheet
from hub.reports.workbook import workbook
from hub.town.town import Town

MOST_VERSIONS = 10**9
"""Far beyond any number of a version, and one that every database can be asked for."""


def add_commands(commands: Commands) -> None:
    """Adds `report`."""
    report = commands.add_parser(
        "report",
        help="the daily report",
        description="The daily report: the 24 hours up to report.hour of hub.toml, kept as it was made, and made anew for comparison.",
    )
    verbs = report.add_subparsers(dest="verb", required=True, metavar="VERB")
    show = verbs.add_parser(
        "show", help="read one", description="Prints a kept report, or writes it as PDF or workbook."
    )
    _of_day(show)
    show.set_defaults(run=_show)
    make = verbs.add_parser(
        "make", help="make one", description="Makes the report of a day, or makes it anew; a former version stays."
    )
    _of_day(make)
    make.set_defaults(run=_make)
    check = verbs.add_parser(
        "check",
        help="make one anew and compare",
        description="Makes a kept report anew from the ledger up to the same entry and compares; 1 if they differ.",
    )
    check.add_argument("day", metavar="DAY", help="such as 2026-03-01")
    check.add_argument("--version", type=int, metavar="N", help="default: the newest")
    check.set_defaults(run=_check)
    due = verbs.add_parser(
        "due",
        help="make those that were missed",
        description="Makes every report that is due and was not made, of the last 31 days.",
    )
    due.set_defaults(run=_due)


def _of_day(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("day", metavar="DAY", help="such as 2026-03-01: the day on which its 24 hours end")
    parser.add_argument("--pdf", type=Path, metavar="FILE", help="write it as PDF into this new file")
    parser.add_argument("--xlsx", type=Path, metavar="FILE", help="write it as an Excel workbook into this new file")
    parser.add_argument("--language", choices=("zh", "en"), help="default: the town's")


def _show(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    _write(town, _kept(town, arguments.day), arguments)
    return 0


def _make(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    day = day_of(arguments.day)
    with _engines(town) as (reading, writing):
        version = making.make(reading, writing, town.settings, day, by=USER, now=now())
    print(f"report of {day.isoformat()} made, version {version}", file=sys.stderr)
    _write(town, _kept(town, arguments.day), arguments)
    return 0


def _check(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    report = _kept(town, arguments.day, arguments.version)
    with looking(town) as connection:
        found = making.compare(connection, town.id, report)
    if not found.same:
        raise HubError(f"report of {report.day}, version {report.version}: {found.why}")
    print(
        f"report of {report.day}, version {report.version}: the ledger up to entry {report.entry} gives the same; {report.hash}"
    )
    if found.later:
        print(f"{found.later} records of its day arrived after it was made")
    return 0


def _due(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with _engines(town) as (reading, writing):
        days = making.make_due(reading, writing, town.settings, now())
    for day in days:
        print(f"report of {day.isoformat()} made")
    return 0


def _kept(town: Town, text: str, version: int | None = None) -> Report:
    day = day_of(text).isoformat()
    report = None
    if version is None or 0 < version <= MOST_VERSIONS:
        with looking(town) as connection:
            report = kept.find(connection, town.id, day, version)
    if report is None:
        which = day if version is None else f"{day}, version {version}"
        raise HubError(f"report of {which}: was not made (kakou-hub report make {day} makes one)")
    return report


def _write(town: Town, report: Report, arguments: argparse.Namespace) -> None:
    """The report as it was asked for; whoever has this command line reads as an officer does."""
    for file in filter(None, (arguments.pdf, arguments.xlsx)):
        if file.exists():
            raise HubError(f"{file}: exists already, not written over")
    made_at = date_of(report.made_at, town.settings.zone)
    with speaking(arguments.language or town.settings.language):
        found = sheet(report, masked=False)
        if arguments.pdf:
            _file(arguments.pdf, pdf(found, made_at))
        if arguments.xlsx:
            _file(arguments.xlsx, workbook(found, made_at))
        if not arguments.pdf and not arguments.xlsx:
            lines = [found.title, found.sentence, f"{found.unit}  {found.filled}"]
            for section in found.sections:
                lines += ["", f"## {section.title}", *(_line(row) for row in (*section.heads, *section.rows))]
                lines += [] if section.rows else [found.nothing]
            print(
                "\n".join(
                    [*lines, "", f"## {found.remarks_title}", found.remarks or found.nothing, "", found.instructions]
                )
            )


def _line(row: Row) -> str:
    return "\t".join(written(each.value) for each in row)


def _file(file: Path, data: bytes) -> None:
    with file.open("xb") as out:
        file.chmod(0o600)
        out.write(data)


@contextmanager
def _engines(town: Town) -> Iterator[tuple[Engine, Engine]]:
    engines = reader(town.settings.database_url), town.writer()
    try:
        yield engines
    finally:
        for each in engines:
            each.dispose()
