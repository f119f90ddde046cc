"""The last policy, pass list and commands that the hub signed, and who is inside, in `lists.db`: a gate judges with no network.

Only a text under the hub's signature, for this town and not older than the one held, is taken. What a decision needs stands in
one frozen `Snapshot`; who is inside stands in `inside`. A file that is broken is moved aside: a gate without lists still registers by hand and opens in an
emergency, and the hub sends both lists again at its next connection.
"""

import os
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Self

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlite_utils import Database

from edge.contract import plates
from edge.contract.canonical import public_from_hex
from edge.contract.files import set_aside
from edge.contract.messages import MAX_LIST, Signed, SignedKind
from edge.contract.policy import Policy
from edge.contract.records import parse_wall, wall_text
from edge.contract.refusal import Refusal
from edge.decision.decision import LastSeen
from edge.lists.inside import Inside
from edge.lists.snapshot import Snapshot

FILE = "lists.db"
_BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_ERROR})

log = structlog.get_logger()

AGE_KEPT = timedelta(minutes=10)
"""Seconds by which a list must get younger before this is written to the disk: a card is not written every few seconds."""


class Lists:
    """The lists of one gate: `accept` takes what the hub sends; `snapshot` and `inside` are what decisions read."""

    def __init__(self, town: str, hub_key: Ed25519PublicKey, database: Database) -> None:
        self._town = town
        self._hub_key = hub_key
        self._db = database
        self._lock = threading.Lock()
        self._held: Mapping[SignedKind, Signed] = MappingProxyType({})
        self._stored: dict[SignedKind, datetime] = {}
        self._snapshot = Snapshot()
        self.inside = Inside(database)
        self.moved_aside: str | None = None
        """What was wrong with the file that lay here before, which was moved out of the way; None: nothing."""

    @classmethod
    def open(cls, path: Path, *, town: str, hub_key: Ed25519PublicKey) -> Self:
        """The lists at `path`, or empty ones: no fault of this file stops a gate.

        One that is broken is moved aside. Where the disk takes no file at all, the lists live in memory until the next start.
        """
        try:
            return cls._read(path, town, hub_key)
        except (sqlite3.Error, OSError, ValueError) as error:
            log.error("lists cannot be read", path=str(path), error=str(error))
            fault = f"{path.name}: {error}".partition("\n")[0]
            broken = isinstance(error, ValueError) or (isinstance(error, sqlite3.Error) and _code(error) in _BROKEN)
        try:
            if broken or path.is_dir():
                log.error("lists moved aside", path=str(path), aside=str(set_aside(path, "-wal", "-shm", "-journal")))
                lists = cls._read(path, town, hub_key)
                lists.moved_aside = fault
                return lists
        except (sqlite3.Error, ValueError, OSError) as error:
            log.error("lists cannot be made anew", path=str(path), error=str(error))
        return cls._read(None, town, hub_key)

    @classmethod
    def _read(cls, path: Path | None, town: str, hub_key: Ed25519PublicKey) -> Self:
        database = _connect(path)
        try:
            lists = cls(town, hub_key, database)
            rows = database.execute("select received_at, message from lists").fetchall()
            for received_at, message in rows:
                signed = Signed.parse(str(message).encode(), MAX_LIST)
                why = lists._refusal(signed)
                if why is not None:
                    raise ValueError(why)
                lists._take(signed, parse_wall(received_at))
                lists._stored[signed.kind] = parse_wall(received_at)
        except BaseException:
            database.close()
            raise
        return lists

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._db.close()

    def snapshot(self) -> Snapshot:
        """Everything a decision needs, frozen."""
        return self._snapshot

    def saw(self, vehicle: str, seen: LastSeen) -> None:
        """Notes that a vehicle passed at this gate. From any thread."""
        with self._lock:
            self.inside.saw(vehicle, seen)

    def vouch(self, kinds: Iterable[SignedKind], now: datetime) -> None:
        """Notes that the hub is connected and has nothing newer: the lists held are as new as this moment."""
        with self._lock:
            for kind in kinds:
                if kind == "sightings":
                    self.inside.vouch(now)
                elif kind in self._held:
                    self._vouch(self._held[kind], now)

    def accept(self, signed: Signed, now: datetime, *, settled: bool = False) -> Refusal | None:
        """Takes a signed message of the hub that arrived at `now`: None, or one line that says why it is refused.

        The same version again only says that it is still the newest: its age begins anew. `settled`: see `Inside.accept`.
        """
        if signed.kind == "sightings":
            return self._sighted(signed, now, settled=settled)
        with self._lock:
            why = self._refusal(signed)
            if why is None:
                self._take(signed, now)
                self._store(signed, now)
        return why

    def _sighted(self, signed: Signed, now: datetime, *, settled: bool) -> Refusal | None:
        why = self._not_ours(signed)
        if why is not None:
            return why
        try:
            told = signed.sightings()
            for each in told.sightings:
                if parse_wall(each.at).tzinfo is None:
                    raise ValueError(f"sighting {each.n}: at {each.at!r} has no time zone")
        except ValueError as error:
            return Refusal(f"sightings version {signed.version}: {error}")
        # read before the lock is taken: a lane that notes its own passage does not wait for a snapshot's signature
        with self._lock:
            self.inside.accept(told, now, settled=settled)
        return None

    def _not_ours(self, signed: Signed) -> Refusal | None:
        what = f"{signed.kind} version {signed.version}"
        if signed.town != self._town:
            return Refusal(f"{what} is for town {signed.town!r}, this gate belongs to {self._town!r}")
        return None if signed.holds(self._hub_key) else Refusal(f"{what} is not signed by the hub")

    def _refusal(self, signed: Signed) -> Refusal | None:
        what = f"{signed.kind} version {signed.version}"
        why = self._not_ours(signed)
        if why is not None:
            return why
        held = self._held.get(signed.kind)
        if held is not None and signed.version < held.version:
            return Refusal(f"{what} is older than version {held.version}, which this gate holds")
        if held is not None and signed.version == held.version and signed.text != held.text:
            return Refusal(f"{what} says something else than the version {held.version} that this gate holds")
        fault = _fault(signed)
        return None if fault is None else Refusal(f"{what}: {fault}")

    def _store(self, signed: Signed, now: datetime) -> None:
        # a single statement is a transaction of its own; a full disk does not undo a revocation that is known already
        try:
            self._db.execute(
                "insert or replace into lists (kind, version, received_at, message) values (?, ?, ?, ?)",
                [signed.kind, signed.version, wall_text(now), signed.encode().decode()],
            )
            self._stored[signed.kind] = now
        except sqlite3.Error as error:
            log.error("list not written to disk", kind=signed.kind, version=signed.version, error=str(error))

    def _vouch(self, held: Signed, now: datetime) -> None:
        before = self._snapshot
        if held.kind == "command":
            return  # nothing is judged by how old it is
        if held.kind == "policy":
            self._snapshot = replace(before, policy_received=now)
        else:
            self._snapshot = replace(before, passlist_received=now)
        stored = self._stored.get(held.kind)
        if stored is None or abs(now - stored) >= AGE_KEPT:
            self._store(held, now)

    def _take(self, signed: Signed, received: datetime) -> None:
        self._held = MappingProxyType({**self._held, signed.kind: signed})
        self._snapshot = _open(self._snapshot, signed, received)


def _open(before: Snapshot, signed: Signed, received: datetime) -> Snapshot:
    if signed.kind == "policy":
        policy = _with_pins(signed.policy(), before.pins)
        return replace(before, policy=policy, policy_version=signed.version, policy_received=received)
    if signed.kind == "command":
        body = signed.commands()
        pins = before.pins if body.pins is None else MappingProxyType(body.pins)
        policy_now = None if before.policy is None else _with_pins(before.policy, pins)
        return replace(before, commands=body.commands, pins=pins, policy=policy_now, roster=body.roster)
    passlist = signed.passlist()
    return replace(
        before,
        trusted=passlist.keys,
        revoked=passlist.revoked,
        blocked=passlist.blocked,
        revoked_keys=passlist.revoked_keys,
        watch=MappingProxyType({plates.normalise(watched.plate): watched for watched in passlist.watch}),
        passlist_version=signed.version,
        passlist_received=received,
    )


def _with_pins(policy: Policy, pins: Mapping[str, str] | None) -> Policy:
    """The policy as this gate uses it: each officer with the PIN that counts here."""
    if pins is None:
        return policy
    officers = tuple(each.model_copy(update={"pin": pins.get(each.id)}) for each in policy.officers)
    return policy.model_copy(update={"officers": officers})


def _fault(signed: Signed) -> str | None:
    try:
        opened = _open(Snapshot(), signed, parse_wall(signed.issued))
        for key in opened.trusted:
            public_from_hex(key.public)
            if key.until is not None and parse_wall(key.until).tzinfo is None:
                raise ValueError(f"key {key.kid}: until {key.until!r} has no time zone")
    except ValueError as error:
        return str(error)
    return None


def _connect(path: Path | None) -> Database:
    if path is not None:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path or ":memory:", timeout=10, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        connection.execute(
            "create table if not exists lists"
            " (kind text primary key, version integer not null, received_at text not null, message text not null)"
        )
    except BaseException:
        connection.close()
        raise
    return Database(connection)


def _code(error: sqlite3.Error) -> int:
    # the primary result code; an error of the module itself carries none
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
