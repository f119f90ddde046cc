"""operation.toml written and published in one go, and every published text kept as a version, signed by the hub.

If anything fails the file is what it was before. Tested in `tests/hub/operations/test_rules_file.py`.
"""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError
from sqlalchemy import Row, func, select
from sqlalchemy.engine import Connection

from edge.contract.canonical import canonical, sha256_hex
from edge.contract.messages import Signed
from edge.contract.records import wall_text
from hub import generated_files
from hub.database.schema import rule_versions
from hub.downlink import signed_lists
from hub.errors import HubError, RefusedError, Words
from hub.gates.policy import publish_policy
from hub.operations import rules_note
from hub.town import operation_file
from hub.town.operation import Rules
from hub.town.rules_text import line_of
from hub.town.town import Town


@dataclass(frozen=True, slots=True)
class Version:
    """A text of operation.toml that was published: who did it, when and why. `again`: the former version that it repeats."""

    number: int
    operation: str
    at: str
    by: str
    why: str
    text: str
    hash: str
    sig: str
    policy: int
    again: int | None

    def signed_by(self, town: str, key: Ed25519PublicKey) -> bool:
        """Returns True if the hub signed exactly this."""
        if sha256_hex(self.text.encode()) != self.hash:
            return False
        try:
            key.verify(bytes.fromhex(self.sig), _signed(town, self))
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a text: the line where it is known, and what was expected."""

    line: int | None
    why: str

    def __str__(self) -> str:
        where = "operation.toml" if self.line is None else f"operation.toml, line {self.line}"
        return f"{where}: {self.why}"


class BadRulesError(RefusedError):
    """Rules that do not hold, with the line and what was expected."""

    def __init__(self, fault: Fault):
        words = Words("operation.toml: %(rule)s", rule=fault.why)
        if fault.line is not None:
            words = Words("operation.toml, line %(line)s: %(rule)s", line=fault.line, rule=fault.why)
        super().__init__(words.text, **words.values)
        self.fault = fault


def text_now(town: Town) -> str:
    """The text of the file as it stands; `HubError` if there is none."""
    return operation_file.text(town.settings.folder / operation_file.FILE)


def holding_text(town: Town) -> str:
    """The text of a file that holds; `RefusedError` for one that does not: it is mended by hand first."""
    try:
        text = text_now(town)
        Rules.of_text(text)
    except HubError as error:
        raise RefusedError("operation.toml cannot be used so: %(rules_fault)s", rules_fault=str(error)) from None
    return text


def digest(text: str) -> str:
    """What stands for a text of operation.toml."""
    return sha256_hex(text.encode())


def fault_of(text: str) -> Fault | None:
    """What is wrong with a text, before anything is written; None: it holds."""
    try:
        Rules.of_text(text)
    except HubError as error:
        why = str(error).removeprefix(f"{operation_file.FILE}: ")
        return Fault(_line(text), why)
    return None


def _line(text: str) -> int | None:
    """The line of a fault that is one of a value; TOML's own faults name their line themselves."""
    try:
        Rules.model_validate(tomllib.loads(text))
    except ValidationError as error:
        first = error.errors()[0]["loc"]
        return line_of(text, first) if first else None
    except (ValueError, RecursionError):
        return None
    return None


def publish_text(
    town: Town, connection: Connection, text: str, *, by: str, why: str, now: datetime, again: int | None = None
) -> Signed:
    """Writes the text into operation.toml, publishes it and keeps it as a version; `RefusedError` for one that does not hold."""
    fault = fault_of(text)
    if fault is not None:
        raise BadRulesError(fault)
    if len(text.encode()) > operation_file.LONGEST:
        raise RefusedError("operation.toml: expected %(most)s bytes at most", most=operation_file.LONGEST)
    file = town.settings.folder / operation_file.FILE
    before = operation_file.content(file)
    try:
        # a crash between here and the commit is mended at the next start
        rules_note.announce(town.settings.folder, before, text.encode())
        generated_files.put(file, text.encode(), 0o600)
    except OSError as error:
        raise RefusedError("operation.toml cannot be written: %(why)s", why=str(error.strerror)) from None
    try:
        rules = Rules.load(town.settings.folder)
        made = publish_policy(Town(town.settings, town.key, rules), connection, now)
        keep(town, connection, text, rules, made, by=by, why=why, now=now, again=again)
    except BaseException:
        generated_files.put(file, before, 0o600)
        rules_note.forget(town.settings.folder)
        raise
    return made


def keep(
    town: Town,
    connection: Connection,
    text: str,
    rules: Rules,
    policy: Signed,
    *,
    by: str,
    why: str,
    now: datetime,
    again: int | None = None,
) -> None:
    """Keeps a published text as the newest version, unless it is that already."""
    last = newest(connection, town.id)
    if last is not None and last.text == text:
        return
    number = 1 if last is None else last.number + 1
    made = Version(number, rules.id, wall_text(now), by, why, text, digest(text), "", policy.version, again)
    sig = town.key.sign(_signed(town.id, made)).hex()
    row = {name: getattr(made, name) for name in Version.__slots__} | {"sig": sig}
    connection.execute(rule_versions.insert().values(town=town.id, **row))


def policy_now(connection: Connection, town: str) -> Signed | None:
    """The policy that gates should have."""
    return signed_lists.current(connection, town, "policy")


def newest(connection: Connection, town: str) -> Version | None:
    """The version that was published last; None where none was kept."""
    query = select(rule_versions).where(rule_versions.c.town == town).order_by(rule_versions.c.number.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else _version(row)


def numbered(connection: Connection, town: str, number: int) -> Version | None:
    """A version by its number."""
    query = select(rule_versions).where(rule_versions.c.town == town, rule_versions.c.number == number)
    row = connection.execute(query).first()
    return None if row is None else _version(row)


def of_digest(connection: Connection, town: str, hash_: str) -> Version | None:
    """The newest version with this text."""
    query = select(rule_versions).where(rule_versions.c.town == town, rule_versions.c.hash == hash_)
    row = connection.execute(query.order_by(rule_versions.c.number.desc()).limit(1)).first()
    return None if row is None else _version(row)


def versions(connection: Connection, town: str, *, before: int | None, limit: int) -> list[Version]:
    """Versions, the newest first, from below a number."""
    query = select(rule_versions).where(rule_versions.c.town == town)
    if before is not None:
        query = query.where(rule_versions.c.number < before)
    return [_version(row) for row in connection.execute(query.order_by(rule_versions.c.number.desc()).limit(limit))]


def count(connection: Connection, town: str) -> int:
    """How many versions are kept."""
    query = select(func.count()).select_from(rule_versions).where(rule_versions.c.town == town)
    return int(connection.execute(query).scalar() or 0)


def count_of(connection: Connection, town: str, operation: str) -> int:
    """How many versions an operation had."""
    query = (
        select(func.count())
        .select_from(rule_versions)
        .where(rule_versions.c.town == town, rule_versions.c.operation == operation)
    )
    return int(connection.execute(query).scalar() or 0)


def _signed(town: str, made: Version) -> bytes:
    return canonical(
        [town, made.number, made.operation, made.at, made.by, made.why, made.hash, made.policy, made.again or 0]
    )


def _version(row: Row[Any]) -> Version:
    return Version(**{name: getattr(row, name) for name in Version.__slots__})
