"""Makes daily reports: one that is asked for, those that are due, and one anew for comparison with what was kept.

Tested in `tests/hub/reports/test_daily.py`.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.engine import Connection, Engine

from edge.contract.records import wall_text
from hub.downlink.signed_lists import readable_policy
from hub.errors import HubError, RefusedError
from hub.ledger.queries import last_entry
from hub.reports import content, kept, store
from hub.reports.content import Inputs
from hub.reports.period import last_due, missed, period
from hub.town.settings import Settings


@dataclass(frozen=True, slots=True)
class Compared:
    """A kept report beside the same one made anew from the ledger up to the same entry. `later`: records that came after it."""

    same: bool
    why: str
    later: int


def make(reading: Engine, writing: Engine, settings: Settings, day: date, *, by: str, now: datetime) -> int:
    """Makes a day's report from the ledger as it stands, and keeps it; gives its version. `RefusedError` before the day's cut-off,
    and for a day before there was a town. A day on which no vehicle came is a report of zeros."""
    if day > last_due(now, settings):
        raise RefusedError(
            "report of %(day)s: its day ends at %(hour)s, and is not over yet",
            day=day.isoformat(),
            hour=settings.report.hour,
        )
    town = settings.town
    # made from one consistent look, while gates go on sending
    with reading.connect() as connection:
        _known(connection, settings, day)
        entry = last_entry(connection, town)
        asked = period(day, settings)
        inputs = content.inputs_of(connection, town, settings, asked, readable_policy(connection, town), entry, now)
        found = content.made(connection, town, inputs)
        found["inputs"] = content.with_names_of(found, inputs).as_json()
        plates = content.plates(connection, town, found)
    with writing.begin() as connection:
        return kept.keep(connection, town, content.text(found), plates, day=asked.text, entry=entry, by=by, now=now)


def _known(connection: Connection, settings: Settings, day: date) -> None:
    """Refuses a day before the one whose report was the last due when the town began."""
    began = kept.began(connection, settings.town)
    if began is not None and day < last_due(began, settings):
        raise RefusedError(
            "report of %(day)s: there is nothing of that day: the town began at %(at)s",
            day=day.isoformat(),
            at=wall_text(began),
        )


def make_due(reading: Engine, writing: Engine, settings: Settings, now: datetime) -> list[date]:
    """Makes the reports that are due and were not made, for at most 31 days; gives their days."""
    with reading.connect() as connection:
        days = missed(now, settings, kept.founded(connection), kept.days(connection, settings.town))
    for day in days:
        make(reading, writing, settings, day, by=kept.HUB, now=now)
    return days


def compare(connection: Connection, town: str, report: kept.Report) -> Compared:
    """Makes a kept report anew and compares."""
    inputs = Inputs.of(report.content)
    later = came_later(connection, town, inputs)
    if not report.intact:
        return Compared(False, "the kept content was changed: its hash is another", later)
    if content.text(content.remade(connection, town, inputs)) != report.text:
        return Compared(False, f"the ledger up to entry {inputs.entry} says otherwise", later)
    return Compared(True, "", later)


def came_later(connection: Connection, town: str, inputs: Inputs) -> int:
    """How many records of the period's visits came after the report was made."""
    start, end = wall_text(inputs.range.start), wall_text(inputs.range.end)
    return store.entries_after(connection, town, start, end, inputs.entry)


def came_later_to(connection: Connection, town: str, report: kept.Report) -> int:
    """As `came_later`, for a report as it is kept; 0 for one that is damaged, of which nobody knows the period."""
    try:
        return came_later(connection, town, Inputs.of(report.content))
    except HubError:
        return 0
