"""The steps of a destruction in their order; each may be cut off at any moment and is then done again from where it stood.

| step | what it does |
|---|---|
| `logs` | lines with a plate, a name or a phone number go out of the logs; entries in whose hashed bytes somebody typed one are counted |
| `archive` | what is handed over is written into sealed files, and read again |
| `said` | the entry `destroyed`: how many values of which entries; from now on values that still arrive are not stored |
| `values` | the entries' private values and salts, some at a time |
| `projections` | visits, who is inside, sightings and the rest are derived anew from what the entries still say |
| `lists` | passes, watch list, notes, pictures, reports, alerts, orders, quarantine, forms, registers |
| `published` | the pass list without watched plates goes out to the gates |
| `audit` | what rows of the audit say, its chain kept |
| `gates` | every gate is asked to destroy what it holds; orders whose text is gone, and the roster's names, are published no more |
| `files` | exports, what was set aside, the broker's store |
| `pages` | the database is written anew without free pages, its log emptied |
| `proof` | the ledger and the audit verify |
| `backups` | a backup of what is left is made, and those from before go |

Tested in `tests/hub/destruction/test_run.py`.
"""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import delete
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from edge.contract.facts import Destroyed, Kind
from edge.contract.records import wall_text
from hub.accounts import audit_chain, audit_erasing
from hub.backup import key as backup_key
from hub.backup.age import Recipient
from hub.backup.make import backup, dated
from hub.database.engine import reader
from hub.database.schema import audit_counts
from hub.destruction import archive, at_gates, erase, pages, progress, traces, values
from hub.destruction.parts import Choice, Part
from hub.destruction.work import Work
from hub.errors import HubError
from hub.gates import store as gates
from hub.ledger import destroyed, queries
from hub.ledger.clock import moment
from hub.ledger.hub_entries import append_own
from hub.ledger.projections.rebuild import rebuild
from hub.ledger.verify import verify
from hub.operations import store as operations
from hub.passes.passlist import publish_passlist
from hub.registers import catalogue

Counts = Mapping[str, Json]
Step = Callable[[Work], None]


def _logs(work: Work) -> None:
    with work.changing() as connection:
        found = values.of_town(connection, work.town.id)
        typed = values.in_hashed_bytes(connection, work.town.id, found)
        cleaned = traces.clean_logs(work.town.settings, found)
        counts: dict[str, Json] = {**cleaned, "typed": len(typed), "entries": list(typed[: values.NAMED])}
        work.note(connection, "logs", counts)


def _archive(work: Work) -> None:
    with work.changing() as connection:
        handed = [
            part
            for id_, part in work.going(connection).items()
            if work.decided(connection)[id_].choice is Choice.ARCHIVE
        ]
        files = _sealed(work, connection, handed) if handed else []
        work.note(connection, "archive", {"files": files})


def _sealed(work: Work, connection: Connection, handed: Sequence[Part]) -> list[Json]:
    settings = work.town.settings
    to = backup_key.needed(settings) if work.of.recipient is None else Recipient.parse(work.of.recipient)
    into = archive.folder(settings.folder, work.of.id)
    files: list[Json] = [archive.seal(connection, work.town.id, part, into, to) for part in handed]
    archive.write_list(into, files, to, work.town.key)
    return files


def _said(work: Work) -> None:
    with work.changing() as connection:
        town, of, going = work.town, work.of, work.going(connection)
        up_to = queries.last_entry(connection, town.id) if destroyed.LEDGER in going else 0
        entries, count, digest = erase.survey(connection, town.id, up_to)
        body = Destroyed(
            operation=of.operation, user=of.requested_by, confirmed_by=of.confirmed_by, values=count, entries=entries, up_to=up_to,
            digest=digest, parts=tuple(going),
        )  # fmt: skip
        append_own(
            connection, town=town.id, kind=Kind.DESTROYED, visit=None, body=body, private={}, at=moment(work.now), key=town.key
        )  # fmt: skip
        entry = queries.last_entry(connection, town.id)
        if destroyed.LEDGER in going:
            at = wall_text(work.now)
            destroyed.remember(connection, town.id, of.operation, at=at, up_to=up_to, entry=entry)
        progress.reaches(connection, of.id, up_to)
        work.note(
            connection, "said", {"entries": entries, "values": count, "digest": digest, "entry": entry, "up_to": up_to}
        )


def _values(work: Work) -> None:
    done = False
    while not done:
        with work.changing() as connection:
            there = work.there(connection, "values")
            up_to = progress.up_to(connection, work.of.id)
            place, emptied = (0, 0) if there is None else (there.place, progress.whole(there.counts, "entries"))
            place, more = erase.values_after(connection, work.town.id, place, up_to)
            done = place >= up_to
            work.note(connection, "values", {"entries": emptied + more}, place=place, done=done)


def _projections(work: Work) -> None:
    with work.changing() as connection:
        counts: dict[str, Json] = {}
        if progress.up_to(connection, work.of.id):
            counts = {"entries": rebuild(connection, work.town.id, work.now)}
        work.note(connection, "projections", counts)


def _lists(work: Work) -> None:
    with work.changing() as connection:
        counts: dict[str, Json] = {}
        for id_, part in work.going(connection).items():
            if id_ in erase.LISTS:
                counts[id_] = dict(erase.LISTS[id_](connection, work.town.id))
            elif part.register is not None:
                of_it = catalogue.known(connection, work.town.id, part.register).register
                facts = [each.id for each in of_it.fields if not each.personal]
                counts[id_] = dict(erase.register(connection, work.town.id, part.register, facts))
        work.note(connection, "lists", counts)


def _published(work: Work) -> None:
    with work.changing() as connection:
        version = publish_passlist(work.town, connection, work.now).version
        work.note(connection, "published", {"passlist": version})


def _audit(work: Work) -> None:
    with work.changing() as connection:
        counts: dict[str, Json] = {}
        if "audit" in work.going(connection):
            key = work.town.key.public_key()
            connection.execute(delete(audit_counts))
            by = work.of.requested_by
            counts = {"rows": audit_erasing.erase(connection, work.town.id, key, by=by, now=work.now)}
        work.note(connection, "audit", counts)


def _gates(work: Work) -> None:
    with work.changing() as connection:
        by = work.of.confirmed_by or work.of.requested_by
        asked = at_gates.ask(connection, town=work.town.id, id_=work.of.id, by=by, now=work.now)
        withdrawn = at_gates.publish(connection, town=work.town.id, by=by, key=work.town.key, now=work.now)
        work.note(connection, "gates", {"asked": asked, "withdrawn": withdrawn})


def _files(work: Work) -> None:
    settings = work.town.settings
    counts: dict[str, Json] = {**traces.clean_files(settings), "broker": dict(traces.clean_broker(settings))}
    with work.changing() as connection:
        work.note(connection, "files", counts)


def _pages(work: Work) -> None:
    cleaned = pages.write_anew(work.engine)
    with work.changing() as connection:
        work.note(connection, "pages", cleaned)
    pages.empty_log(work.engine)


def _proof(work: Work) -> None:
    town, looking = work.town, reader(work.town.settings.database_url)
    try:
        with looking.begin() as connection:
            keys = gates.keys(connection, town.id, retired=True)
            sound = verify(connection, town.id, gates=keys, hub=town.key.public_key())
            rows = audit_chain.verify(connection, town.id, town.key.public_key())
    finally:
        looking.dispose()
    with work.changing() as connection:
        by = work.of.confirmed_by or work.of.requested_by
        operations.mark_destroyed(connection, town.id, work.of.operation, by=by, now=work.now)
        work.note(connection, "proof", {"entries": sound.entries, "head": sound.head, "audit": rows})


def _backups(work: Work) -> None:
    town = work.town
    with work.changing() as connection:
        goes = "backups" in work.going(connection)
    made, why = None, ""
    if goes:
        try:
            made = backup(town, dated(town, work.now), work.now, None).file.name
        except HubError as error:
            why = str(error)
    gone = traces.destroy_backups(town.settings, made) if goes else {}
    with work.changing() as connection:
        work.note(connection, "backups", {**gone, "made": made, "why": why})


STEPS: Mapping[str, Step] = {
    "logs": _logs,
    "archive": _archive,
    "said": _said,
    "values": _values,
    "projections": _projections,
    "lists": _lists,
    "published": _published,
    "audit": _audit,
    "gates": _gates,
    "files": _files,
    "pages": _pages,
    "proof": _proof,
    "backups": _backups,
}
