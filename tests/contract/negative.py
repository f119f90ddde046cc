"""What a hub must not take, one small file for each fault, with what it answers; and passes that a gate must not let through.

`python -m tests.contract.samples` writes the files. Everything is made with the keys of `samples`; what is expected is written here by hand.
"""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import base45
import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.contract import facts, passes, records
from edge.contract.canonical import canonical, public_hex, sha256_hex, sign
from edge.contract.facts import Kind
from tests.contract import samples
from tests.contract.samples import EPOCH, GATE, GATE_KEY, KID, PASS, PASS_KEY, TOWN, VISIT

OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"a stranger's key, examples only.")
HELD = samples.chain()[:2]
"""What the hub holds already, of each example that says so in `given`."""
TOPIC = f"kakou/v1/{GATE}/records"
Value = dict[str, Any]


def sealed(raw: str | Value, prev: str, private: Any = None) -> Value:
    """A record as it travels, whatever it says: its hash holds."""
    text = raw if isinstance(raw, str) else canonical(raw).decode()
    hash_ = sha256_hex(bytes.fromhex(prev), text.encode("utf-8", "surrogatepass"))
    return {"raw": text, "private": {} if private is None else private, "prev": prev, "hash": hash_}


def raw(seq: int, kind: Kind | str, body: Value, **values: Any) -> Value:
    """A good `raw`, but for what `values` says."""
    at = {"wall": f"2026-03-01T08:00:{seq:02d}.000Z", "boot": samples.BOOT, "mono_ms": 1000 * seq, "clock": "synced"}
    visit = VISIT if kind in facts.VISIT_KINDS else None
    made = {
        "v": 1, "town": TOWN, "gate": GATE, "epoch": EPOCH, "seq": seq, "kind": str(kind), "visit": visit, "lane": None, "at": at,
        "body": body, "commitments": {},
    }  # fmt: skip
    return made | values


def alarm(seq: int, **values: Any) -> Value:
    """A record with little in it."""
    return raw(seq, Kind.ALARM_RAISED, {"alarm": "camera", "detail": "gone"}, **values)


def batch(sent: list[Value], last: int, key: Ed25519PrivateKey = GATE_KEY, **values: Any) -> Value:
    """A batch that the gate has signed, but for what `values` says."""
    sig = sign(key, records.signed_head(TOWN, GATE, EPOCH, last, sent[-1]["hash"]))
    return {
        "v": 1,
        "town": TOWN,
        "gate": GATE,
        "epoch": EPOCH,
        "records": sent,
        "seq": last,
        "sig": sig,
        "bridge": None,
        "live": False,
    } | values


def held() -> Value:
    """The two records that are sent before."""
    return batch([each.model_dump() for each in HELD], 2)


def example(topic: str, message: Any, expect: Value, *, schema: str | None = None, given: bool = True) -> Value:
    """A file without its name: `schema`: the one that refuses it; None: no schema can."""
    before = [{"topic": TOPIC, "message": held()}] if given else []
    what = {"bytes_base64": base64.b64encode(message).decode()} if isinstance(message, bytes) else {"message": message}
    return {"given": before, "topic": topic, **what, "schema": schema, "expect": expect}


# --- a record that holds its place ----------------------------------------------------------------------------------------


def poison(third: Value, why: str, schema: str | None = None) -> Value:
    """Record 3 cannot be taken, record 4 is good: 3 lies in the quarantine, 4 does not wait for it."""
    sent = [third, sealed(alarm(4), third["hash"])]
    cause = f"record 3: {why}"
    expect = {
        "quarantined": 1, "why": cause, "place_held": True, "committed": 4, "refused": [{"seq": 3, "why": cause}], "entries": 3,
    }  # fmt: skip
    message: Any = batch(sent, 4)
    try:
        json.dumps(message, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        message = json.dumps(message).encode()
    return example(TOPIC, message, expect, schema=schema)


def with_raw(value: str | Value, why: str, schema: str | None = None, private: Any = None) -> Value:
    return poison(sealed(value, HELD[-1].hash, private), why, schema)


def times() -> Iterator[tuple[str, Value]]:
    walls = {
        "hour-25": "2026-03-01T25:00:00.000Z", "hour-24": "2026-03-01T24:00:00.000Z", "leap-second": "2026-03-01T23:59:60.000Z",
        "february-30": "2026-02-30T08:00:00.000Z", "no-leap-year": "2026-02-29T08:00:00.000Z", "year-1": "0001-01-01T00:00:00.000Z",
        "year-1969": "1969-12-31T23:59:59.999Z", "year-2201": "2201-01-01T00:00:00.000Z", "year-9999": "9999-12-31T23:59:59.999Z",
        "other-digits": "２０２６-03-01T08:00:00.000Z", "no-milliseconds": "2026-03-01T08:00:00Z", "offset": "2026-03-01T08:00:00.000+08:00",
        "line-break": "2026-03-01T08:00:00.000Z\n", "lower-case": "2026-03-01t08:00:00.000z", "empty": "", "a-number": 1_772_352_000,
    }  # fmt: skip
    for name, wall in walls.items():
        made = alarm(3)
        made["at"]["wall"] = wall
        yield f"time-{name}", with_raw(made, "at.wall: ", "raw-alarm_raised")


def numbers() -> Iterator[tuple[str, Value]]:
    for name, value in {"negative": -1, "boolean": True, "text": "5", "fraction": 5.5, "null": None}.items():
        made = alarm(3)
        made["at"]["mono_ms"] = value
        yield f"number-{name}", with_raw(made, "at.mono_ms: ", "raw-alarm_raised")
    text = canonical(alarm(3)).decode()
    yield (
        "number-above-2-53",
        with_raw(
            text.replace(":3000", ":9007199254740992"), "raw: a number beyond 9007199254740991", "raw-alarm_raised"
        ),
    )
    yield "number-with-point", with_raw(text.replace(":3000", ":3000.0"), "raw: not canonical")
    yield "number-with-exponent", with_raw(text.replace(":3000", ":3e3"), "raw: not canonical")
    sprayed = {
        "batch": None, "agent": None, "concentration": None, "parts": ["tyres"], "washed_first": False, "seconds": 10, "verified_by": "officer",
        "officer": None,
    }  # fmt: skip
    bad = {
        "seconds": 604_801,
        "litres": -0.5,
        "contact_minutes": 1e300,
        "washed_first": 1,
        "parts": ["wing"],
        "verified_by": "nobody",
    }
    for name, value in bad.items():
        made = raw(3, Kind.DISINFECTED, sprayed | {name: value})
        yield f"measure-{name.replace('_', '-')}", with_raw(made, f"body.{name}", "raw-disinfected")


def shapes() -> Iterator[tuple[str, Value]]:
    text = canonical(alarm(3)).decode()
    without = alarm(3)
    del without["v"]
    yield "v-missing", with_raw(without, "v: expected 1", "raw-alarm_raised")
    yield "v-2", with_raw(alarm(3, v=2), "v: expected 1", "raw-alarm_raised")
    yield "v-true", with_raw(alarm(3, v=True), "v: expected 1", "raw-alarm_raised")
    member = alarm(3)
    del member["lane"]
    yield "member-missing", with_raw(member, "lane: ", "raw-alarm_raised")
    yield "raw-with-blanks", with_raw(text.replace(",", ", "), "raw: not canonical")
    yield "raw-in-another-order", with_raw(json.dumps(alarm(3), separators=(",", ":")), "raw: not canonical")
    yield "raw-same-key-twice", with_raw(text.replace('"seq":3', '"seq":3,"seq":3'), "raw: not canonical")
    yield "raw-escaped", with_raw(text.replace("gone", r"\u0067one"), "raw: not canonical")
    yield "raw-not-json", with_raw("east is east", "raw: not JSON")
    yield "raw-a-list", with_raw("[1,2]", "raw: expected a JSON object")
    yield (
        "raw-too-long",
        with_raw(alarm(3, mood="x" * records.MAX_RAW), f"raw: longer than {records.MAX_RAW} bytes", "record"),
    )
    yield "raw-half-a-surrogate-pair", with_raw(text.replace("gone", "\ud800"), "")
    yield "kind-from-the-future", with_raw(raw(3, "teleported", {}), "kind: ")
    yield (
        "kind-of-the-hub",
        with_raw(
            raw(3, Kind.CORRECTED, {"user": "u-1", "reason": "so", "entry": 1}),
            "kind corrected: only the hub writes it",
        ),
    )
    yield (
        "visit-missing",
        with_raw(
            raw(3, Kind.VISIT_CLOSED, {"outcome": "passed", "officer": None}, visit=None),
            "kind visit_closed: visit",
            "raw-visit_closed",
        ),
    )
    yield "visit-too-many", with_raw(alarm(3, visit=VISIT), "kind alarm_raised: visit", "raw-alarm_raised")
    yield (
        "outcome-unknown",
        with_raw(raw(3, Kind.VISIT_CLOSED, {"outcome": "flew", "officer": None}), "body.outcome: ", "raw-visit_closed"),
    )
    for name, value in {
        "blank": "no flow",
        "hidden": "no\u200bflow",
        "turns": "\u202eno",
        "too-long": "x" * 65,
        "a-number": 5,
    }.items():
        made = raw(3, Kind.ALARM_CLEARED, {"alarm": value})
        yield f"name-{name}", with_raw(made, "body.alarm: ", "raw-alarm_cleared")
    yield (
        "text-too-long",
        with_raw(raw(3, Kind.ALARM_RAISED, {"alarm": "a", "detail": "x" * 201}), "body.detail: ", "raw-alarm_raised"),
    )


def of_others() -> Iterator[tuple[str, Value]]:
    another = "names another town, gate, epoch or seq than its batch"
    yield "raw-of-another-town", with_raw(alarm(3, town="elsewhere"), another)
    yield "raw-of-another-gate", with_raw(alarm(3, gate="south"), another)
    yield "raw-of-another-journal", with_raw(alarm(3, epoch="f" * 32), another)
    yield "raw-of-another-number", with_raw(alarm(3) | {"seq": 7}, another)


def secrets() -> Iterator[tuple[str, Value]]:
    salt = "00" * 16
    good = {"plate": records.commitment(salt, "plate", PASS.plate)}
    opened = dict(json.loads(samples.chain()[2].raw)["body"])

    def visit(commitments: Value = good) -> Value:
        return raw(3, Kind.VISIT_OPENED, opened, commitments=commitments)

    yield "salt-short", with_raw(visit(), "private.plate.0: ", "record", {"plate": ["0" * 31, PASS.plate]})
    yield "salt-upper-case", with_raw(visit(), "private.plate.0: ", "record", {"plate": ["A" * 32, PASS.plate]})
    yield "private-no-pair", with_raw(visit(), "private.plate", "record", {"plate": PASS.plate})
    yield "private-too-long", with_raw(visit(), "private.plate.1: ", "record", {"plate": [salt, "x" * 501]})
    yield (
        "private-other-value",
        with_raw(visit(), "private.plate: not what raw committed to", None, {"plate": [salt, "鲁B54321"]}),
    )
    yield "private-missing", with_raw(visit(), "private.plate: committed to, and not there")
    yield (
        "private-not-committed",
        with_raw(
            visit(),
            "private.driver: not what raw committed to",
            None,
            {"plate": [salt, PASS.plate], "driver": [salt, "x"]},
        ),
    )
    mood = {"mood": records.commitment(salt, "mood", "fine")}
    yield (
        "private-unknown-field",
        with_raw(visit(mood), "commitments: unknown field 'mood'", "raw-visit_opened", {"mood": [salt, "fine"]}),
    )
    yield (
        "commitment-no-hash",
        with_raw(visit({"plate": "x"}), "commitments.plate: ", "raw-visit_opened", {"plate": [salt, PASS.plate]}),
    )


def losses() -> Iterator[tuple[str, Value]]:
    def lost(first: Any, last: Any) -> Value:
        return raw(3, Kind.LOST, {"first": first, "last": last, "why": "the disk"})

    yield "lost-backwards", with_raw(lost(2, 1), "body: ")
    yield "lost-itself", with_raw(lost(1, 3), "body.last: record 3 can't say that 3 is lost")
    yield "lost-from-0", with_raw(lost(0, 1), "body.first: ", "raw-lost")
    yield (
        "lost-what-is-held",
        with_raw(lost(1, 2), "says that records 1 to 2 are lost, and the ledger holds some of them"),
    )


# --- a whole batch --------------------------------------------------------------------------------------------------------


def worthless(message: Any, why: str, *, answered: bool, schema: str | None = None, topic: str = TOPIC) -> Value:
    """Nothing of it is taken. `answered`: its journal could be read, so that there is an ack."""
    refused = [{"seq": None, "why": why}] if answered else None
    expect = {
        "quarantined": 1, "why": why, "place_held": False, "committed": 2 if answered else None, "refused": refused, "entries": 2,
    }  # fmt: skip
    return example(topic, message, expect, schema=schema)


def batches() -> Iterator[tuple[str, Value]]:
    third = sealed(alarm(3), HELD[-1].hash)
    fourth = sealed(alarm(4), third["hash"])
    good = batch([third, fourth], 4)
    for name, data in {
        "not-json": b"east is east",
        "empty": b"",
        "a-list": b"[1,2]",
        "not-utf-8": json.dumps(good).encode("utf-16"),
    }.items():
        yield f"batch-{name}", worthless(data, "", answered=False)
    nested = example(TOPIC, None, worthless(b"", "message of 131073 bytes", answered=False)["expect"])
    del nested["message"]
    yield "batch-too-long", nested | {"text_repeated": ["x", 131_073]}
    yield (
        "batch-201-records",
        worthless(good | {"records": [{}] * 201}, "records: ", answered=False, schema="message-records"),
    )
    yield "batch-no-records", worthless(good | {"records": []}, "records: ", answered=False, schema="message-records")
    without = {name: each for name, each in good.items() if name != "v"}
    yield "batch-v-missing", worthless(without, "v: ", answered=False, schema="message-records")
    yield "batch-v-2", worthless(good | {"v": 2}, "v: ", answered=False, schema="message-records")
    yield "batch-v-true", worthless(good | {"v": True}, "v: ", answered=False, schema="message-records")
    for name, seq in {"text": "4", "boolean": True, "above-2-53": 2**53, "fraction": 4.5}.items():
        yield f"batch-seq-{name}", worthless(good | {"seq": seq}, "seq: ", answered=False, schema="message-records")
    yield (
        "batch-seq-below-its-records",
        worthless(batch([third, fourth], 1), "seq: 2 records can't end at 1", answered=True),
    )
    yield (
        "batch-epoch-upper-case",
        worthless(good | {"epoch": "A" * 32}, "epoch: ", answered=False, schema="message-records"),
    )
    yield (
        "batch-of-another-town",
        worthless(good | {"town": "elsewhere"}, "town: expected 'demo', found 'elsewhere'", answered=False),
    )
    yield (
        "batch-of-another-gate",
        worthless(good | {"gate": "south"}, "gate: sent by 'east', says 'south'", answered=False),
    )
    yield (
        "batch-of-an-unknown-gate",
        worthless(
            good | {"gate": "nowhere"},
            "gate 'nowhere': not a gate of this town",
            answered=False,
            topic="kakou/v1/nowhere/records",
        ),
    )
    yield from _unchained(third, fourth, good)


def _unchained(third: Value, fourth: Value, good: Value) -> Iterator[tuple[str, Value]]:
    unsigned = "sig: not signed by gate 'east'"
    yield "sig-of-a-stranger", worthless(batch([third, fourth], 4, OTHER_KEY), unsigned, answered=True)
    yield "sig-of-another-batch", worthless(good | {"sig": held()["sig"]}, unsigned, answered=True)
    yield "sig-no-hex", worthless(good | {"sig": "x" * 128}, "sig: ", answered=False, schema="message-records")
    wrong = third | {"hash": "0" * 64}
    yield (
        "hash-wrong",
        worthless(batch([wrong, sealed(alarm(4), "0" * 64)], 4), "record 3: hash does not hold", answered=True),
    )
    apart = sealed(alarm(4), "1" * 64)
    yield (
        "prev-wrong-inside",
        worthless(batch([third, apart], 4), "record 4: prev is not the hash of record 3", answered=True),
    )
    bare = {name: each for name, each in third.items() if name != "prev"}
    yield (
        "prev-missing",
        worthless(batch([bare, fourth], 4), "records.0.prev: ", answered=True, schema="message-records"),
    )
    fifth = sealed(alarm(5), third["hash"])
    yield (
        "hole-inside",
        worthless(batch([third, fifth], 5), "records: 3 is followed by 5, a hole inside the batch", answered=True),
    )
    lost = sealed(raw(6, Kind.LOST, {"first": 3, "last": 3, "why": "the disk"}), fifth["hash"])
    bridge = {"record": lost, "seq": 6, "sig": held()["sig"]}
    yield (
        "bridge-not-signed",
        worthless(batch([fifth], 5, bridge=bridge), "bridge: not signed by gate 'east'", answered=True),
    )
    signed = sign(GATE_KEY, records.signed_head(TOWN, GATE, EPOCH, 6, lost["hash"]))
    bridge = {"record": lost, "seq": 6, "sig": signed}
    yield (
        "bridge-of-another-gap",
        worthless(batch([fifth], 5, bridge=bridge), "bridge: not a lost record whose gap ends with 4", answered=True),
    )


def forks() -> Iterator[tuple[str, Value]]:
    def fork(seq: int, record: Value, why: str, *, given: bool = True) -> Value:
        cause = f"fork: {why}"
        entries = 2 if given else 0
        expect = {
            "quarantined": 1, "why": cause, "place_held": False, "committed": entries, "refused": [{"seq": seq, "why": cause}], "entries": entries,
        }  # fmt: skip
        return example(TOPIC, batch([record], seq), expect, given=given)

    second = sealed(alarm(2), HELD[0].hash)
    yield "fork-under-a-number-that-is-held", fork(2, second, "another record 2 is held for this gate and epoch")
    yield (
        "fork-next-to-another",
        fork(3, sealed(alarm(3), "2" * 64), "prev of record 3 is not the hash of record 2, which is held"),
    )
    first = sealed(alarm(1), "3" * 64)
    yield (
        "fork-at-the-beginning",
        fork(1, first, "prev of record 1 is not 32 zero bytes, with which a journal begins", given=False),
    )


def no_faults() -> Iterator[tuple[str, Value]]:
    nothing = {"quarantined": 0, "why": None, "place_held": False, "committed": 2, "refused": None, "entries": 2}
    yield "again", example(TOPIC, held(), nothing)
    fourth = sealed(alarm(4), "4" * 64)
    yield "gap", example(TOPIC, batch([fourth], 4), nothing | {"missing": [[3, 3]]})
    yield "gap-ahead", example(TOPIC, batch([fourth], 4, live=True), nothing | {"ahead": [[4, 4]]})


# --- the other messages ---------------------------------------------------------------------------------------------------


def words() -> Iterator[tuple[str, Value]]:
    good = {
        str(topic).rpartition("/")[2]: json.loads(message.encode())
        for topic, message in samples.topics_and_messages()
        if topic.owner == GATE
    }
    none = {"quarantined": 1, "place_held": False, "committed": None, "refused": None, "entries": 0}

    def word(name: str, change: Value, why: str, *, seen: bool = True, topic: str | None = None) -> Value:
        schema = f"message-{name}" if seen else None
        changed = {field: each for field, each in (good[name] | change).items() if each is not ...}
        return example(topic or f"kakou/v1/{GATE}/{name}", changed, none | {"why": why}, schema=schema, given=False)

    for name, conn in {"2-63": 2**63, "negative": -1, "boolean": True, "text": "5"}.items():
        yield f"state-conn-{name}", word("state", {"conn": conn}, "conn: ")
    yield "state-v-missing", word("state", {"v": ...}, "v: expected 1")
    yield "state-online-1", word("state", {"online": 1}, "online: ")
    yield "state-at-hour-25", word("state", {"at": "2026-03-01T25:00:00.000Z"}, "at: expected a time")
    yield "health-33-lanes", word("health", {"lanes": {str(lane): "free" for lane in range(33)}}, "lanes: ")
    yield "health-101-alarms", word("health", {"alarms": ["camera"] * 101}, "alarms: ")
    yield "health-hot", word("health", {"temperature": 1000}, "temperature: ")
    yield "health-tank-in-per-cent", word("health", {"tank": 80}, "tank: ")
    yield "health-hidden", word("health", {"software": "0\u202e1"}, "software: ")
    yield "health-filler", word("health", {"software": "0\u28001"}, "software: ")
    yield "health-noncharacter", word("health", {"software": "0\U0001fffe1"}, "software: ")
    yield "hello-acked-beyond-its-head", word("hello", {"acked": 6}, "message: ", seen=False)
    yield "hello-oldest-beyond-its-head", word("hello", {"oldest": 7}, "message: ", seen=False)
    yield "hello-oldest-0", word("hello", {"oldest": 0}, "oldest: ")
    yield (
        "hello-of-another-town",
        word("hello", {"town": "elsewhere"}, "town: expected 'demo', found 'elsewhere'", seen=False),
    )
    yield (
        "hello-of-an-unknown-gate",
        word("hello", {}, "gate 'nowhere': not a gate of this town", seen=False, topic="kakou/v1/nowhere/hello"),
    )
    yield "picture-of-another-hash", word("picture", {"hash": "0" * 64}, "jpeg: no JPEG with the SHA-256", seen=False)
    yield "picture-not-base64", word("picture", {"jpeg": "/9j/ 4A=="}, "jpeg: ")
    yield "topic-that-nobody-knows", word("state", {}, "", seen=False, topic=f"kakou/v1/{GATE}/mood")


# --- passes ---------------------------------------------------------------------------------------------------------------

NOW = "2026-04-01T00:00:00.000Z"


def _spelt(header: Any, payload: bytes, key: Ed25519PrivateKey = PASS_KEY, tag: int = 18) -> str:
    protected = cbor2.dumps(header)
    signature = key.sign(cbor2.dumps(["Signature1", protected, b"", payload]))
    message = cbor2.CBORTag(tag, [protected, {}, payload, signature])
    encoded: bytes = base45.b45encode(cbor2.dumps(message))
    return passes.PREFIX + encoded.decode()


def bad_passes() -> Iterator[tuple[str, Value]]:
    """Each with the reason for which the gate `east` stops it on the way in."""
    good, header = passes.write(PASS, KID, PASS_KEY), {1: -8, 4: KID}
    claims: dict[int, Any] = {7: PASS.id, 5: PASS.not_before, 4: PASS.expires, -70001: [PASS.plate, 1, None, False]}

    def signed(**values: Any) -> str:
        return passes.write(
            passes.Pass(**{name: getattr(PASS, name) for name in PASS.__slots__} | values), KID, PASS_KEY
        )

    def claimed(change: dict[int, Any]) -> str:
        return _spelt(header, cbor2.dumps(claims | change))

    payload = cbor2.dumps(claims)
    stranger = passes.key_id(bytes.fromhex(public_hex(OTHER_KEY)))
    texts = {
        "not_a_pass": {
            "empty": "", "a-link": "https://example.com/", "prefix-in-lower-case": "kk1:" + good[4:], "blank-before": " " + good,
        },
        "bad_format": {
            "prefix-alone": "KK1:", "not-base45": "KK1:鲁", "base45-cut": good[:-1], "blank-stripped-inside": good.replace(" ", "", 1) if " " in good else good[:-2],
            "not-cbor": "KK1:" + base45.b45encode(b"\xff\xff\xff").decode(), "too-long": "KK1:" + "0" * 1021,
            "other-tag": _spelt(header, payload, tag=98), "other-algorithm": _spelt({1: -7, 4: KID}, payload),
            "key-id-of-3-bytes": _spelt({1: -8, 4: KID[:3]}, payload), "no-claims": _spelt(header, cbor2.dumps({})),
            "id-short": claimed({7: b"short"}), "time-as-text": claimed({4: "2026"}), "time-negative": claimed({5: -1}),
            "no-plate": claimed({-70001: ["", 1, None, False]}), "plate-of-17": claimed({-70001: ["x" * 17, 1, None, False]}),
            "class-boolean": claimed({-70001: ["x", True, None, False]}), "priority-1": claimed({-70001: ["x", 1, None, 1]}),
            "gates-negative": claimed({-70001: ["x", 1, -1, False]}),
        },
        "unknown_key": {"of-a-stranger": passes.write(PASS, stranger, OTHER_KEY)},
        "bad_signature": {"of-a-stranger": passes.write(PASS, KID, OTHER_KEY)},
        "not_yet_valid": {"tomorrow": signed(not_before=1_775_088_000, expires=1_780_272_000)},
        "expired": {"yesterday": signed(expires=1_774_915_200), "this-second": signed(expires=1_775_001_600)},
        "revoked": {"for-ever": signed(id=bytes.fromhex("8899aabbccddeeff"))},
        "blocked": {"for-now": signed(id=bytes.fromhex("1122334455667788"))},
        "watch_list": {"stolen": signed(plate="鲁B99999")},
        "wrong_class": {"class-that-the-policy-does-not-know": signed(vehicle_class=99)},
        "wrong_gate": {"south-alone": signed(gates=0b0010)},
    }  # fmt: skip
    for reason, each in texts.items():
        for name, text in each.items():
            expect = {"reason": reason, "verdict": "stop"}
            yield (
                f"pass-{reason.replace('_', '-')}-{name}",
                {"text": text, "gate": GATE, "direction": "in", "now": NOW, "clock": "synced", "expect": expect},
            )


MAKERS: tuple[Callable[[], Iterator[tuple[str, Value]]], ...] = (
    times, numbers, shapes, of_others, secrets, losses, batches, forks, no_faults, words, bad_passes,
)  # fmt: skip


def files() -> dict[str, Value]:
    """Every file of `examples/negative`, by its name."""
    return {f"{name}.json": {"name": name, **value} for make in MAKERS for name, value in make()}
