"""The blueprint of the roster's pages, and what its views share. Tested in `tests/hub/roster/test_views.py`."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, request
from flask_babel import format_date, gettext
from sqlalchemy.engine import Connection

from edge.contract.policy import GateInfo
from hub.accounts import store as accounts
from hub.console.context import branch, hub, narrowed, now, reading, user
from hub.console.display import chinese, worded
from hub.console.roster_words import CAME_ICONS, CAME_MARKS, FLAG_ICONS
from hub.console.units import is_unit, unit_name
from hub.errors import RefusedError
from hub.gates import store as gates
from hub.roster.author import Author
from hub.roster.values import LEADER, DutyShift, Terms

blueprint = Blueprint("roster", __name__)


@blueprint.context_processor
def _words() -> dict[str, Any]:
    """What the templates of these pages show besides words: shapes, days of the week."""
    return {
        "FLAG_ICONS": FLAG_ICONS, "CAME_ICONS": CAME_ICONS, "CAME_MARKS": CAME_MARKS,
        "unit_words": unit_words, "weekday": lambda day: format_date(date.fromisoformat(day), "EEE"),
    }  # fmt: skip


def author(connection: Connection) -> Author:
    """The user of the request, who changes something in this transaction."""
    return Author(connection, hub().town, user().id, now(), hub().zone, branch())


def today() -> str:
    """The day by the town's clock."""
    return now().astimezone(hub().zone).date().isoformat()


def refuse(refused: RefusedError) -> None:
    """Shows why nothing was changed, on the page that follows."""
    flash(worded(refused.words), "refused")


def infos() -> dict[str, GateInfo]:
    """The gates of the town, or of the unit that the address names, in the order of their numbers."""
    return gates.infos(narrowed(), hub().town)


def gate_words(gate: str, known: dict[str, GateInfo]) -> str:
    """A gate's name in the reader's language; of `LEADER` nothing."""
    info = known.get(gate)
    if gate == LEADER or info is None:
        return gate
    return info.zh if chinese() else info.en


def unit_words(unit: str | None) -> str:
    """A unit's name in the reader's language; of a text from before units were chosen, the text and that it is none."""
    if not unit:
        return ""
    name = unit_name(unit)
    return name if is_unit(unit) else gettext("%(text)s (as written, no unit)", text=name)


def shift_words(shift: DutyShift | None, id_: str = "") -> str:
    """A shift's name in the reader's language."""
    if shift is None:
        return id_
    return shift.zh if chinese() else shift.en


def role_words(terms: Terms, role: str | None) -> str:
    """A duty role in the reader's language; the id of one that is no more."""
    known = terms.role(role)
    if known is None:
        return role or ""
    return known.zh if chinese() else known.en


def officers() -> dict[str, str]:
    """Who may sign on at gates: user -> name."""
    return {each.id: each.name for each in accounts.officers(reading())}


def asked(name: str, most: int = 64) -> str:
    """A value of the form, without the blanks around it."""
    return request.form.get(name, "").strip()[:most]
