"""The page of open requests for the post: overdue first, then by due time, each with the next step at one click. And the sheet to put up.

Tested in `tests/hub/needs/test_views.py`.
"""

from dataclasses import dataclass

from flask import render_template

from hub.accounts.roles import Role
from hub.console.context import hub, narrowed, needs, now, reading
from hub.console.times import now_text
from hub.needs import store
from hub.needs.views.blueprint import blueprint, register_of
from hub.registers.rows import RegisterRow
from hub.values.stored import time_of

OPEN, ENDED = 100, 12


@dataclass(frozen=True, slots=True)
class Card:
    """A request with the person whose it is; `left`: minutes until it is due, below 0 when it is overdue."""

    row: RegisterRow
    person: RegisterRow | None
    left: int | None


@blueprint.get("")
@needs(Role.OFFICER)
def every() -> str:
    """Open requests, and those that ended last."""
    found, people = register_of(store.REQUESTS), register_of(store.PEOPLE)
    open_ = store.open_requests(narrowed(), hub().town, OPEN + 1) if found else []
    ended = store.newest_ended(narrowed(), hub().town, ENDED) if found else []
    cards = cards_of([*open_[:OPEN], *ended])
    waiting, called = cards[: len(open_[:OPEN])], cards[len(open_[:OPEN]) :]
    late = [each for each in waiting if (each.row.due_at or "~") < now_text()]
    delivered = [each for each in waiting if each.row.state == "delivered" and each not in late]
    return render_template(
        "needs/every.html",
        register=found.register if found else None,
        people=people.register if people else None,
        groups=(late, [each for each in waiting if each not in late and each not in delivered], delivered),
        ended=called,
        more=len(open_) > OPEN,
    )


@blueprint.get("/sheet")
@needs(Role.VIEWER)
def sheet() -> str:
    """The help phone on a sheet to print and put up in villages."""
    return render_template("needs/sheet.html", phone=hub().settings.needs.phone)


def cards_of(rows: list[RegisterRow]) -> list[Card]:
    """Requests with their people."""
    people = store.by_id(reading(), hub().town, {each.links.parent for each in rows if each.links.parent is not None})
    return [Card(each, people.get(each.links.parent or 0), _left(each.due_at)) for each in rows]


def _left(due_at: str | None) -> int | None:
    when = time_of(due_at)
    return None if when is None else int((when - now()).total_seconds() // 60)
