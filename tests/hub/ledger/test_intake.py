"""Bytes from a gate: a batch in its place, a single poisoned record, or nothing but the quarantine."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.contract.canonical import canonical, public_from_hex, sign
from edge.contract.facts import Corrected, Kind
from edge.contract.message import MAX_MESSAGE
from edge.contract.records import Sealed, chain_hash, signed_head
from hub.ledger.intake import read_records
from hub.ledger.projections.good_record import Good
from hub.ledger.received import Poison, Quarantined, Received
from tests.contract.samples import EXAMPLES, GATE_KEY
from tests.hub.ledgers import batch_of, read
from tests.hub.towns import NOW, Place

TOPIC = "kakou/v1/east/records"
KEYS = {"east": GATE_KEY.public_key()}


def example() -> dict[str, Any]:
    message: dict[str, Any] = json.loads((EXAMPLES / "gate-records.json").read_text(encoding="utf-8"))["message"]
    return message


def ingest(message: dict[str, Any] | bytes, topic: str = TOPIC, town: str = "demo") -> Received | Quarantined:
    data = message if isinstance(message, bytes) else json.dumps(message).encode()
    return read_records(topic, data, town=town, keys=KEYS)


def signed(message: dict[str, Any], key: Ed25519PrivateKey = GATE_KEY) -> dict[str, Any]:
    """The message with its records chained again and signed again, as a gate with a fault would send it."""
    prev = message["records"][0]["prev"]
    for record in message["records"]:
        record["prev"], record["hash"] = prev, chain_hash(prev, record["raw"])
        prev = record["hash"]
    head = signed_head(message["town"], message["gate"], message["epoch"], message["seq"], prev)
    return {**message, "sig": sign(key, head)}


def changed(record: dict[str, Any], **values: Any) -> None:
    record["raw"] = canonical({**json.loads(record["raw"]), **values}).decode()


def test_the_contract_example_is_read_whole() -> None:
    batch = ingest(example())
    assert isinstance(batch, Received)
    assert (batch.gate, batch.first, batch.last) == ("east", 1, 5)
    assert all(isinstance(item, Good) for item in batch.items)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"town": "other"}, "town: expected 'demo', found 'other'"),
        ({"gate": "west"}, "gate: sent by 'east', says 'west'"),
        ({"seq": 3}, "seq: 5 records can't end at 3"),
        ({"sig": "00" * 64}, "sig: not signed by gate 'east'"),
        ({"v": 2}, "v: "),
        ({"records": []}, "records: "),
        ({"epoch": "short"}, "epoch: "),
    ],
)
def test_a_batch_that_is_not_what_it_says_is_quarantined(change: dict[str, Any], why: str) -> None:
    found = ingest({**example(), **change})
    assert isinstance(found, Quarantined)
    assert found.why.startswith(why)
    assert found.gate == "east"


def test_a_gate_that_the_town_does_not_know_is_quarantined() -> None:
    found = ingest(example(), topic="kakou/v1/elsewhere/records")
    assert isinstance(found, Quarantined)
    assert found.why == "gate 'elsewhere': not a gate of this town"


@pytest.mark.parametrize(
    "topic", ["kakou/v1/hub/records", "kakou/v1/east", "other/v1/east/records", "kakou/v1/east/hello"]
)
def test_a_topic_that_is_no_gates_records_is_quarantined(topic: str) -> None:
    assert isinstance(ingest(example(), topic=topic), Quarantined)


def test_a_message_that_is_too_large_is_kept_up_to_the_limit() -> None:
    found = ingest(b"[" * (MAX_MESSAGE + 1))
    assert isinstance(found, Quarantined)
    assert len(found.raw) == MAX_MESSAGE


def test_a_broken_chain_is_quarantined_whole() -> None:
    message = example()
    message["records"][2]["prev"] = "11" * 32
    found = ingest(message)
    assert isinstance(found, Quarantined)
    assert found.why == "record 3: prev is not the hash of record 2"


def test_a_changed_byte_of_raw_is_quarantined() -> None:
    message = example()
    message["records"][1]["raw"] = message["records"][1]["raw"].replace("500 mg", "501 mg")
    found = ingest(message)
    assert isinstance(found, Quarantined)
    assert found.why == "record 2: hash does not hold"


def test_another_gates_key_does_not_sign() -> None:
    found = ingest(signed(example(), Ed25519PrivateKey.generate()))
    assert isinstance(found, Quarantined)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"kind": "from_the_future"}, "record 3: kind: "),
        ({"v": 2}, "record 3: v: expected 1, found 2"),
        ({"seq": 7}, "record 3: names another town, gate, epoch or seq than its batch"),
        ({"gate": "west"}, "record 3: names another town, gate, epoch or seq than its batch"),
        ({"commitments": {}}, "record 3: private.plate: not what raw committed to"),
    ],
)
def test_one_bad_record_is_poison_alone(values: dict[str, Any], why: str) -> None:
    message = example()
    changed(message["records"][2], **values)
    batch = ingest(signed(message))
    assert isinstance(batch, Received)
    assert [type(item) for item in batch.items] == [Good, Good, Poison, Good, Good]
    poison = batch.items[2]
    assert isinstance(poison, Poison)
    assert poison.why.startswith(why)


def test_a_record_without_the_values_it_commits_to_is_poison() -> None:
    message = example()
    message["records"][2]["private"] = {}
    batch = ingest(signed(message))
    assert isinstance(batch, Received)
    poison = batch.items[2]
    assert isinstance(poison, Poison)
    assert poison.why == "record 3: private.plate: committed to, and not there"


@pytest.mark.parametrize("private", [{"plate": "no salt"}, {"plate": [1, 2]}, None, [], "text"])
def test_misshapen_personal_values_are_poison_alone(private: Any) -> None:
    message = example()
    message["records"][2]["private"] = private
    batch = ingest(message)
    assert isinstance(batch, Received)
    assert [type(item) for item in batch.items] == [Good, Good, Poison, Good, Good]
    third = batch.items[2]
    assert isinstance(third, Poison)
    assert json.loads(third.data)["raw"] == message["records"][2]["raw"]


def test_a_gate_may_not_write_the_hubs_kinds(place: Place) -> None:
    gate = place.gates["east"]
    visit = gate.visit("鲁B12345", NOW)
    gate.keep(
        Kind.CORRECTED, Corrected(user="u-1", reason="mine", entry=1), NOW, visit=visit, private={"plate": "鲁B99999"}
    )
    batch = read(place, "east", gate.batch().encode())
    assert isinstance(batch, Received)
    assert isinstance(batch.items[-1], Poison)
    assert batch.items[-1].why == "record 4: kind corrected: only the hub writes it"


def test_a_record_that_is_too_long_is_poison_alone(place: Place) -> None:
    gate = place.gates["east"]
    gate.visit("鲁B12345", NOW)
    long = json.loads(gate.sealed[-1].raw)
    long["extra"] = "x" * 20_000
    raw, prev = canonical(long).decode(), gate.sealed[-1].prev
    records = [*gate.sealed[:-1], Sealed(raw=raw, private={}, prev=prev, hash=chain_hash(prev, raw))]
    batch = read(place, "east", batch_of(gate, records, 3).encode())
    assert isinstance(batch, Received)
    assert isinstance(batch.items[-1], Poison)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    assert isinstance(ingest(data), Quarantined)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["town", "gate", "epoch", "records", "seq", "sig", "v"]), JSON)
def test_no_value_in_a_batch_makes_it_raise(field: str, value: Any) -> None:
    ingest({**example(), field: value})


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["raw", "private", "prev", "hash"]), JSON)
def test_no_value_in_a_record_makes_it_raise(field: str, value: Any) -> None:
    message = example()
    message["records"][2][field] = value
    ingest(message)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(JSON)
def test_no_signed_raw_makes_it_raise(value: Any) -> None:
    message = example()
    # lone surrogates, NaN, anything that JSON can be made to say
    message["records"][4]["raw"] = json.dumps(value, ensure_ascii=True)
    message = signed(message)
    found = ingest(message)
    assert isinstance(found, Received)
    assert isinstance(found.items[4], Poison)


def test_keys_are_read_from_the_town(place: Place) -> None:
    batch = place.gates["east"]
    batch.visit("鲁B12345", NOW)
    data = batch.batch().encode()
    assert isinstance(read(place, "east", data), Received)
    assert isinstance(read(place, "west", data), Quarantined)
    wrong = {"east": public_from_hex("00" * 32)}
    assert isinstance(read_records(TOPIC, data, town="demo", keys=wrong), Quarantined)
