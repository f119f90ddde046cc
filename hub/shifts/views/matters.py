"""The open matters of the post: what the next duty officer takes over, as lines that a page shows and an entry names.

A matter's name is its kind and id (`alert/12`), so that a handover says for ever which ones there were. Tested in
`tests/hub/shifts/test_views.py`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext
from sqlalchemy.engine import Connection

from hub.accounts.privacy import masks
from hub.alerts import reading as alerts
from hub.conflicts import groups
from hub.conflicts import store as conflicts
from hub.conflicts.rules import What
from hub.console.context import hub, now, reading, role
from hub.console.display import gate_name, plate_text, user_name
from hub.console.labels import label
from hub.orders import store as orders
from hub.shifts import store

MOST = 100
"""Matters of one kind that are listed; the rest is only counted."""
STILL_OPEN = frozenset({"sent", "shown", "started"})
"""States of an order to which its gate has not given its last answer."""


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that is open: its name, its kind, what it is in the reader's words, where it is looked into, since when."""

    name: str
    kind: str
    text: str
    address: str
    since: str


@dataclass(frozen=True, slots=True)
class Open:
    """What is open now: the matters that are listed, and how many there are with those that are not."""

    matters: tuple[Matter, ...]
    count: int

    @property
    def names(self) -> list[str]:
        """The names of the listed ones."""
        return [each.name for each in self.matters]


def open_now(notes_of: str | None) -> Open:
    """Everything that is open at the post now; with the notes of a shift (None: of none)."""
    connection, town = reading(), hub().town
    alerts_ = [_of_alert(each) for each in alerts.unacknowledged(connection, town)]
    overstays: list[Matter] = []
    others: list[Matter] = []
    found, more = groups.page(connection, town, conflicts.Asked(), limit=MOST)
    for group in found:
        (overstays if group.newest.what == What.OVERSTAY else others).append(_of_conflict(group.newest, group.count))
    sent = [_of_order(each) for each in orders.page(connection, town, limit=MOST) if each.state(now()) in STILL_OPEN]
    notes = [] if notes_of is None else [_of_note(each) for each in store.notes(connection, town, notes_of, MOST)]
    listed = (*alerts_, *others, *overstays, *sent, *notes)
    beyond = conflicts.count_open(connection, town) - sum(each.count for each in found) if more else 0
    return Open(listed, len(listed) + max(0, beyond))


def named(names: Iterable[str]) -> list[Matter]:
    """The matters of these names, as they stand now; one of which nothing is known any more says its name."""
    return [_found(name) or Matter(name, name.partition("/")[0], name, "", "") for name in names]


def by_kind(matters: Sequence[Matter]) -> list[tuple[str, list[Matter]]]:
    """The matters under the headings of their kinds."""
    kinds = dict.fromkeys(each.kind for each in matters)
    return [(kind, [each for each in matters if each.kind == kind]) for kind in kinds]


def _found(name: str) -> Matter | None:
    kind, _, id_ = name.partition("/")
    look = LOOKS.get(kind)
    return None if look is None else look(reading(), hub().town, id_)


def _alert(connection: Connection, town: str, id_: str) -> Matter | None:
    number = int(id_) if _is_number(id_) else 0
    found = alerts.find(connection, town, number)
    return None if found is None else _of_alert(found)


def _conflict(connection: Connection, town: str, id_: str) -> Matter | None:
    # with a number behind it: of so many of the same vehicle and cause it was the newest
    newest, _, count = id_.partition("/")
    found = conflicts.find(connection, town, newest)
    return None if found is None else _of_conflict(found, int(count) if _is_number(count) else 1)


def _order(connection: Connection, town: str, id_: str) -> Matter | None:
    found = orders.find(connection, town, id_)
    return None if found is None else _of_order(found)


def _note(connection: Connection, town: str, id_: str) -> Matter | None:
    found = store.note_of(connection, town, int(id_) if _is_number(id_) else 0)
    return None if found is None else _of_note(found)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


LOOKS: dict[str, Callable[[Connection, str, str], Matter | None]] = {
    "alert": _alert,
    "conflict": _conflict,
    "overstay": _conflict,
    "order": _order,
    "note": _note,
}


def _of_alert(each: alerts.Alert) -> Matter:
    mask = masks(role()).get("plate")
    plate = mask(each.plate) if mask and each.plate else each.plate
    times = f" × {each.times}" if each.times > 1 else ""
    about = (label("alert", each.what) + times, gate_name(each.gate) if each.gate else "", plate_text(plate))
    there = url_for("alerts.every", state=alerts.State.OPEN.value, _anchor=f"alert-{each.id}")
    return Matter(f"alert/{each.id}", "alert", " · ".join(filter(None, about)), there, each.first_at)


def _of_conflict(each: conflicts.Conflict, count: int) -> Matter:
    mask = masks(role()).get("plate")
    plate = mask(each.plate) if mask and each.plate else each.plate
    kind = "overstay" if each.what == What.OVERSTAY else "conflict"
    times = f" × {count}" if count > 1 else ""
    text = f"{label('conflict', each.what)}{times} · {plate_text(plate) if plate else gettext('No plate')} · {gate_name(each.gate or '')}"
    page = "conflicts.show" if count == 1 else "conflicts.group"
    name = f"{kind}/{each.id}/{count}" if count > 1 else f"{kind}/{each.id}"
    return Matter(name, kind, text, url_for(page, conflict_id=each.id), each.opened_at)


def _of_order(each: orders.Order) -> Matter:
    said = each.zh or each.en
    return Matter(
        f"order/{each.id}",
        "order",
        f"{gate_name(each.gate)}: {said}",
        url_for("orders.show", order_id=each.dispatch),
        each.issued_at,
    )


def _of_note(each: store.Note) -> Matter:
    return Matter(f"note/{each.entry}", "note", f"{user_name(each.user)}: {each.text}", "", each.at)
