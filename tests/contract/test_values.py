"""Faults A1 to A11: each value of the contract has a range, in every message and every record body."""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from edge.contract import commands, facts, messages, policy, records
from edge.contract.canonical import canonical
from edge.contract.facts import BODIES, Kind
from edge.contract.message import Message
from edge.contract.messages import Ack, Batch, Health, Hello, Signed, State
from edge.contract.plates import classify, normalise
from edge.contract.records import Record, Sealed
from edge.contract.values import (
    FIRST_MOMENT,
    LAST_MOMENT,
    MOST,
    Line,
    Lines,
    Name,
    Wall,
    moment,
    parse_wall,
    visible,
    wall_text,
)
from tests.contract import samples

TOPICS = {topic.name: message for topic, message in samples.topics_and_messages() if topic.owner != "hub"}
INNER = (policy.Policy, messages.PassList, messages.Sightings, commands.Commands)
HEADS = (Record, Sealed, Batch, Hello, Ack, State, Health, messages.Picture, Signed, messages.Bundle)

BAD_TIMES = [
    "", "x", "2026-03-01", "2026-03-01T25:00:00.000Z", "2026-03-01T24:00:00.000Z", "2026-03-01T08:60:00.000Z",
    "2026-03-01T08:00:60.000Z", "9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z",
    "2201-01-01T00:00:00.000Z", "2026-02-30T00:00:00.000Z", "2026-02-29T00:00:00.000Z", "2100-02-29T00:00:00.000Z",
    "2200-02-29T00:00:00.000Z", "2026-04-31T00:00:00.000Z", "2026-13-01T00:00:00.000Z", "2026-00-01T00:00:00.000Z",
    "2026-03-00T00:00:00.000Z", "２０２６-03-01T08:00:00.000Z", "2026-03-01T08:00:00.000Z\n", "2026-03-01T08:00:00.000+00:00",
    "2026-03-01T08:00:00.000z", "2026-03-01 08:00:00.000Z", "2026-03-01T08:00:00Z", "2026-03-01T08:00:00.0000Z",
    "2026-03-01T08:00:00,000Z", "+2026-03-01T08:00:00.000Z", " 2026-03-01T08:00:00.000Z", "2026-W09-7T08:00:00.000Z",
]  # fmt: skip
NOT_WHOLE = [-1, MOST + 1, 2**63, 10**400, 5.0, 0.5, True, False, "5", None, [], 1e300]
NOT_MEASURES = [-0.1, 1e308, float("inf"), float("nan"), 10**30, True, "5", [], {}]
NOT_NAMES = [
    "a b",
    "a\n",
    "\u202eb",
    "a\u200b",
    "\ufeffa",
    "a\u2066",
    "x" * 65,
    "\u3000",
    "a\x00",
    "\U000e0041",
    5,
    True,
    [],
]


def bad(value: Any, type_: Any) -> bool:
    """Returns True if neither Python's value nor its JSON is taken as the type."""
    adapter: TypeAdapter[Any] = TypeAdapter(type_)
    readers: tuple[Callable[[object], object], ...] = (
        adapter.validate_python,
        lambda each: adapter.validate_json(json.dumps(each)),
    )
    taken = 0
    for read in readers:
        try:
            read(value)
            taken += 1
        except ValidationError:
            pass
    return taken == 0


@pytest.mark.parametrize("text", BAD_TIMES)
def test_what_no_calendar_has_is_no_time(text: str) -> None:
    """Faults A2, A3."""
    assert bad(text, Wall)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 12, 31, 23, 59, 59, 999_000), timezones=st.just(UTC)))
def test_every_moment_of_the_calendar_is_a_time(when: datetime) -> None:
    text = wall_text(when)
    assert TypeAdapter(Wall).validate_python(text) == text
    assert parse_wall(text) == when.replace(microsecond=when.microsecond // 1000 * 1000)


@given(st.from_regex(r"\A(19|20|21|22)[0-9]{2}-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]\.[0-9]{3}Z\Z"))
def test_the_pattern_knows_the_calendar(text: str) -> None:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        assert bad(text, Wall)
    else:
        assert bad(text, Wall) != (FIRST_MOMENT <= when <= LAST_MOMENT and text[11:13] != "24")


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), "1970-01-01T00:00:00.000Z"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8))), "1970-01-01T00:00:00.000Z"),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-8))), "2200-12-31T23:59:59.999Z"),
        (datetime(2026, 3, 1, 8, 0, 3, 999_999, tzinfo=timezone(timedelta(hours=8))), "2026-03-01T00:00:03.999Z"),
    ],
)
def test_a_time_is_written_as_one_that_can_be_read(when: datetime, text: str) -> None:
    assert wall_text(when) == text
    assert not bad(text, Wall)


@pytest.mark.parametrize(
    "text", ["x", "2026-03-01T00:00:00", "２０２６-03-01T00:00:00Z", "9999-01-01T00:00:00Z", "0001-01-01T00:00:00Z"]
)
def test_what_a_person_writes_as_a_time_is_one(text: str) -> None:
    assert moment("2026-03-01T08:00:00+08:00") == datetime(2026, 3, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="expected"):
        moment(text)


@pytest.mark.parametrize("value", NOT_NAMES)
def test_a_name_shows_all_of_itself(value: Any) -> None:
    """Faults A11."""
    assert bad(value, Name)


def test_what_cannot_be_seen_is_dropped_from_texts() -> None:
    """Faults A11: texts lose it on both sides; their line breaks become blanks, or stay in a text of several lines."""
    line: TypeAdapter[str] = TypeAdapter(Line)
    assert line.validate_python("雨\u202e大\u200b，\ufeff\r\n缓行\x07 ok\u3000👍\U000e0041") == "雨大， 缓行 ok\u3000👍"
    assert TypeAdapter(Lines).validate_python("a\u202e\r\n\tb") == "a\n b"
    assert bad("x" * 201, Line)
    assert bad("\ud800", Line)


@given(st.text())
def test_what_is_left_of_a_text_stays(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize(
    "hidden", ["\u202e", "\u2066", "\u200b", "\ufeff", "\u00ad", "\x00", "\x7f", "\u3164", "\ufe0f", "\U000e0041"]
)
def test_plates_that_look_alike_are_one(hidden: str) -> None:
    """Faults A11: wherever a plate comes from, the kiosk's keyboard too."""
    assert normalise(f"鲁{hidden}B·1{hidden}2345{hidden}") == "鲁B12345"
    assert classify(f"{hidden}鲁B12345").text == "鲁B12345"


# -- every field of the contract -----------------------------------------------------------------------------------------


def models() -> Iterator[type[BaseModel]]:
    """Every type of the contract that something is read into."""
    waiting: list[type[BaseModel]] = [*HEADS, *INNER, *BODIES.values()]
    found: set[type[BaseModel]] = set()
    while waiting:
        model = waiting.pop()
        if model not in found:
            found.add(model)
            yield model
            for field in model.model_fields.values():
                waiting += _models_in(field.annotation)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models_in(inner)


MODELS = sorted(set(models()) - {facts.Fact}, key=lambda model: model.__name__)


def loose(schema: dict[str, Any], where: str) -> Iterator[str]:
    """Where a JSON Schema leaves a value without a bound."""
    for name in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for each in schema.get(name, ()):
            yield from loose(each, where)
    if "$ref" in schema or "enum" in schema or "const" in schema:
        return
    match schema.get("type"):
        case "integer" | "number":
            if not {"minimum", "exclusiveMinimum"} & schema.keys() or "maximum" not in schema:
                yield f"{where}: a number without range"
        case "string":
            if "pattern" not in schema and "maxLength" not in schema and schema.get("format") != "base64":
                yield f"{where}: a text without end"
        case "array":
            if "maxItems" not in schema:
                yield f"{where}: a list without end"
            if isinstance(schema.get("items"), dict):
                yield from loose(schema["items"], where)
        case "object":
            for name, each in schema.get("properties", {}).items():
                yield from loose(each, f"{where}.{name}")
            if isinstance(schema.get("additionalProperties"), dict):
                if "maxProperties" not in schema:
                    yield f"{where}: a table without end"
                yield from loose(schema["additionalProperties"], where)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_field_is_without_bounds(model: type[BaseModel]) -> None:
    """Faults A: a field that somebody adds without a range fails here."""
    schema = model.model_json_schema()
    parts = [(model.__name__, schema), *schema.get("$defs", {}).items()]
    assert [line for name, part in parts for line in loose(part, name)] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_field_is_read_laxly(model: type[BaseModel]) -> None:
    """Faults A5: no boolean for a number, no text for a number, no number for a boolean; nothing beyond a range."""
    for name, field in model.model_fields.items():
        if name in {"body", "jpeg"}:
            continue

        type_: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
        kinds = {part.get("type") for part in _parts(TypeAdapter(type_).json_schema())}
        hostile = [1e308, -1000, 2**63, "\ud800", {"": 1}]
        if "integer" in kinds or "number" in kinds:
            hostile += [True, "5", float("nan"), float("inf"), 10**400]
        if "integer" in kinds:
            hostile += [5.0, MOST + 1]
        if "boolean" in kinds:
            hostile += [1, 0, "true", "yes"]
        if kinds == {"string"}:
            hostile += [
                5,
                True,
                "x" * 100_000 if name not in {"text", "raw"} else 5,
                "\n" * 40_000 if name not in {"text", "raw"} else 5,
            ]
        for value in hostile:
            assert bad(value, type_), (name, value)


def _parts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    yield from schema.get("anyOf", ())


@pytest.mark.parametrize(
    "message", [message for _, message in samples.topics_and_messages()], ids=lambda each: type(each).__name__
)
def test_a_message_says_its_version(message: Message) -> None:
    """Faults A5."""
    value = json.loads(message.encode())
    for v in (True, 1.0, "1", 2, 0, None):
        with pytest.raises(ValueError, match="v: "):
            type(message).parse(json.dumps({**value, "v": v}).encode())
    with pytest.raises(ValueError, match="v: expected 1, found nothing"):
        type(message).parse(json.dumps({name: each for name, each in value.items() if name != "v"}).encode())
    assert "v" in type(message).model_json_schema()["required"]


@pytest.mark.parametrize(
    ("name", "change", "why"),
    [
        ("hello", {"acked": 6}, "acked 6: beyond the head, 5"),
        ("hello", {"oldest": 7}, "oldest 7: beyond the head, 5"),
        ("hello", {"oldest": 0}, "oldest: "),
        ("state", {"conn": 2**63}, "conn: "),
        ("state", {"conn": 10**5000}, "message: |conn: "),
        ("state", {"at": "2026-03-01T25:00:00.000Z"}, "at: expected a time"),
        ("ack", {"missing": [[5, 3]]}, "missing.0: .*from 5 to 3"),
        ("ack", {"missing": [[0, 3]]}, "missing.0.0: "),
        ("ack", {"ahead": [[1, 2]] * 201}, "ahead: "),
        ("ack", {"refused": [{"seq": 1, "why": "x" * 201}]}, "refused.0.why: "),
        ("ack", {"refused": [{"seq": None, "why": "x"}] * 21}, "refused: "),
        ("ack", {"refused": [{"seq": 0, "why": "x"}]}, "refused.0.seq: "),
        ("health", {"lanes": {str(n): "free" for n in range(3000)}}, "lanes: "),
        ("health", {"alarms": ["camera"] * 101}, "alarms: "),
        ("health", {"tank": 1.01}, "tank: "),
        ("health", {"temperature": float("nan")}, "temperature: "),
        ("health", {"software": "\ud800"}, "message: "),
        ("health", {"lanes": {"1\u202e": "free"}}, "lanes"),
    ],
)
def test_what_a_gate_cannot_say_is_refused_in_one_line(name: str, change: dict[str, Any], why: str) -> None:
    """Faults A1, A3, A5, A11."""
    message = next(each for topic, each in TOPICS.items() if topic == name)
    value = json.loads(message.encode())
    text = _spelled({**value, **change})
    with pytest.raises(ValueError, match=why) as refused:
        type(message).parse(text)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


def _spelled(value: Any) -> bytes:

    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return json.dumps(value).encode()
    finally:
        sys.set_int_max_str_digits(before)


# -- records -------------------------------------------------------------------------------------------------------------


OPENED = json.loads(samples.chain()[2].raw)


def raw(kind: Kind, body: dict[str, Any], **more: Any) -> str:
    """A record of this kind as its raw text, canonical as far as anything can be."""
    visit = samples.VISIT if kind in facts.VISIT_KINDS else None
    value = {**OPENED, "kind": kind.value, "visit": visit, "commitments": {}, "seq": 3, "body": body, **more}
    return canonical(value).decode()


LOST = {"first": 1, "last": 2, "why": "x"}
SET = {"before": samples.ISSUED, "after": samples.ISSUED}
SPRAY: dict[str, object] = {
    "batch": None, "agent": None, "concentration": None, "parts": [], "washed_first": False, "seconds": 1, "verified_by": "sensor",
    "officer": None,
}  # fmt: skip
MIXED = {
    "batch": "b",
    "agent": "a",
    "concentration": "1:200",
    "tank": "A",
    "expires_at": samples.ISSUED,
    "officer": None,
}


@pytest.mark.parametrize(
    ("kind", "body", "more", "why"),
    [
        *((Kind.CLOCK_SET, {**SET, "before": text}, {}, "body.before: expected a time") for text in BAD_TIMES),
        *((Kind.CLOCK_SET, {**SET, "after": text}, {}, "body.after: expected a time") for text in BAD_TIMES[:8]),
        *(
            (Kind.CLOCK_SET, SET, {"at": {**OPENED["at"], "wall": text}}, "at.wall: expected a time")
            for text in BAD_TIMES
        ),
        *((Kind.SOLUTION_PREPARED, {**MIXED, "expires_at": text}, {}, "body.expires_at") for text in BAD_TIMES[:8]),
        *((Kind.SOLUTION_PREPARED, {**MIXED, "made_at": text}, {}, "body.made_at") for text in BAD_TIMES[:8]),
        *((Kind.SOLUTION_PREPARED, {**MIXED, "litres": n}, {}, "body.litres") for n in (-1, 1e308, 100_001, True, "5")),
        *((Kind.DISINFECTED, {**SPRAY, "seconds": n}, {}, "body.seconds") for n in (-0.5, 1e308, 604_801, True, "5", None)),
        *((Kind.DISINFECTED, {**SPRAY, "contact_minutes": n}, {}, "body.contact_minutes") for n in (-1, 1e308, 527_041)),
        (Kind.DISINFECTED, {**SPRAY, "parts": ["body"] * 9}, {}, "body.parts"),
        (Kind.DISINFECTED, {**SPRAY, "washed_first": 1}, {}, "body.washed_first"),
        (Kind.LOST, {**LOST, "first": 3, "last": 2}, {}, "a range from 3 to 2"),
        (Kind.LOST, {**LOST, "last": 3}, {}, "body.last: record 3 can't say that 3 is lost"),
        (Kind.LOST, {**LOST, "last": MOST}, {}, "body.last: "),
        (Kind.LOST, {**LOST, "first": 0}, {}, "body.first: "),
        (Kind.SHIFT_ENDED, {"officer": "u", "to": None, "open_matters": -1}, {}, "body.open_matters"),
        (Kind.SHIFT_STARTED, {"officer": "u\u202e1"}, {}, "body.officer: expected a name"),
        (Kind.SHIFT_STARTED, {"officer": 7}, {}, "body.officer: "),
        (Kind.ALARM_RAISED, {"alarm": "x", "detail": "x" * 201}, {}, "body.detail: "),
        (Kind.SHIFT_STARTED, {"officer": "u"}, {"v": True}, "v: expected 1, found True"),
        (Kind.SHIFT_STARTED, {"officer": "u"}, {"seq": "3"}, "seq: "),
        (Kind.SHIFT_STARTED, {"officer": "u"}, {"seq": True}, "seq: "),
        (Kind.SHIFT_STARTED, {"officer": "u"}, {"lane": "x" * 65}, "lane: "),
        (Kind.SHIFT_STARTED, {"officer": "u"}, {"town": "Demo"}, "town: expected a slug"),
        (Kind.SHIFT_STARTED, {"officer": "u"}, {"epoch": samples.EPOCH + "\n"}, "epoch: "),
        (Kind.SHIFT_STARTED, {"officer": "u"}, {"at": {**OPENED["at"], "mono_ms": -1}}, "at.mono_ms: "),
        (Kind.SHIFT_STARTED, {"officer": "u"}, {"at": {**OPENED["at"], "mono_ms": "5"}}, "at.mono_ms: "),
        (Kind.SHIFT_STARTED, {"officer": "u"}, {"at": {**OPENED["at"], "boot": "0" * 65}}, "at.boot: "),
        (Kind.SHIFT_STARTED, {"officer": "u"}, {"commitments": {"plate": "0" * 63}}, "commitments.plate: "),
    ],
)  # fmt: skip
def test_what_no_record_says_is_refused_with_its_cause(
    kind: Kind, body: dict[str, Any], more: dict[str, Any], why: str
) -> None:
    """Faults A1 to A10, by kind of field."""
    with pytest.raises(ValueError, match=why) as refused:
        Record.parse(raw(kind, body, **more))
    assert len(str(refused.value)) < 300


def test_a_version_that_is_missing_is_named() -> None:
    with pytest.raises(ValueError, match="v: expected 1, found None"):
        Record.parse(canonical({name: value for name, value in OPENED.items() if name != "v"}).decode())


@pytest.mark.parametrize(
    "private",
    [
        {"plate": ("00" * 15, "x")}, {"plate": ("00" * 17, "x")}, {"plate": ("", "x")}, {"plate": ("AA" * 16, "x")},
        {"plate": ("00" * 16 + "\n", "x")}, {"plate": ("００" * 16, "x")}, {"plate": ("00" * 16, "x" * 501)},
        {"plate": ("00" * 16, "\ud800")}, {"plate": ("00" * 16, 5)}, {"plate": ("00" * 16,)}, {"plate": ("00" * 16, "x", "y")},
        {"Plate": ("00" * 16, "x")}, {f"x_{'a' * (n + 1)}": ("00" * 16, "x") for n in range(30)} | {f"f{each}": ("00" * 16, "x") for each in "abc"},
    ],
)  # fmt: skip
def test_a_salt_has_thirty_two_digits_and_a_value_an_end(private: dict[str, Any]) -> None:
    """Faults A4, A6."""
    good = samples.chain()[0]
    with pytest.raises(ValidationError):
        Sealed(raw=good.raw, private=private, prev=good.prev, hash=good.hash)


def body_of(text: str) -> dict[str, object]:
    """The members of a record's body, as they are read."""
    return Record.parse(text).body.model_dump()


def test_records_of_the_version_before_are_still_read() -> None:
    """What honest gates may have in their journals: fields that were not there yet, texts with a break, whole seconds."""
    old = {
        name: value for name, value in OPENED["body"].items() if name not in {"policy", "passlist", "first", "picture"}
    }
    assert isinstance(Record.parse(raw(Kind.VISIT_OPENED, old)).body, facts.VisitOpened)
    assert body_of(raw(Kind.VISIT_CLOSED, {"outcome": "passed", "officer": None}))["supplement"] is False
    assert body_of(raw(Kind.DISINFECTED, {**SPRAY, "seconds": 10}))["seconds"] == 10.0
    assert body_of(raw(Kind.OVERRIDDEN, {"officer": "u-1", "reason": "急\n病"}))["reason"] == "急 病"
    assert body_of(raw(Kind.ALARM_RAISED, {"alarm": "camera", "detail": ""}))["detail"] == ""
    assert body_of(raw(Kind.SOLUTION_PREPARED, MIXED))["made_at"] is None
    early = {**OPENED["at"], "wall": "1970-01-01T00:00:07.250Z", "clock": "unsynced"}
    assert Record.parse(raw(Kind.SHIFT_STARTED, {"officer": "u-1"}, at=early)).at.time.year == 1970


@pytest.mark.parametrize("outcome", ["passed", "turned_back", "detained", "abandoned", "unclear"])
def test_a_visit_ends_in_each_of_these_ways(outcome: str) -> None:
    assert body_of(raw(Kind.VISIT_CLOSED, {"outcome": outcome, "officer": None}))["outcome"] == outcome


def test_what_is_sealed_can_be_read() -> None:
    """A gate never writes what the hub calls poison: what can't be seen is left out where a record is written."""
    body = facts.AlarmRaised(alarm="camera", detail="no\u202e such\nfile")
    at = records.At(wall=wall_text(datetime(2300, 1, 1, tzinfo=UTC)), boot=samples.BOOT, mono_ms=1, clock="unsynced")
    sealed = records.seal(
        town=samples.TOWN, gate=samples.GATE, epoch=samples.EPOCH, seq=1, kind=Kind.ALARM_RAISED, visit=None, lane=None, at=at,
        body=body, private={"driver": "王\u200b伟\r\n"}, prev=records.ZERO_HASH,
    )  # fmt: skip
    record = Record.parse(sealed.raw)
    assert record.body == facts.AlarmRaised(alarm="camera", detail="no such file")
    assert sealed.private["driver"][1] == "王伟 "
    assert records.commitments_hold(record, sealed.private) is None
