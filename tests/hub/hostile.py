"""A town whose database holds what no gate should have sent and an older version took: every field of every kind with hostile values.

The rows are made as that version stored them: plain JSON, canonical, hashed, chained and signed by the gate's key, past every model.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product
from typing import Any

import rfc8785
from sqlalchemy import select

from edge.contract.canonical import sign
from edge.contract.facts import BODIES, HUB_KINDS, PERSONAL_FIELDS, VISIT_KINDS, Kind
from edge.contract.records import ZERO_HASH, signed_head, wall_text
from edge.contract.topics import HUB
from hub.database.schema import cursors, entries, ledgers, signatures
from hub.database.statements import insert
from hub.ledger.head import move_head, read_ledger
from tests.hub.towns import NOW, Place

TIMES = (
    "2026-03-01T25:00:00.000Z", "2026-03-01T10:00:60.000Z", "9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00.000Z",
    "2026-02-30T10:00:00.000Z", "２０２６-03-01T10:00:00.000Z", "2026-03-01 10:00", "2201-01-01T00:00:00.000Z",
    "1969-12-31T23:59:59.999Z", "2026-03-01T10:00:00.000+15:00", "",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, "", "sideways", "\u202e12345B鲁", "a\u0000\u200bb\x1b[31m", "车" * 5000, -1, 1e308, -1e308, 2**53 - 1, 0.5, True,
    [], {}, ["x", 7, None], {"a": {"b": []}}, "=HYPERLINK(1)", "<script>alert(1)</script>", "%(n)s {0} %s", TIMES[2],
)  # fmt: skip
NO_BODIES: tuple[Any, ...] = (None, [], "body", {}, 7)
NO_TIMES: tuple[Any, ...] = (None, [], "at", {})
TEXTS: tuple[str, ...] = tuple(each for each in VALUES if isinstance(each, str))
SALT = "ab" * 16
RAW = "\u202e\u200b\x1b\x00"
"""Characters that never reach a page or a file raw."""

GOOD: dict[Kind, dict[str, Any]] = {
    Kind.VISIT_OPENED: {
        "read_by": "qr", "direction": "in", "verdict": "hold", "reason": "disinfection_due", "vehicle_class": "resident",
        "pass_id": "00112233445566aa", "officer": "u-3", "operation": "op-1", "disinfection": "required", "policy": 1,
        "passlist": 1, "first": None, "picture": None,
    },
    Kind.DISINFECTED: {
        "batch": "b-1", "agent": "chlorine", "concentration": "500 mg/L", "parts": ["tyres"], "washed_first": False,
        "seconds": 10, "contact_minutes": 1, "verified_by": "sensor", "officer": "u-3", "litres": 2.5,
    },
    Kind.VISIT_CLOSED: {"outcome": "passed", "officer": "u-3", "supplement": False, "why": None},
    Kind.OVERRIDDEN: {"officer": "u-3", "reason": "fire", "what": "verdict"},
    Kind.SOLUTION_PREPARED: {
        "batch": "b-1", "agent": "chlorine", "concentration": "500 mg/L", "tank": "A", "expires_at": wall_text(NOW),
        "officer": "u-3", "lot": None, "label": None, "target": None, "strip": None, "water_litres": 1, "litres": 1,
        "made_at": wall_text(NOW),
    },
    Kind.SHIFT_STARTED: {"officer": "u-3"},
    Kind.SHIFT_ENDED: {"officer": "u-3", "to": None, "open_matters": 0},
    Kind.ALARM_RAISED: {"alarm": "camera", "detail": ""},
    Kind.ALARM_CLEARED: {"alarm": "camera"},
    Kind.CLOCK_SET: {"before": wall_text(NOW), "after": wall_text(NOW)},
    Kind.ORDER_RECEIVED: {"order": "o-1", "result": "received", "officer": None, "detail": ""},
    Kind.LOST: {"first": 1, "last": 1, "why": "pruned"},
    Kind.CORRECTED: {"user": "u-3", "reason": "misread", "entry": 1},
    Kind.CONFLICT_OPENED: {"conflict": "ab" * 16, "what": "in_twice", "entries": [1]},
    Kind.CONFLICT_SETTLED: {"conflict": "ab" * 16, "user": "u-3", "reason": "looked"},
    Kind.RELEASED: {"user": "u-3", "reason": "looked", "quarantine": 1, "outcome": "released"},
    Kind.DESTROYED: {
        "operation": "op-1", "user": "u-3", "values": 0, "confirmed_by": None, "up_to": 1, "entries": 0, "digest": None, "parts": [],
    },
    Kind.PART_DECIDED: {
        "operation": "op-1", "part": "crossings", "choice": "destroy", "user": "u-3", "reason": "law", "until": None,
    },
    Kind.DUTY_STARTED: {
        "user": "u-3", "shift": "cd" * 16, "relieves": None, "offer": None, "why": "", "open_matters": 1, "taken": ["alert/1"],
    },
    Kind.DUTY_NOTED: {"user": "u-3", "shift": "cd" * 16},
    Kind.DUTY_OFFERED: {
        "user": "u-3", "shift": "cd" * 16, "to": None, "open_matters": 1, "matters": ["alert/1"], "entered": 1, "left": 1,
        "turned_back": 0, "disinfected": 1, "inside": 0,
    },
    Kind.DUTY_ENDED: {"user": "u-3", "shift": "cd" * 16, "by": "u-3", "why": ""},
}  # fmt: skip


@dataclass
class Older:
    """What an older version writes into the ledger, entry after entry, whatever it says."""

    place: Place
    rows: list[dict[str, Any]] = field(default_factory=list)
    ends: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    visits: int = 0
    expected: list[str] = field(default_factory=list)
    """The visits that were written, each of which has a page."""

    def write(
        self,
        gate: str,
        kind: str,
        body: Any,
        *,
        visit: str | None = None,
        private: Mapping[str, str] | None = None,
        **head: Any,
    ) -> None:
        """One entry of a gate (or the hub), sealed past every model."""
        epoch = self._epoch(gate)
        seq, prev = self.ends.get((gate, epoch), (0, ZERO_HASH))
        seq += 1
        personal = {name: [SALT, value] for name, value in (private or {}).items()}
        at = {
            "wall": wall_text(NOW - timedelta(minutes=5)),
            "boot": "00" * 16,
            "mono_ms": 1000 * seq,
            "clock": "synced",
        }
        value = {
            "v": 1, "town": "demo", "gate": gate, "epoch": epoch, "seq": seq, "kind": kind, "visit": visit, "lane": "1",
            "body": body,
            "commitments": {name: digest(rfc8785.dumps([SALT, name, text])) for name, (_, text) in personal.items()},
            **head, "at": {**at, **head["at"]} if isinstance(head.get("at"), dict) else head.get("at", at),
        }  # fmt: skip
        raw = rfc8785.dumps(value).decode()
        hash_ = digest(bytes.fromhex(prev) + raw.encode())
        self.rows.append({
            "town": "demo", "gate": gate, "epoch": epoch, "seq": seq, "kind": kind, "visit": value["visit"], "raw": raw,
            "private": rfc8785.dumps(personal).decode(), "hash": hash_, "prev": prev, "received_at": wall_text(NOW),
        })  # fmt: skip
        self.ends[gate, epoch] = (seq, hash_)

    def visit(self, changed: Mapping[Kind, Mapping[str, Any]] = {}, gate: str = "east", **opened: Any) -> str:
        """A whole visit, of whose records some bodies or heads are changed (`{kind: {"body": …, head …}}`)."""
        self.visits += 1
        visit = digest(f"{self.visits}".encode())[:32]
        private = opened.pop("private", {"plate": f"鲁B{self.visits:05d}", "driver": "王伟"})
        for kind in (Kind.VISIT_OPENED, Kind.DISINFECTED, Kind.OVERRIDDEN, Kind.VISIT_CLOSED):
            other = dict(changed.get(kind, {}))
            body = other.pop("body", {**GOOD[kind], **(opened if kind is Kind.VISIT_OPENED else {})})
            self.write(
                gate, kind.value, body, visit=visit, private=private if kind is Kind.VISIT_OPENED else {}, **other
            )
        self.expected.append(visit)
        return visit

    def store(self) -> None:
        """Puts all of it into the ledger's tables, with chain, signatures, cursors and head."""
        place = self.place
        with place.engine.begin() as connection:
            ledger = read_ledger(connection, "demo", lock=True)
            chain = ledger.head.chain
            for row in self.rows:
                chain = digest(bytes.fromhex(chain) + row["raw"].encode())
                row["chain"] = chain
            insert(connection, entries, self.rows)
            for (gate, epoch), (seq, hash_) in self.ends.items():
                key = place.town.key if gate == HUB else place.gates[gate].key
                sig = sign(key, signed_head("demo", gate, epoch, seq, hash_))
                place_ = {"town": "demo", "gate": gate, "epoch": epoch}
                insert(connection, signatures, [{**place_, "seq": seq, "hash": hash_, "sig": sig}])
                insert(connection, cursors, [{**place_, "committed": seq, "backed_up": 0, "hash": hash_}])
            move_head(connection, ledger, ledger.head.count + len(self.rows), chain, place.town.key)

    def _epoch(self, gate: str) -> str:
        if gate != HUB:
            return self.place.gates[gate].epoch
        with self.place.engine.begin() as connection:
            return str(connection.execute(select(ledgers.c.hub_epoch)).scalar_one())


def everything(place: Place) -> Older:
    """Every kind and every field of the contract, each with every hostile value, stored."""
    older = Older(place)
    for kind in Kind:
        for name in BODIES[kind].model_fields:
            for value in (*VALUES, *(TIMES if name in ("before", "after", "made_at", "expires_at") else ())):
                _one(older, kind, {**GOOD[kind], name: value})
            _one(older, kind, {key: each for key, each in GOOD[kind].items() if key != name})
        for body in NO_BODIES:
            _one(older, kind, body)
    _heads(older)
    for name in sorted(PERSONAL_FIELDS):
        for text in TEXTS:
            older.visit(private={"plate": f"鲁C{older.visits:05d}", name: text})
    older.write("east", "teleported", {})
    older.write("east", "alarm_raised", GOOD[Kind.ALARM_RAISED], visit="no visit")
    older.store()
    return older


def _one(older: Older, kind: Kind, body: Any) -> None:
    if kind in HUB_KINDS:
        visit = older.expected[len(older.rows) % len(older.expected)] if kind is Kind.CORRECTED else None
        private = {"remark": f"set right {len(older.rows)}"} if kind is Kind.CORRECTED else {}
        older.write(HUB, kind.value, body, visit=visit, private=private)
    elif kind in VISIT_KINDS:
        older.visit({kind: {"body": body}})
    else:
        older.write("east", kind.value, body)


def _heads(older: Older) -> None:
    walls: tuple[Any, ...] = (*TIMES, *(each for each in VALUES if not isinstance(each, str) or len(each) < 100))
    ats = [{"wall": each} for each in walls]
    ats += [{name: each} for name in ("boot", "mono_ms", "clock") for each in VALUES]
    for at in ats:
        for kind in (Kind.VISIT_OPENED, Kind.VISIT_CLOSED):
            older.visit({kind: {"at": at}})
        for other in (Kind.CLOCK_SET, Kind.ORDER_RECEIVED, Kind.ALARM_RAISED):
            older.write(
                "east",
                other.value,
                {**GOOD[other], **({"order": f"o-{len(older.rows)}"} if other is Kind.ORDER_RECEIVED else {})},
                at=at,
            )
    for odd in NO_TIMES:
        older.visit({Kind.VISIT_OPENED: {"at": odd}, Kind.VISIT_CLOSED: {"at": odd}})
    for name in ("lane", "v"):
        for value in VALUES:
            older.visit({Kind.VISIT_OPENED: {name: value}})


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def addresses(rules: Iterator[Any], parameters: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Every address of the pages that are asked for with GET, with each of the parameters that fit."""
    for rule in rules:
        if "GET" not in (rule.methods or ()) or rule.endpoint == "static":
            continue
        names = sorted(rule.arguments)
        if not names:
            yield rule.rule
            continue
        # of an argument that a test has no value for, one that is none
        for values in product(*(parameters.get(name, ("0",)) for name in names)):
            address = rule.rule
            for name, value in zip(names, values, strict=True):
                address = re.sub(rf"<(\w+:)?{name}>", value.replace("\\", r"\\"), address)
            yield address
