"""The SQL that erases: values of the ledger bit by bit, the lists that people write, registers.

Tested in `tests/hub/destruction/test_erase.py`.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, delete, func, select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import canonical
from hub.database import schema
from hub.ledger.received import digest
from hub.values.stored import pairs_of

CHUNK = 2000
Counts = Mapping[str, int]


def survey(connection: Connection, town: str, up_to: int) -> tuple[int, int, str]:
    """How many values stand beside how many entries, and the digest of which those are: SHA-256 over [id, hash, fields …] of each."""
    values = found = 0
    sha = hashlib.sha256()
    entries, last = schema.entries, 0
    while True:
        query = select(entries.c.id, entries.c.hash, entries.c.private).where(
            entries.c.town == town, entries.c.id > last, entries.c.id <= up_to, entries.c.private != "{}"
        )
        rows = connection.execute(query.order_by(entries.c.id).limit(CHUNK)).all()
        if not rows:
            return found, values, sha.hexdigest()
        for row in rows:
            fields = sorted(pairs_of(row.private))
            sha.update(canonical([row.id, row.hash, *fields]))
            values, found = values + len(fields), found + 1
        last = rows[-1].id


def values_after(connection: Connection, town: str, place: int, up_to: int) -> tuple[int, int]:
    """Erases the values of the next entries behind `place`. Returns the new place and how many entries lost theirs."""
    entries = schema.entries
    query = select(entries.c.id).where(
        entries.c.town == town, entries.c.id > place, entries.c.id <= up_to, entries.c.private != "{}"
    )
    ids = connection.execute(query.order_by(entries.c.id).limit(CHUNK)).scalars().all()
    if ids:
        where = (entries.c.town == town, entries.c.id > place, entries.c.id <= ids[-1], entries.c.private != "{}")
        connection.execute(update(entries).where(*where).values(private="{}"))
    return (ids[-1] if ids else up_to), len(ids)


def _all_of(table: Table) -> Callable[[Connection, str], Counts]:
    def erase(connection: Connection, town: str) -> Counts:
        return {"rows": connection.execute(delete(table).where(table.c.town == town)).rowcount}

    return erase


def _set(table: Table, **values: Any) -> Callable[[Connection, str], Counts]:
    def erase(connection: Connection, town: str) -> Counts:
        differs = [table.c[name].is_distinct_from(value) for name, value in values.items()]
        changed = update(table).where(table.c.town == town, differs[0] if len(differs) == 1 else _any(differs))
        return {"rows": connection.execute(changed.values(**values)).rowcount}

    return erase


def _several(*steps: Callable[[Connection, str], Counts]) -> Callable[[Connection, str], Counts]:
    def erase(connection: Connection, town: str) -> Counts:
        return {"rows": sum(count for step in steps for count in step(connection, town).values())}

    return erase


def _any(conditions: Sequence[Any]) -> Any:
    found = conditions[0]
    for each in conditions[1:]:
        found = found | each
    return found


def _quarantine(connection: Connection, town: str) -> Counts:
    """The bytes go; the place in a gate's chain stays, with a digest over what stands there now."""
    table, count = schema.quarantine, 0
    query = select(table.c.id, table.c.topic, table.c.hash, table.c.raw).where(table.c.town == town)
    statement = update(table).where(table.c.id == bindparam("_id"))
    for row in connection.execute(query.order_by(table.c.id)).all():
        raw = f"destroyed {row.id}".encode()
        if row.raw != raw:
            values = {"_id": row.id, "raw": raw, "digest": digest(row.topic, raw, row.hash)}
            connection.execute(statement, [values])
            count += 1
    gone = connection.execute(delete(schema.ahead).where(schema.ahead.c.town == town)).rowcount
    return {"rows": count, "held_ahead": gone}


def _forms(connection: Connection, town: str) -> Counts:
    """What pages and programs were answered, forms kept over the end of a session, tallies of attempts, texts of faults."""
    found = 0
    for table in (schema.answered_forms, schema.api_answers, schema.attempts):
        found += connection.execute(delete(table)).rowcount
    found += connection.execute(
        update(schema.sessions).where(schema.sessions.c.kept.is_not(None)).values(kept=None)
    ).rowcount
    found += connection.execute(update(schema.undone).where(schema.undone.c.town == town).values(why="")).rowcount
    # of forms that were never sent
    drafts = schema.register_pictures
    found += connection.execute(delete(drafts).where(drafts.c.town == town, drafts.c.row.is_(None))).rowcount
    targets = schema.feed_targets
    connection.execute(update(targets).where(targets.c.town == town, targets.c.error.is_not(None)).values(error=""))
    return {"rows": found}


def _village_plans(connection: Connection, town: str) -> Counts:
    """Households leave the villages' plans; of the other marks goes who is responsible. Entrances and areas stay where they are."""
    marks = schema.plan_marks
    households = connection.execute(delete(marks).where(marks.c.town == town, marks.c.kind == "household")).rowcount
    others = _set(marks, officer="", phone="", remark="", need="")(connection, town)["rows"]
    return {"households": households, "rows": others + _set(schema.units, remark="")(connection, town)["rows"]}


LISTS: Mapping[str, Callable[[Connection, str], Counts]] = {
    "passes": _set(
        schema.passes, plate="", text="", reference=None, request=None, revoked_reason=None, blocked_reason=None
    ),
    "watch_list": _all_of(schema.watched),
    "vehicle_notes": _all_of(schema.vehicle_notes),
    "pictures": _all_of(schema.pictures),
    "reports": _several(_set(schema.reports, private="{}", remarks=""), _set(schema.zero_reports, text="")),
    "alerts": _set(schema.alerts, detail="", comment=None, later=None),
    "orders": _several(
        _set(schema.orders, zh="", en=""),
        _set(schema.dispatches, zh="", en="", cancelled_reason=None),
        _set(schema.village_receipts, note=""),
        _set(schema.questions, asked_by="", document="", text="", closed_note=None),
        _set(schema.question_answers, text=""),
        _set(schema.run_plans, plates="[]", route="", stopped_reason=None),
    ),
    "duty_staff": _several(_set(schema.duty_staff, name="", phone=None), _set(schema.duty_absences, why="")),
    "village_plans": _village_plans,
    "quarantine": _quarantine,
    "exports": _several(
        _set(schema.export_jobs, filter="{}", reason=None, error=None),
        _set(schema.register_imports, file="", error=None),
    ),
    "forms": _forms,
}
"""Part -> what erases it in the database. Each may be done again: it then finds nothing."""


def _says_something() -> list[Any]:
    rows = schema.register_rows.c
    return [rows.private != "{}", rows.subject.is_not(None), rows.removed_why.is_not(None)]


def register(connection: Connection, town: str, id_: str, facts: Sequence[str]) -> Counts:
    """Erases what rows of a register say of persons, in the rows, their history, their pictures and what they are found by.

    `facts`: the fields that say nothing of persons.
    """
    rows, history = schema.register_rows, schema.register_history
    of_it = select(rows.c.id).where(rows.c.town == town, rows.c.register == id_)
    words, images = schema.register_words, schema.register_pictures
    changed = connection.execute(
        update(rows)
        .where(rows.c.town == town, rows.c.register == id_, _any(_says_something()))
        .values(private="{}", subject=None, removed_why=None)
    ).rowcount
    steps = connection.execute(
        update(history).where(history.c.town == town, history.c.row.in_(of_it)).values(private="{}", why="")
    ).rowcount
    connection.execute(
        delete(words).where(words.c.town == town, words.c.register == id_, words.c.field.not_in(list(facts)))
    )
    seen = connection.execute(delete(images).where(images.c.town == town, images.c.row.in_(of_it))).rowcount
    return {"rows": changed, "history": steps, "pictures": seen}


def count(connection: Connection, table: Table, town: str) -> int:
    """How many rows a table has for a town; of one that knows no town, how many at all."""
    query = select(func.count()).select_from(table)
    return connection.execute(query.where(table.c.town == town) if "town" in table.c else query).scalar_one()
