"""Updates the tables `duties` and `duty_notes` from the hub's own entries: who signed on and off, what was written down, handed over.

Notes stand beside the entry as personal values. So a rebuild gives the same rows, and a row that was changed by hand is named by `verify`.

Tested in `tests/hub/shifts/test_store.py`.
"""

from typing import Any

from sqlalchemy import update
from sqlalchemy.engine import Connection

from edge.contract.canonical import canonical
from edge.contract.facts import Kind, Private
from edge.contract.topics import HUB
from hub.database.schema import duties, duty_notes
from hub.database.statements import upsert
from hub.ledger.projections.conflicts import entry_of
from hub.ledger.projections.visit_facts import Said
from hub.values.stored import code_of, part, text_of, whole_of

FIGURES = ("entered", "left", "turned_back", "disinfected", "inside")
MOST = 2**31 - 1
"""The largest number of a column."""


def derive_duty(connection: Connection, town: str, said: Said, private: Private) -> None:
    """Applies one entry; what is none of the hub's about a duty, or names neither user nor shift, changes nothing."""
    if said.get("gate") != HUB:
        return
    write = WRITES.get(str(said.get("kind")))
    if write is None:
        return
    body = part(said, "body")
    user, shift = code_of(body.get("user")), code_of(body.get("shift"))
    if user is None or shift is None:
        return
    entry, at = entry_of(connection, town, said)
    write(connection, {"town": town, "user": user, "shift": shift}, body, private, entry, at)


def _started(connection: Connection, who: dict[str, Any], body: Said, private: Private, entry: int, at: str) -> None:
    relieves = code_of(body.get("relieves"))
    if relieves is not None:
        _end(connection, {**who, "user": relieves}, at, who["user"], "", entry)
    row = {
        **who,
        "entry": entry,
        "started_at": at,
        "relieves": relieves,
        "offer": whole_of(body.get("offer"), MOST),
        "why": text_of(body.get("why")) or "",
        "open_matters": whole_of(body.get("open_matters"), MOST) or 0,
        "taken": canonical(matters(body.get("taken"))).decode(),
        "ended_at": None,
        "ended_by": None,
        "ended_why": None,
        "ended_entry": None,
    }
    upsert(connection, duties, [row])


def _noted(connection: Connection, who: dict[str, Any], body: Said, private: Private, entry: int, at: str) -> None:
    handed_over = None
    if "matters" in body:
        counts = {name: whole_of(body.get(name), MOST) or 0 for name in ("open_matters", *FIGURES)}
        handed_over = canonical(
            {"to": code_of(body.get("to")), "matters": matters(body.get("matters")), **counts}
        ).decode()
    text = text_of(private["remark"][1]) if "remark" in private else None
    upsert(connection, duty_notes, [{**who, "entry": entry, "at": at, "text": text or "", "handover": handed_over}])


def _ended(connection: Connection, who: dict[str, Any], body: Said, private: Private, entry: int, at: str) -> None:
    by = code_of(body.get("by")) or who["user"]
    _end(connection, who, at, by, text_of(body.get("why")) or "", entry)


def _end(connection: Connection, who: dict[str, Any], at: str, by: str, why: str, entry: int) -> None:
    connection.execute(
        update(duties)
        .where(duties.c.town == who["town"], duties.c.user == who["user"], duties.c.ended_at.is_(None))
        .values(ended_at=at, ended_by=by, ended_why=why, ended_entry=entry)
    )


def matters(listed: object) -> list[str]:
    """The names of open matters, whatever else stands among them."""
    found = [code_of(each) for each in listed] if isinstance(listed, list) else []
    return [each for each in found if each is not None]


WRITES = {
    Kind.DUTY_STARTED.value: _started,
    Kind.DUTY_NOTED.value: _noted,
    Kind.DUTY_OFFERED.value: _noted,
    Kind.DUTY_ENDED.value: _ended,
}
