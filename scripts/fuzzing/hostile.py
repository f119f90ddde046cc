"""What a hostile gate sends: genuine messages with values that cannot be, sealed, chained and signed with the gate's own key.

The genuine ones are the contract's examples. So what lies behind the signature is reached, and nothing has to be guessed.
"""

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import edge.contract
from edge.contract.canonical import sha256_hex, sign
from edge.contract.records import ZERO_HASH, commitment, signed_head
from edge.contract.topics import Name, Topic

EXAMPLES = Path(edge.contract.__file__).parent / "examples"
WORDS = (Name.HELLO, Name.STATE, Name.HEALTH, Name.PICTURE)
TIMES = (
    "2026-03-01T25:00:00.000Z", "2026-03-01T08:60:00.000Z", "2026-03-01T08:00:60.000Z", "9999-12-31T23:59:59.999Z",
    "0001-01-01T00:00:00.000Z", "2026-02-30T08:00:00.000Z", "２０２６-03-01T08:00:00.000Z", "1969-12-31T23:59:59.999Z",
    "2200-01-01T00:00:00.000Z", "2026-03-01T08:00:00Z", "2026-03-01T08:00:00.000+08:00", "2026-03-01T08:00:00.000Z\n", "x", "",
    "2024-02-29T08:00:00.000Z", "2026-13-01T08:00:00.000Z", "1970-01-01T00:00:00.000Z",
)  # fmt: skip
NUMBERS = (
    0, 1, -1, 2**31, 2**31 + 1, 2**53 - 1, 2**53, 2**63 - 1, 2**63, 2**64, -(2**63), 10**400, 1.5, -0.0, 1e308, -1e308, 1e-320,
    5.0, True, False,
)  # fmt: skip
TEXTS = (
    "", " ", "\0", "a\0b", "\u202e54321B鲁", "鲁B\u200b12345", "\ufeff鲁B12345", "\u2066x\u2069", "e\u0301" * 40, "\U0001f697",
    "x" * 501, "鲁" * 6_000, "<script>alert(1)</script>", "=1+1", "'; drop table entries; --", "\r\nSet-Cookie: a=b", "%(name)s",
    "{{7*7}}", "../../etc/passwd", "null", "NaN", "1e999", "true", "５", "ab" * 16, "AB" * 16, "g" * 32, "00" * 32, "\ud800",
    "hub", "south", "east\n", "disinfected", "passed", "in", "synced",
)  # fmt: skip
OTHERS: tuple[Any, ...] = (None, [], {}, [[]], [None], {"a": {"b": {}}}, ["tyres"] * 99, {"": ""}, list(range(300)))


def deep(depth: int) -> Any:
    """Lists in lists."""
    found: Any = 0
    for _ in range(depth):
        found = [found]
    return found


@dataclass(slots=True)
class AckedJournal:
    """One gate's journal as far as the hub has acknowledged it: what the next record is chained to."""

    town: str
    gate: str
    key: Ed25519PrivateKey
    epoch: str
    seq: int = 0
    head: str = ZERO_HASH

    def held(self, seq: int, head: str | None) -> None:
        """The hub holds this far."""
        self.seq, self.head = seq, head or ZERO_HASH


class Hostile:
    """Messages without end, from one seed."""

    def __init__(self, random: Random) -> None:
        self._random = random
        examples = {
            name: json.loads((EXAMPLES / f"gate-{name}.json").read_text("utf-8"))["message"]
            for name in (*WORDS, Name.RECORDS)
        }
        self._words = {name: examples[name] for name in WORDS}
        self._records = [json.loads(each["raw"]) for each in examples[Name.RECORDS]["records"]]
        self._private = {"plate": "鲁B12345", "driver": "张三", "remark": "无"}
        self._more = _other_kinds(self._records[0])

    def message(self, journal: AckedJournal) -> tuple[Topic, bytes, int]:
        """The next message of this journal's gate: its topic, its bytes, and how many changed words and records it holds."""
        draw = self._random.random()
        if draw < 0.55:
            return self._batch(journal)
        if draw < 0.85:
            name = self._random.choice(WORDS)
            word = self._of(journal, copy.deepcopy(self._words[name]))
            self._bend(word)
            return Topic(journal.gate, name), self._encoded(word), 1
        name = self._random.choice((*WORDS, Name.RECORDS))
        genuine = self._of(journal, copy.deepcopy(self._words[name])) if name in self._words else {"v": 1}
        return Topic(journal.gate, name), self._torn(json.dumps(genuine, ensure_ascii=False).encode()), 1

    def honest(self, journal: AckedJournal, visit: str, wall: str) -> tuple[Topic, bytes]:
        """A batch of one genuine record."""
        (opened,) = (each for each in self._records if each["kind"] == "visit_opened")
        record = self._placed(journal, copy.deepcopy(opened), journal.seq + 1)
        record["visit"], record["at"]["wall"] = visit, wall
        sealed, _ = self._sealed(record, dict(self._private), journal.head, {})
        return Topic(journal.gate, Name.RECORDS), json.dumps(self._signed(journal, [sealed], journal.seq + 1)).encode()

    # --- records --------------------------------------------------------------------------------------------------------

    def _batch(self, journal: AckedJournal) -> tuple[Topic, bytes, int]:
        random, sealed, prev = self._random, [], journal.head
        count = random.choice((1, 5, 40, 80, 120))
        first = journal.seq + 1
        for seq in range(first, first + count):
            record = self._placed(journal, copy.deepcopy(random.choice((*self._records, *self._more))), seq)
            private: dict[str, Any] = dict(self._private) if random.random() < 0.5 else {}
            if random.random() < 0.6:
                for _ in range(random.choice((1, 1, 2, 4))):
                    # what a record says of itself, and when, sooner than whose it is
                    self._bend(random.choice((record, record.get("body") or record, record.get("at") or record)))
            item, prev = self._sealed(record, private, prev, self._wrong_privates(private))
            sealed.append(item)
        if random.random() < 0.1:
            # a hole, a double, another order
            place = random.randrange(len(sealed))
            sealed = random.choice((sealed[:place] + sealed[place + 1 :], [*sealed, sealed[place]], sealed[::-1]))
        batch = self._signed(journal, sealed or [item], first + count - 1)
        if random.random() < 0.1:
            self._bend(batch)
        return Topic(journal.gate, Name.RECORDS), self._encoded(batch), count

    def _wrong_privates(self, private: dict[str, Any]) -> dict[str, Any]:
        """What stands in `private` instead of what was committed to; mostly nothing."""
        random = self._random
        if random.random() > 0.2:
            return {}
        field = random.choice((*private, "plate", "picture", "nowhere"))
        return {
            field: random.choice((["00" * 16, random.choice(TEXTS)], ["", "x"], [random.choice(TEXTS), 5], *OTHERS))
        }

    def _sealed(
        self, record: Any, private: dict[str, Any], prev: str, wrong: dict[str, Any]
    ) -> tuple[dict[str, Any], str]:
        """A record on its way, chained; and its hash. What canonical JSON cannot spell is spelled as Python does."""
        salts = {field: sha256_hex(field.encode())[:32] for field in private}
        if isinstance(record, dict) and self._random.random() < 0.9:
            record["commitments"] = {field: commitment(salts[field], field, value) for field, value in private.items()}
        try:
            raw = rfc8785.dumps(record).decode()
        except (ValueError, RecursionError):
            raw = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        hash_ = sha256_hex(bytes.fromhex(prev), raw.encode("utf-8", "surrogatepass"))
        values = {field: [salts[field], value] for field, value in private.items()} | wrong
        return {"raw": raw, "private": values, "prev": prev, "hash": hash_}, hash_

    def _signed(self, journal: AckedJournal, sealed: list[dict[str, Any]], last: int) -> dict[str, Any]:
        head = signed_head(journal.town, journal.gate, journal.epoch, last, sealed[-1]["hash"])
        return {
            "v": 1, "town": journal.town, "gate": journal.gate, "epoch": journal.epoch, "records": sealed, "seq": last,
            "sig": sign(journal.key, head), "bridge": None, "live": self._random.random() < 0.1,
        }  # fmt: skip

    def _placed(self, journal: AckedJournal, record: dict[str, Any], seq: int) -> dict[str, Any]:
        return {**record, "town": journal.town, "gate": journal.gate, "epoch": journal.epoch, "seq": seq}

    def _of(self, journal: AckedJournal, word: dict[str, Any]) -> dict[str, Any]:
        return {
            **word,
            **{
                name: value
                for name, value in (("town", journal.town), ("gate", journal.gate), ("epoch", journal.epoch))
                if name in word
            },
        }

    # --- changes --------------------------------------------------------------------------------------------------------

    def _bend(self, value: Any) -> None:
        """Changes something somewhere in it."""
        random, here = self._random, value
        while isinstance(here, dict | list):
            places: list[Any] = list(here) if isinstance(here, dict) else list(range(len(here)))
            if not places:
                return
            place = random.choice(places)
            below = here[place]
            if isinstance(below, dict | list) and below and random.random() < 0.8:
                here = below
                continue
            match random.randrange(10):
                case 0:
                    del here[place]
                case 1 if isinstance(here, dict):
                    here[random.choice(TEXTS)] = self._value()
                case _:
                    here[place] = self._like(below)
            return

    def _like(self, value: Any) -> Any:
        """Something else of the same sort, mostly: what a parser lets in is what hurts."""
        random = self._random
        if random.random() < 0.3:
            return self._value()
        if isinstance(value, str):
            return random.choice(TIMES) if value.endswith("Z") and random.random() < 0.9 else random.choice(TEXTS)
        return random.choice(NUMBERS) if isinstance(value, int | float) else self._value()

    def _value(self) -> Any:
        random = self._random
        pool: tuple[Any, ...] = random.choice((TIMES, NUMBERS, TEXTS, OTHERS))
        return deep(random.choice((3, 60, 300))) if random.random() < 0.02 else copy.deepcopy(random.choice(pool))

    def _encoded(self, value: Any) -> bytes:
        text = json.dumps(value, ensure_ascii=self._random.random() < 0.5)
        data = text.encode("utf-8", "surrogatepass")
        return self._torn(data) if self._random.random() < 0.05 else data

    def _torn(self, data: bytes) -> bytes:
        random, torn = self._random, bytearray(data)
        for _ in range(random.randint(1, 4)):
            place = random.randrange(len(torn) + 1)
            match random.randrange(4):
                case 0 if place < len(torn):
                    torn[place] = random.randrange(256)
                case 1:
                    torn[place:place] = random.choice(
                        (b"\0", b"\xff", b'"', b"{" * 500, b"[" * 5_000, b"1" * 5_000, b"\xed\xa0\x80")
                    )
                case 2:
                    del torn[place:]
                case _:
                    torn += torn[place:]
        return bytes(torn)


def _other_kinds(like: dict[str, Any]) -> list[dict[str, Any]]:
    """A record of each kind that the example's visit does not have."""
    bodies: dict[str, tuple[dict[str, Any], bool]] = {
        "overridden": ({"officer": "u-2", "reason": "急病就医", "what": "verdict"}, True),
        "shift_ended": ({"officer": "u-2", "to": "u-3", "open_matters": 1}, False),
        "alarm_raised": ({"alarm": "camera_failed", "detail": "black"}, False),
        "alarm_cleared": ({"alarm": "camera_failed"}, False),
        "clock_set": ({"before": "2026-03-01T08:00:00.000Z", "after": "2026-03-01T08:05:00.000Z"}, False),
        "order_received": ({"order": "o-1", "result": "shown", "officer": None, "detail": ""}, False),
        "lost": ({"first": 1, "last": 2, "why": "disk"}, False),
        "corrected": ({"user": "u-1", "reason": "x", "entry": 1}, True),
        "destroyed": ({"operation": "op-1", "user": "u-1", "values": 3}, False),
    }
    return [
        {**like, "kind": kind, "body": body, "visit": "ab" * 16 if of_visit else None, "commitments": {}}
        for kind, (body, of_visit) in bodies.items()
    ]
