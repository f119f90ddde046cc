import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from edge.contract import facts, records
from edge.contract.canonical import Json, canonical
from edge.contract.facts import Kind
from edge.contract.records import Record
from tests.contract import samples

OPENED = samples.chain()[2]


def changed(**fields: Json) -> str:
    return canonical({**json.loads(OPENED.raw), **fields}).decode()


def test_a_record_says_what_was_sealed() -> None:
    record = Record.parse(OPENED.raw)
    assert (record.gate, record.seq, record.kind) == (samples.GATE, 3, Kind.VISIT_OPENED)
    assert isinstance(record.body, facts.VisitOpened)
    assert record.body.pass_id == samples.PASS.id_hex
    assert record.at.time.isoformat() == "2026-03-01T08:00:03+00:00"


def test_every_kind_has_a_body() -> None:
    assert facts.BODIES.keys() == set(Kind)


def test_each_record_is_chained_to_the_one_before() -> None:
    chain = samples.chain()
    assert chain[0].prev == records.ZERO_HASH
    assert all(after.prev == before.hash for before, after in pairwise(chain))
    assert all(record.whole for record in chain)


def test_one_changed_byte_breaks_the_hash() -> None:
    assert not OPENED.model_copy(update={"raw": OPENED.raw.replace("hold", "hald")}).whole


def test_personal_values_are_in_raw_only_as_commitments() -> None:
    assert samples.PASS.plate not in OPENED.raw
    record = Record.parse(OPENED.raw)
    assert records.commitments_hold(record, OPENED.private) is None
    salt, _ = OPENED.private["plate"]
    assert records.commitments_hold(record, {"plate": (salt, "鲁B54321")}) == "plate"


def test_destroyed_values_leave_the_chain_whole() -> None:
    destroyed = OPENED.model_copy(update={"private": {}})
    assert destroyed.whole
    assert records.commitments_hold(Record.parse(destroyed.raw), destroyed.private) is None


def test_a_value_that_was_never_committed_is_noticed() -> None:
    assert records.commitments_hold(Record.parse(OPENED.raw), {"driver": ("00" * 16, "王伟")}) == "driver"


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        ("", "raw: not JSON"),
        ("[]", "JSON object"),
        ("{}", "v: expected 1"),
        (changed(v=2), "v: expected 1, found 2"),
        (changed(kind="danced"), "kind"),
        (changed(seq=0), "seq"),
        (changed(epoch="x"), "epoch"),
        (changed(visit=None), "visit must be named"),
        (changed(kind="shift_started", body={"officer": "u-1"}), "visit must be null"),
        (changed(body={"read_by": "telepathy"}), "read_by"),
        (changed(commitments={"shoe_size": "00" * 32}), "shoe_size"),
        (changed(at={"wall": "yesterday"}), "at.wall"),
        (" " + OPENED.raw, "canonical"),
        (OPENED.raw.replace('"seq":3', '"seq":3.0'), "canonical"),
        ("x" * (records.MAX_RAW + 1), "longer than"),
        ("[" * 10_000, "raw: not JSON: depth"),
        ('{"a":' + "[" * 400 + "]" * 400 + ',"v":1}', "nested deeper than 32 levels"),
        ('{"a":NaN,"v":1}', "raw: not JSON"),
        ('{"v":1,"a":2}', "canonical"),
        ('{"a":-0,"v":1}', "canonical"),
        ('{"a":1.0,"v":1}', "canonical"),
        ('{"a":1,"a":1,"v":1}', "canonical"),
        ('{"a":3,"v":1,"\U0001f600":1,"\ufb33":2}', "seq|town|gate"),
        ('{"a":3,"v":1,"\ufb33":2,"\U0001f600":1}', "canonical"),
        ('{"a":9007199254740993,"v":1}', "raw: a number beyond 9007199254740991"),
        ('{"a":99999999999999999999,"v":1}', "canonical"),
        ('{"a":"\\ud800","v":1}', "surrogate|canonical|UTF"),
    ],
)
def test_what_is_no_record_is_refused_in_one_line(raw: str, what: str) -> None:
    with pytest.raises(ValueError, match=what) as refused:
        Record.parse(raw)
    assert "\n" not in str(refused.value)


@given(st.text() | st.recursive(st.none() | st.text(), lambda inner: st.lists(inner)).map(json.dumps))
def test_any_text_is_a_record_or_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        Record.parse(text)


def test_a_newer_sender_may_say_more() -> None:
    record = Record.parse(changed(weather="rain", body={**json.loads(OPENED.raw)["body"], "axles": 2}))
    assert record.kind is Kind.VISIT_OPENED


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=5,
)


@given(VALUES | st.tuples(VALUES, st.sampled_from(Kind)))
def test_the_fast_way_of_spelling_is_the_book_s(value: Any) -> None:
    try:
        expected: bytes | None = rfc8785.dumps(value)
    except ValueError:
        expected = None
    try:
        found: bytes | None = canonical(value)
    except ValueError:
        found = None
    assert found == expected


def test_what_json_cannot_say_is_refused() -> None:
    for value in ({1: "a"}, [datetime(2026, 3, 1, tzinfo=UTC)], ["\ud800"], [float("nan")], [2**53], [b"bytes"]):
        with pytest.raises(ValueError):
            canonical(value)  # type: ignore[arg-type]  # what its type forbids


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
def test_only_the_canonical_spelling_gets_past_the_first_look(value: dict[str, Json]) -> None:
    value["v"] = 1
    try:
        spelled = canonical(value).decode()
    except ValueError:
        return
    for raw in (spelled, json.dumps(value), json.dumps(value, ensure_ascii=False, separators=(",", ":"))):
        with pytest.raises(ValueError) as refused:
            Record.parse(raw)
        assert ("canonical" in str(refused.value)) == (raw != spelled)


@pytest.mark.parametrize(("depth", "taken"), [(29, True), (40, False), (960, False), (975, False)])
def test_how_deep_a_record_may_be_is_a_number_and_not_the_readers_stack(depth: int, taken: bool) -> None:
    value = json.loads(samples.chain()[0].raw)
    inner: Any = 0
    for _ in range(depth):
        inner = [inner]
    raw = (
        canonical({**value, "zz": inner}).decode()
        if depth < 500
        else json.dumps({**value, "zz": 0}, sort_keys=True, separators=(",", ":")).replace(
            '"zz":0', f'"zz":{"[" * depth}0{"]" * depth}'
        )
    )
    if taken:
        assert Record.parse(raw).seq == 1
        return
    with pytest.raises(ValueError, match="nested deeper than 32 levels"):
        Record.parse(raw)
