"""The example files are what a third party builds on: they are what our code says, and our code reads them."""

import json
from pathlib import Path
from typing import Any

import pytest

from edge.contract import message as contract_message
from edge.contract import messages, passes
from edge.contract.canonical import public_from_hex
from edge.contract.records import Record, commitments_hold
from edge.contract.topics import Name, Topic
from tests.contract import samples

TYPES: dict[tuple[bool, Name], type[contract_message.Message]] = {
    (False, Name.RECORDS): messages.Batch,
    (False, Name.HELLO): messages.Hello,
    (False, Name.ACK): messages.Ack,
    (False, Name.STATE): messages.State,
    (False, Name.HEALTH): messages.Health,
    (False, Name.PICTURE): messages.Picture,
    (True, Name.STATE): messages.State,
    (False, Name.SIGHTINGS): messages.Signed,
    (False, Name.COMMAND): messages.Signed,
    (True, Name.SIGHTINGS): messages.Signed,
    (True, Name.POLICY): messages.Signed,
    (True, Name.PASSLIST): messages.Signed,
}


def load(name: str) -> dict[str, Any]:
    example: dict[str, Any] = json.loads((samples.EXAMPLES / name).read_text(encoding="utf-8"))
    return example


def test_the_files_are_what_the_code_says_now() -> None:
    made = samples.files()
    assert made.keys() == {path.name for path in samples.EXAMPLES.glob("*.json")}
    for name, value in made.items():
        assert (samples.EXAMPLES / name).read_text(encoding="utf-8") == samples.text(value), name


@pytest.mark.parametrize("path", sorted(samples.EXAMPLES.glob("*-*.json")), ids=lambda path: path.name)
def test_a_third_partys_message_is_read(path: Path) -> None:
    example = load(path.name)
    topic = Topic.parse(example["topic"])
    message = TYPES[topic.owner == "hub", topic.name].parse(json.dumps(example["message"]).encode())
    assert json.loads(message.encode()) == example["message"]


def test_a_third_party_can_check_the_example_batch() -> None:
    batch = messages.Batch.parse(json.dumps(load("gate-records.json")["message"]).encode())
    assert batch.signed_by(public_from_hex(load("keys.json")["gate"]))
    for sealed in batch.records:
        assert sealed.whole
        assert commitments_hold(Record.parse(sealed.raw), sealed.private) is None


def test_a_third_party_can_read_the_example_pass() -> None:
    example, key = load("pass.json"), load("keys.json")["pass"]
    pass_ = passes.read(example["text"], {bytes.fromhex(key["kid"]): [public_from_hex(key["public"])]})
    assert isinstance(pass_, passes.Pass)
    assert (pass_.id_hex, pass_.plate, pass_.expires) == (example["id"], example["plate"], example["expires"])
