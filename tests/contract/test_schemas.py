"""The JSON Schemas and tables that are checked in: what the models say now, and of one mind with the code that reads (issue 10)."""

import base64
import json
import re
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError as Wrong
from pydantic import TypeAdapter

from edge.contract import facts, messages, records
from edge.contract import message as contract_message
from edge.contract.canonical import canonical
from edge.contract.facts import BODIES, Kind
from edge.contract.records import Record
from scripts.contract.__main__ import CONTRACT, SCHEMAS, differing, made
from scripts.contract.schemas import DIALECT, MODELS
from tests.contract import samples
from tests.contract.test_values import BAD_TIMES, NOT_MEASURES, NOT_NAMES, NOT_WHOLE

NAMES = sorted(path.stem for path in SCHEMAS.glob("*.json"))
CLASSES = {name: model for name, (_, model) in MODELS.items()}


def _pattern(_validator: Any, pattern: str, value: Any, _schema: Any) -> Any:
    # `$` of ECMA-262, the dialect of JSON Schema, is the end; Python's is also before a last line break
    if isinstance(value, str) and not re.search(pattern.replace("$", r"\Z"), value):
        yield Wrong(f"{value!r} does not match")


VALIDATOR = validators.extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]  # its stubs leave it untyped


@cache
def schema(name: str) -> Any:
    return VALIDATOR(json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8")))


def takes(name: str, value: Any) -> bool:
    """Returns True if the schema that is checked in takes a JSON value."""
    return bool(schema(name).is_valid(value))


def reads(name: str, value: Any) -> bool:
    """Returns True if our code reads it."""
    text = json.dumps(value)
    try:
        if name.startswith("raw-"):
            records.shape_of(Kind(name.removeprefix("raw-"))).model_validate_json(text)
            Record.parse(canonical(value).decode())
        elif name == "private":
            TypeAdapter(records.PrivateAsSent).validate_json(text)
        elif issubclass(model := CLASSES[name], contract_message.Message):
            model.parse(text.encode(), messages.MAX_LIST)
        else:
            CLASSES[name].model_validate_json(text)
    except ValueError:
        return False
    return True


def bundle() -> dict[str, Any]:
    signed = {
        name: value["message"]
        for name, value in samples.files().items()
        if name.startswith("hub-") or "command" in name
    }
    return {
        "v": 1, "town": "demo", "gate": "east", "host": "hub.local", "port": 8883, "ca": "PEM", "certificate": "PEM", "tls_key": "PEM",
        "signing_key": "a" * 64, "hub_key": "b" * 64, "policy": signed["hub-policy.json"], "passlist": signed["hub-passlist.json"],
        "command": signed["gate-command.json"],
    }  # fmt: skip


BODY: dict[Kind, dict[str, Any]] = {
    Kind.OVERRIDDEN: {"officer": "u-2", "reason": "medical", "what": "verdict"},
    Kind.SHIFT_ENDED: {"officer": "u-2", "to": None, "open_matters": 0},
    Kind.ALARM_RAISED: {"alarm": "camera", "detail": "gone"},
    Kind.ALARM_CLEARED: {"alarm": "camera"},
    Kind.CLOCK_SET: {"before": samples.ISSUED, "after": samples.ISSUED},
    Kind.ORDER_RECEIVED: {"order": "o-1", "result": "received", "officer": "u-2", "detail": ""},
    Kind.LOST: {"first": 1, "last": 2, "why": "the disk"},
    Kind.CORRECTED: {"user": "u-1", "reason": "a letter", "entry": 3},
    Kind.RELEASED: {"user": "u-1", "reason": "seen", "quarantine": 3, "outcome": "released"},
    Kind.CONFLICT_OPENED: {"conflict": "c-1", "what": "in_twice", "entries": [1, 2]},
    Kind.CONFLICT_SETTLED: {"conflict": "c-1", "user": "u-1", "reason": "seen"},
    Kind.DESTROYED: {
        "operation": "op-1",
        "user": "u-1",
        "values": 5,
        "confirmed_by": "u-2",
        "up_to": 9,
        "entries": 3,
        "digest": "ab" * 32,
        "parts": ["crossings"],
    },
    Kind.PART_DECIDED: {
        "operation": "op-1",
        "part": "crossings",
        "choice": "keep",
        "user": "u-1",
        "reason": "evidence",
        "until": samples.ISSUED,
    },
    Kind.DUTY_STARTED: {
        "user": "u-1",
        "shift": "s-1",
        "relieves": "u-2",
        "offer": 7,
        "why": "",
        "open_matters": 1,
        "taken": ["alert/1"],
    },
    Kind.DUTY_NOTED: {"user": "u-1", "shift": "s-1"},
    Kind.DUTY_OFFERED: {
        "user": "u-1",
        "shift": "s-1",
        "to": None,
        "open_matters": 1,
        "matters": ["alert/1"],
        "entered": 3,
        "left": 2,
        "turned_back": 0,
        "disinfected": 2,
        "inside": 1,
    },
    Kind.DUTY_ENDED: {"user": "u-1", "shift": "s-1", "by": "u-1", "why": ""},
}


def examples() -> dict[str, Any]:
    """A good value for every schema."""
    files = {name: value["message"] for name, value in samples.files().items() if "-" in name}
    found = {
        f"message-{name}": files[f"gate-{name}.json"]
        for name in ("records", "hello", "ack", "state", "health", "picture")
    }
    found["message-signed"] = files["hub-policy.json"]
    for name in ("policy", "passlist", "sightings"):
        found[f"text-{name}"] = json.loads(files[f"hub-{name}.json"]["text"])
    found["text-command"] = json.loads(files["gate-command.json"]["text"])
    found["bundle"] = bundle()
    found["record"] = found["message-records"]["records"][2]
    found["private"] = found["record"]["private"]
    raws = [json.loads(each["raw"]) for each in found["message-records"]["records"]]
    for kind in Kind:
        known = [raw for raw in raws if raw["kind"] == kind]
        visit = samples.VISIT if kind in facts.VISIT_KINDS else None
        found[f"raw-{kind}"] = known[0] if known else raws[4] | {"kind": kind.value, "body": BODY[kind], "visit": visit}
    return found


GOOD = examples()


def test_what_is_checked_in_is_what_the_models_say_now() -> None:
    assert [str(path) for path in differing(made())] == []


def test_there_is_a_schema_for_every_message_and_every_kind() -> None:
    assert set(NAMES) == {*MODELS, "private", *(f"raw-{kind}" for kind in Kind)} == set(GOOD)


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one_and_says_what_it_is(name: str) -> None:
    value = schema(name).schema
    Draft202012Validator.check_schema(value)
    assert (value["$schema"], value["$id"]) == (DIALECT, f"urn:kakou:v1:{name}")
    assert value["title"]
    assert value["description"]
    for part in [value, *value.get("$defs", {}).values()]:
        assert all(each["description"] for each in part.get("properties", {}).values())
        assert "additionalProperties" not in part or "properties" not in part, "unknown fields are ignored"
    assert "None" not in json.dumps(value)


@pytest.mark.parametrize("path", sorted(samples.EXAMPLES.glob("*-*.json")), ids=lambda path: path.name)
def test_every_example_fits_its_schema(path: Any) -> None:
    example = json.loads(path.read_text(encoding="utf-8"))
    name = path.stem.split("-")[1]
    message = example["message"]
    if "text" in message:
        schema("message-signed").validate(message)
        schema(f"text-{name}").validate(json.loads(message["text"]))
        return
    schema(f"message-{name}").validate(message)
    for record in message.get("records", ()):
        schema("record").validate(record)
        schema("private").validate(record["private"])
        raw = json.loads(record["raw"])
        schema(f"raw-{raw['kind']}").validate(raw)


@pytest.mark.parametrize("name", NAMES)
def test_the_good_is_taken_by_both_also_with_a_member_that_nobody_knows(name: str) -> None:
    value = GOOD[name]
    schema(name).validate(value)
    assert reads(name, value)
    if name != "private":
        assert takes(name, value | {"mood": "fine"})
        assert reads(name, value | {"mood": "fine"})


BAD = [
    *BAD_TIMES, *NOT_WHOLE, *NOT_MEASURES, *NOT_NAMES, "", "x" * 40, "x" * 5000, "A" * 32, "0" * 31, "0" * 33, "0" * 64 + "\n",
    [1, 2], {"x": 1}, ["x"] * 300, 1, 0, "1", "null",
]  # fmt: skip
# what JSON cannot write is nothing that a schema sees, and to JSON Schema 5.0 is the whole number 5
BAD = [
    each
    for each in BAD
    if not (isinstance(each, float) and (each != each or abs(each) == float("inf") or each.is_integer()))
]


def places(value: Any, *path: Any) -> Any:
    """The path to everything inside a JSON value; of a list to the first."""
    inner = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for name, each in inner:
        yield (*path, name)
        yield from places(each, *path, name)


def short(value: Any) -> Any:
    """The same with one object in each list of objects: what holds of one holds of all."""
    if isinstance(value, dict):
        return {name: short(each) for name, each in value.items()}
    if isinstance(value, list):
        return [short(each) for each in (value[:1] if value and isinstance(value[0], dict) else value)]
    return value


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    copy = deepcopy(value)
    inner = copy
    for name in path[:-1]:
        inner = inner[name]
    if new is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = new
    return copy


BEYOND = {
    "message-hello": ("head", "acked", "oldest"),
    "raw-lost": ("seq", "body.first", "body.last"),
    "raw-overridden": ("body.reason",),
}
"""Where a schema cannot see that one value contradicts another."""


@pytest.mark.parametrize("name", NAMES)
def test_schema_and_code_refuse_the_same(name: str) -> None:
    """Every member of every message and record, one at a time, left out and with every bad value of the contract's tests."""
    good, differ = short(GOOD[name]), []
    for path in places(good):
        if ".".join(map(str, path)) in BEYOND.get(name, ()):
            continue
        for new in (..., *BAD):
            value = changed(good, path, new)
            if takes(name, value) != reads(name, value):
                differ.append((path, new, takes(name, value)))
    assert differ == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("message-hello", GOOD["message-hello"] | {"acked": 6}), ("message-hello", GOOD["message-hello"] | {"oldest": 9}),
        ("message-ack", GOOD["message-ack"] | {"missing": [[5, 2]]}), ("raw-lost", changed(GOOD["raw-lost"], ("body", "first"), 3)),
        ("raw-lost", changed(GOOD["raw-lost"], ("body", "last"), 5)),
        ("raw-overridden", changed(GOOD["raw-overridden"], ("body", "reason"), "\u200b")), ("record", GOOD["record"] | {"raw": "鲁" * 16_000}),
    ],
)  # fmt: skip
def test_what_a_schema_cannot_see_it_says(name: str, value: Any) -> None:
    assert takes(name, value)
    assert "Beyond a schema" in schema(name).schema["$comment"]
    if name != "record":
        assert not reads(name, value)


@pytest.mark.parametrize("jpeg", ["/9j/ 4A==", "/9j/4A==\n", "/9j_4A==", "/9j/4A=", "/9j/4A", "鲁", "x" * 5])
def test_a_picture_is_base64_and_nothing_else(jpeg: str) -> None:
    value = GOOD["message-picture"] | {"jpeg": jpeg}
    assert not takes("message-picture", value)
    assert not reads("message-picture", value)


def test_a_picture_is_as_long_as_is_said() -> None:
    most = base64.b64encode(bytes(messages.MAX_PICTURE)).decode()
    for jpeg, fits in ((most, True), (most + "AAAA", False)):
        value = GOOD["message-picture"] | {"jpeg": jpeg}
        assert takes("message-picture", value) == reads("message-picture", value) == fits


def test_what_a_bundle_carries_names_its_version() -> None:
    value = changed(GOOD["bundle"], ("policy", "v"), ...)
    assert not takes("bundle", value)
    with pytest.raises(ValueError, match=r"policy\.v: expected 1, found nothing"):
        messages.Bundle.parse(json.dumps(value).encode())


def test_the_tables_link_to_what_is_there() -> None:
    text = re.sub(r"`[^`]+\[[^`]+`", "", (CONTRACT / "TABLES.md").read_text(encoding="utf-8"))
    headings = {
        re.sub(r"[^a-z0-9_ -]", "", line.lstrip("#").strip().lower()).replace(" ", "-")
        for line in text.splitlines()
        if line[:1] == "#"
    }
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert target.removeprefix("#") in headings if target.startswith("#") else (CONTRACT / target).exists(), target


def test_the_tables_name_every_field_of_every_body() -> None:
    text = (CONTRACT / "TABLES.md").read_text(encoding="utf-8")
    for kind, body in BODIES.items():
        part = text.split(f"### `{kind}`")[1].split("\n#")[0]
        assert re.findall(r"^\| `(\w+)`", part, re.M) == list(body.model_fields), kind
