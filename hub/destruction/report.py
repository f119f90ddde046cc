"""The report of a destruction: what, when, how many, by whom, what could not be reached, the gates' receipts; signed by the hub.

    {"content": {…}, "hub_key": …, "sig": …}     the signature is over the canonical array ["destruction", content]

A report is made when the hub has done its part, and once more by itself whenever a gate's receipt has come: a version never changes.

Tested in `tests/hub/destruction/test_report.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json, canonical, public_from_hex, public_hex, sign, signed_by
from edge.contract.records import wall_text
from hub.accounts import audit
from hub.accounts import store as accounts
from hub.database.schema import destruction_reports as table
from hub.destruction import at_gates, decisions, plan, progress, requests
from hub.errors import HubError, RefusedError
from hub.town.town import Town

VERSION = 1
LONGEST = 4 << 20
"""Bytes of a report's file."""
LIMITS = frozenset({"paper", "browsers", "disk_blocks"})


@dataclass(frozen=True, slots=True)
class Report:
    """One version of a report, as it was signed."""

    version: int
    made_at: str
    content: Mapping[str, Any]
    sig: str
    hub_key: str = ""

    def text(self, hub_key: str) -> str:
        """The file that people keep."""
        value = {"content": self.content, "hub_key": hub_key, "sig": self.sig}
        return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def keep(connection: Connection, town: Town, id_: str, now: datetime) -> Report:
    """The newest report; a new version if anything in it is other than in the last one."""
    last = newest(connection, town.id, id_)
    said = _content(connection, town, id_, now)
    if last is not None and _same(last.content, said):
        return last
    version = 1 if last is None else last.version + 1
    content = {**said, "version": version, "made_at": wall_text(now)}
    sig = sign(town.key, ["destruction", content])
    row = {
        "town": town.id, "destruction": id_, "version": version, "made_at": wall_text(now), "sig": sig,
        "content": canonical(content).decode(),
    }  # fmt: skip
    connection.execute(table.insert().values(row))
    audit.note(
        connection, user="hub", action="destruction reported", object=f"destructions/{id_}", detail={"version": version}, now=now
    )  # fmt: skip
    return Report(version, wall_text(now), content, sig)


def is_due(connection: Connection, town: str, now: datetime) -> str | None:
    """The destruction that is done and of whose gates the newest report says something else than they have answered since; None: there is none."""
    of = requests.newest(connection, town)
    if of is None or of.state != "done":
        return None
    last = newest(connection, town, of.id)
    said = _receipts(at_gates.receipts(connection, town, of.id, now))
    return of.id if last is None or last.content["gates"] != json.loads(canonical(said)) else None


def _receipts(receipts: list[at_gates.Receipt]) -> list[Json]:
    return [
        {
            "gate": each.gate,
            "state": each.state,
            "at": each.at,
            "counts": dict(each.counts or {}),
            "detail": each.detail,
        }
        for each in receipts
    ]


def _same(last: Mapping[str, Any], said: Mapping[str, Json]) -> bool:
    # the way through the table makes lists of tuples
    plain = json.loads(canonical(dict(said)))
    return bool({name: value for name, value in last.items() if name not in ("version", "made_at")} == plain)


def newest(connection: Connection, town: str, id_: str, version: int | None = None) -> Report | None:
    """The newest version of a report, or a certain one."""
    query = select(table).where(table.c.town == town, table.c.destruction == id_)
    query = query if version is None else query.where(table.c.version == version)
    row = connection.execute(query.order_by(table.c.version.desc()).limit(1)).first()
    return None if row is None else Report(row.version, row.made_at, json.loads(row.content), row.sig)


def known(connection: Connection, town: str, id_: str, version: int | None = None) -> Report:
    """A version of a report; `RefusedError` if there is none."""
    found = newest(connection, town, id_, version)
    if found is None:
        raise RefusedError("destruction %(id)s: there is no such report", id=id_)
    return found


def versions(connection: Connection, town: str, id_: str) -> list[tuple[int, str]]:
    """Every version of a report and when it was made, oldest first."""
    query = select(table.c.version, table.c.made_at).where(table.c.town == town, table.c.destruction == id_)
    return [(row.version, row.made_at) for row in connection.execute(query.order_by(table.c.version))]


def _content(connection: Connection, town: Town, id_: str, now: datetime) -> dict[str, Json]:
    of = requests.known(connection, town.id, id_)
    done = progress.read(connection, town.id, id_)
    decided = decisions.read(connection, town.id, of.operation)
    receipts = at_gates.receipts(connection, town.id, id_, now)
    names = accounts.names(connection)
    return {
        "v": VERSION,
        "town": town.id,
        "operation": of.operation,
        "destruction": id_,
        "state": of.state,
        "requested": {"at": of.requested_at, "by": of.requested_by, "name": names.get(of.requested_by, "")},
        "confirmed": {"at": of.confirmed_at, "by": of.confirmed_by, "name": names.get(of.confirmed_by or "", "")},
        "ended_at": of.ended_at,
        "parts": [
            {"part": each.part, "choice": each.choice.value, "reason": each.reason, "until": each.until, "decided_at": each.at, "decided_by": each.by}
            for each in decided.values()
        ],
        "steps": [{"step": each.step, "at": each.at, "counts": dict(each.counts)} for each in sorted(done.values(), key=_order)],
        "gates": _receipts(receipts),
        "unreached": _unreached(connection, town, receipts, done, now),
    }  # fmt: skip


def _order(done: progress.Done) -> tuple[str, str]:
    return done.at or "", done.step


def _unreached(
    connection: Connection,
    town: Town,
    receipts: list[at_gates.Receipt],
    done: Mapping[str, progress.Done],
    now: datetime,
) -> list[Json]:
    found: list[Json] = []
    if open_ := [each.gate for each in receipts if not each.reached]:
        found.append({"what": "gates_open", "which": list(open_), "count": len(open_)})
    logs = done.get("logs")
    if logs is not None and (typed := progress.whole(logs.counts, "typed")):
        found.append({"what": "typed", "which": [], "count": typed})
    for each in plan.unreached(connection, town.settings, now):
        if each.what != "gates_away":
            found.append({"what": each.what, "which": list(each.which), "count": each.count})
    return found


def check(file: Path, hub_key: str | None) -> Report:
    """A report from its file, if it is what a hub signed; `hub_key`: the town's. `HubError` in one line if not."""
    try:
        data = file.read_bytes()[: LONGEST + 1]
        value = json.loads(data)
        content, key, sig = value["content"], value["hub_key"], value["sig"]
        if not isinstance(content, dict) or len(data) > LONGEST:
            raise ValueError
        holds = signed_by(public_from_hex(key), ["destruction", content], sig)
        version, made_at = int(content["version"]), str(content["made_at"])
    except OSError as error:
        raise HubError(f"{file}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise HubError(f"{file}: not a report of a destruction as the hub writes it") from None
    if not holds:
        raise HubError(f"{file}: it is not what the hub signed: something in it was changed")
    if hub_key is not None and key != hub_key:
        raise HubError(f"{file}: signed by another hub ({key[:16]}…) than this town's ({hub_key[:16]}…)")
    return Report(version, made_at, content, sig, key)


def key_of(town: Town) -> str:
    """The hub's public key, as a report carries it."""
    return public_hex(town.key)
