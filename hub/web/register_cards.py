"""The cards on the page of registers for what has pages of its own: orders, questions, runs, roster, needs, inspections, zero reports.

Tested in `tests/hub/registers/views/test_every.py`.
"""

from datetime import timedelta

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.console.context import chosen_unit, hub, narrowed, now, reading
from hub.console.register_pages import CardFigures, RegisterPage
from hub.console.times import now_text
from hub.gates import store as gates
from hub.orders import dispatches
from hub.questions import store as questions
from hub.registers import catalogue
from hub.registers.overview import overview
from hub.roster import due as roster_due
from hub.roster import store as roster
from hub.runs import store as runs
from hub.zero_reports import store as zero_reports

DAY = timedelta(days=1)


def _orders() -> CardFigures:
    there, town = narrowed(), hub().town
    waiting, missing, every = (
        dispatches.count(there, town, dispatches.Asked(state=state), now())
        for state in (dispatches.State.WAITING, dispatches.State.MISSING, "")
    )
    late = url_for("orders.every", state=dispatches.State.MISSING.value)
    return CardFigures(every, waiting + missing, missing, dispatches.last_sent(there, town), late)


def _questions() -> CardFigures:
    there, town = narrowed(), hub().town
    closed, overdue, every = (
        questions.count(there, town, questions.Asked(state=state), now())
        for state in (questions.State.CLOSED, questions.State.OVERDUE, "")
    )
    late = url_for("questions.every", state=questions.State.OVERDUE.value)
    return CardFigures(every, every - closed, overdue, questions.last_written(there, town), late)


def _runs() -> CardFigures:
    """Plans, those that hold, and what was missed in the last 24 hours."""
    there, town = narrowed(), hub().town
    plans = runs.plans(there, town)
    since = wall_text(now() - DAY)
    missed = runs.count(there, town, runs.Asked(state="missed", start=since))
    late = url_for("runs.past", state="missed", since=(now() - DAY).astimezone(hub().zone).date().isoformat())
    return CardFigures(
        len(plans), sum(each.stopped_at is None for each in plans), missed, runs.last_due(there, town), late
    )


def _roster() -> CardFigures:
    """The duty staff, and the gaps of shifts that go on or begin soon."""
    there, town = narrowed(), hub().town
    open_gates = [each.gate for each in gates.every(there, town) if not each.retired]
    gaps = len(roster_due.gaps_ahead(there, town, open_gates, now(), hub().zone))
    words = gettext("%(count)s gaps ahead", count=gaps)
    return CardFigures(
        roster.count(there, town), None, gaps, roster.last_written(there, town), url_for("roster.every"), words
    )  # fmt: skip


def _of_register(id_: str, late: str) -> CardFigures | None:
    found = catalogue.find(reading(), hub().town, id_)
    if found is None:
        return None
    figures = overview(narrowed(), hub().town, [found.register], now_text())[id_]
    return CardFigures(figures.rows, figures.open, figures.overdue, figures.changed_at, url_for(late))


def _needs() -> CardFigures | None:
    return _of_register("need_requests", "needs.every")


def _inspections() -> CardFigures | None:
    return _of_register("inspections", "inspections.every")


def _zero_reports() -> CardFigures | None:
    """Who has to report each day, and who has not; late once the day's report was due."""
    there, town = narrowed(), hub().town
    if (found := zero_reports.terms(there, town)) is None:
        return None
    terms, _since = found
    day = terms.open_day(now(), hub().zone)
    reporters = zero_reports.reporters(there, town, terms, chosen_unit())
    given = zero_reports.of_day(there, town, day.isoformat())
    missing = sum(each.id not in given for each in reporters)
    over = terms.due_of(day, hub().zone) < now()
    late = url_for("zero_reports.every")
    return CardFigures(len(reporters), missing, missing if over else 0, zero_reports.last_given(there, town), late)


CARDS = (
    RegisterPage(
        "needs.every", "person-circle", _("Special needs"), _("Requests of people with special needs, by due time."), "people", _needs, Role.OFFICER
    ),
    RegisterPage("roster.every", "person-badge", _("Roster"), _("Who serves when at which gate; gaps ahead."), "duty", _roster, Role.OFFICER),
    RegisterPage(
        "inspections.every", "eye-fill", _("Inspections"), _("Findings from found to closed; the day's list."), "duty", _inspections, Role.OFFICER
    ),
    RegisterPage("runs.every_plan", "truck", _("Special runs"), _("Planned runs; missed in the last 24 hours."), "duty", _runs, Role.OFFICER),
    RegisterPage("orders.every", "bell-fill", _("Orders"), _("To gates and villages, with their receipts."), "papers", _orders),
    RegisterPage(
        "questions.every", "journal-text", _("Questions and reports"), _("What offices above ask: assigned, answered, closed."), "papers", _questions,
        Role.OFFICER,
    ),
    RegisterPage(
        "zero_reports.every", "patch-check", _("Zero reports"), _("Who has reported today, and who has not."), "papers", _zero_reports
    ),
)  # fmt: skip
"""In the order of the page."""
