"""The four invariants, looked up in the files by a program that shares no code with what wrote them.

    1. each crossing that a gate kept is in the ledger exactly once
    2. no gate's entry is in the ledger that that gate did not keep
    3. every gap in a gate's numbers is explained, by a `lost` entry or a quarantined record that holds its place
    4. both chains verify: each gate's own, and the town's over all entries; and the gates' signatures

It imports sqlite3, hashlib, json and an Ed25519, and nothing of the project. What it knows of the formats is what
edge/contract/README.md says.
"""

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ZERO = "00" * 32
JournalId = tuple[str, str]


@dataclass(frozen=True)
class Evidence:
    """What there is to look at. `crossings`: gate -> the visits for which its barrier moved, by the gate's own word.

    `journals`: every journal file that a gate ever had, copies included. `copies`: those of them that share a name and epoch
    with another (a cloned card): their records may lie in the quarantine.
    """

    ledger: Path
    journals: Sequence[Path]
    crossings: Mapping[str, Sequence[str]]
    copies: Sequence[Path] = ()


@dataclass
class Findings:
    """What was counted, and every fault in words."""

    entries: int = 0
    records: int = 0
    crossings: int = 0
    quarantined: int = 0
    faults: list[str] = field(default_factory=list)


def check(evidence: Evidence) -> Findings:
    """Looks everything up."""
    found = Findings()
    with closing(_open(evidence.ledger)) as hub:
        entries = hub.execute("select * from entries order by id").fetchall()
        held = hub.execute("select * from quarantine").fetchall()
        keys = dict(hub.execute("select gate, public_key from gates").fetchall())
        former = hub.execute("select gate, public_key, until_entry from former_keys").fetchall()
        signatures = hub.execute("select town, gate, epoch, seq, hash, sig from signatures").fetchall()
        *head, life = hub.execute("select count, chain, ledger_epoch from ledgers").fetchone()
    found.entries, found.quarantined = len(entries), len(held)
    kept = _kept(evidence)
    found.records = sum(len(book.records) for books in kept.values() for book in books)
    faults = found.faults
    faults += _exactly_once(entries, held, kept, evidence, life)
    faults += _crossings(entries, held, evidence)
    found.crossings = sum(len(visits) for visits in evidence.crossings.values())
    faults += _not_invented(entries, kept)
    faults += _gaps(entries, held)
    faults += _chains(entries, held, (head[0], head[1]))
    faults += _signed(signatures, entries, keys, former)
    return found


# -- the files ---------------------------------------------------------------------------------------------------------


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    return connection


@dataclass(frozen=True)
class _Book:
    """One journal file: hash and raw by number, what was pruned, and what was acknowledged by which of the hub's lives."""

    path: Path
    pruned: int
    acked: int
    life: int | None
    records: Mapping[int, tuple[str, str]]


def _kept(evidence: Evidence) -> dict[JournalId, list[_Book]]:
    found: dict[JournalId, list[_Book]] = {}
    for path in evidence.journals:
        with closing(_open(path)) as journal:
            meta = journal.execute("select gate, epoch, pruned, acked, ledger_epoch from meta").fetchone()
            rows = journal.execute("select seq, hash, raw from records").fetchall()
        records = {row["seq"]: (row["hash"], row["raw"]) for row in rows}
        book = _Book(path, meta["pruned"], meta["acked"], meta["ledger_epoch"], records)
        found.setdefault((meta["gate"], meta["epoch"]), []).append(book)
    return found


# -- the invariants ----------------------------------------------------------------------------------------------------


def _exactly_once(
    entries: Iterable[Any],
    held: Iterable[Any],
    kept: Mapping[JournalId, Sequence[_Book]],
    evidence: Evidence,
    life: int,
) -> Iterator[str]:
    times = Counter((row["gate"], row["epoch"], row["seq"], row["hash"]) for row in entries)
    places = {(row["gate"], row["epoch"], row["seq"], row["hash"]) for row in held if row["hash"]}
    forks = {raw for row in held if not row["hash"] and (raw := _raw_in(row["raw"])) is not None}
    for (gate, epoch), books in kept.items():
        for book in books:
            for seq, (hash_, raw) in book.records.items():
                place = (gate, epoch, seq, hash_)
                if times[place] == 1 or place in places:
                    continue
                if times[place] > 1:
                    yield f"gate {gate}: record {seq} is in the ledger {times[place]} times"
                elif book.path in evidence.copies and (raw in forks or seq > book.acked or book.life != life):
                    # a fork, quarantined; or still on the card that was taken out: of what an older life of the hub had
                    # acknowledged to it, a restored hub holds what its backup held, and the card can send no more
                    continue
                else:
                    yield f"gate {gate}: record {seq} of epoch {epoch[:8]} was kept and is not in the ledger"


def _crossings(entries: Iterable[Any], held: Sequence[Any], evidence: Evidence) -> Iterator[str]:
    opened = Counter(row["visit"] for row in entries if row["kind"] == "visit_opened")
    aside = {json.loads(raw)["visit"] for row in held if (raw := _raw_in(row["raw"])) is not None}
    copied: set[str] = set()
    for path in evidence.copies:
        with closing(_open(path)) as journal:
            copied |= {row["visit"] for row in journal.execute("select visit from records where visit is not null")}
    for gate, visits in evidence.crossings.items():
        for visit in visits:
            if opened[visit] > 1:
                yield f"gate {gate}: crossing {visit} is in the ledger {opened[visit]} times"
            elif not opened[visit] and visit not in aside and visit not in copied:
                yield f"gate {gate}: the barrier moved for crossing {visit}, and the ledger knows nothing of it"


def _not_invented(entries: Iterable[Any], kept: Mapping[JournalId, Sequence[_Book]]) -> Iterator[str]:
    for row in entries:
        if row["gate"] == "hub":
            continue
        books = kept.get((row["gate"], row["epoch"]), [])
        if not any(
            row["seq"] <= book.pruned or book.records.get(row["seq"], ("", ""))[0] == row["hash"] for book in books
        ):
            yield f"entry {row['id']}: gate {row['gate']} never kept record {row['seq']} of epoch {row['epoch'][:8]}"


def _gaps(entries: Sequence[Any], held: Iterable[Any]) -> Iterator[str]:
    there: dict[JournalId, set[int]] = {}
    explained: dict[JournalId, set[int]] = {}
    for row in entries:
        journal = (row["gate"], row["epoch"])
        there.setdefault(journal, set()).add(row["seq"])
        if row["kind"] == "lost":
            body = json.loads(row["raw"])["body"]
            explained.setdefault(journal, set()).update(range(body["first"], body["last"] + 1))
    for row in held:
        if row["hash"]:
            explained.setdefault((row["gate"], row["epoch"]), set()).add(row["seq"])
    for journal, seqs in there.items():
        missing = set(range(1, max(seqs) + 1)) - seqs - explained.get(journal, set())
        if missing:
            yield f"gate {journal[0]}: {len(missing)} records of epoch {journal[1][:8]} are missing, the first {min(missing)}"


def _chains(entries: Sequence[Any], held: Iterable[Any], head: tuple[int, str]) -> Iterator[str]:
    chain, ends = ZERO, dict[JournalId, str]()
    holders = {(row["gate"], row["epoch"], row["prev"]): row["hash"] for row in held if row["hash"]}
    lost = {(row["gate"], row["epoch"]) for row in entries if row["kind"] == "lost"}
    for row in entries:
        chain = _link(chain, row["raw"])
        if chain != row["chain"]:
            yield f"entry {row['id']}: the town's chain breaks"
            return
        journal = (row["gate"], row["epoch"])
        if holders.get((*journal, row["prev"])) == row["hash"]:
            continue  # it lay in the quarantine, where it holds its place, and was let in
        end = ends.get(journal, ZERO)
        while end != row["prev"] and (*journal, end) in holders:
            end = holders[*journal, end]
        if end != row["prev"] and journal not in lost:
            yield f"entry {row['id']}: gate {row['gate']}'s chain breaks at record {row['seq']}"
        if _link(row["prev"], row["raw"]) != row["hash"]:
            yield f"entry {row['id']}: its hash is not that of its bytes"
        ends[journal] = row["hash"]
    if head != (len(entries), chain):
        yield f"the ledger's head says {head[0]} entries, {len(entries)} are there"


def _signed(
    signatures: Iterable[Any], entries: Iterable[Any], keys: Mapping[str, str], former: Iterable[Any]
) -> Iterator[str]:
    """A signature holds with the gate's key or, for entries up to a rekey, with the one that counted then."""
    places = {(row["gate"], row["epoch"], row["seq"]): row["id"] for row in entries}
    before = [(row["gate"], row["public_key"], row["until_entry"]) for row in former]
    for row in signatures:
        gate = row["gate"]
        if gate == "hub":
            continue
        entry = places.get((gate, row["epoch"], row["seq"]))
        counting = [keys[gate]] if gate in keys else []
        counting += [key for owner, key, until in before if owner == gate and entry is not None and entry <= until]
        if not any(_holds(row, key) for key in counting):
            yield f"gate {gate}: the signature of record {row['seq']} does not hold"


def _holds(row: Any, key: str) -> bool:
    signed = [row["town"], row["gate"], row["epoch"], row["seq"], row["hash"]]
    text = json.dumps(signed, ensure_ascii=False, separators=(",", ":"))
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(bytes.fromhex(row["sig"]), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def _link(prev: str, raw: str) -> str:
    return hashlib.sha256(bytes.fromhex(prev) + raw.encode()).hexdigest()


def _raw_in(data: bytes) -> str | None:
    try:
        raw = json.loads(data)["raw"]
        return raw if isinstance(raw, str) and isinstance(json.loads(raw), dict) else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
