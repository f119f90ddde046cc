"""Each negative example of the contract through the real listener: it answers what the file expects (issue 10, faults A and B)."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from edge.contract.canonical import public_hex
from hub.database.schema import gates
from tests.contract.samples import GATE_KEY, NEGATIVE
from tests.hub.ledgers import table
from tests.hub.listener.test_intake import Hub
from tests.hub.towns import Place

PATHS = sorted(path for path in NEGATIVE.glob("*.json") if not path.name.startswith("pass-"))


@pytest.fixture
def hub(place: Place) -> Any:
    with place.engine.begin() as connection:
        connection.execute(update(gates).where(gates.c.gate == "east").values(public_key=public_hex(GATE_KEY)))
    hub = Hub(place)
    yield hub
    hub.close()


def data_of(said: dict[str, Any]) -> bytes:
    """The bytes of a message in a file."""
    if "bytes_base64" in said:
        return base64.b64decode(str(said["bytes_base64"]))
    if "text_repeated" in said:
        text, times = said["text_repeated"]
        return (str(text) * int(times)).encode()
    return json.dumps(said["message"], ensure_ascii=False).encode()


def hears(hub: Hub, topic: str, data: bytes) -> None:
    mid = hub.link.arrive(topic, data)
    hub.listener.turn()
    hub.seconds += 2
    assert mid in hub.link.done_with


def begins(whole: list[dict[str, Any]], beginning: list[dict[str, Any]]) -> bool:
    return len(whole) == len(beginning) and all(
        one["seq"] == other["seq"] and one["why"].startswith(other["why"])
        for one, other in zip(whole, beginning, strict=True)
    )


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_hub_answers_what_is_expected(hub: Hub, path: Path) -> None:
    example = json.loads(path.read_text(encoding="utf-8"))
    expect = example["expect"]
    for each in example["given"]:
        hears(hub, each["topic"], data_of(each))
    before = table(hub.place, "quarantine")
    assert before == []
    hub.link.said.clear()
    hears(hub, example["topic"], data_of(example))
    kept = table(hub.place, "quarantine")
    assert len(kept) == expect["quarantined"], [row["why"] for row in kept]
    for row in kept:
        assert row["why"].startswith(expect["why"]), row["why"]
        assert (row["hash"] is not None) == expect["place_held"]
    assert len(table(hub.place, "entries")) == expect["entries"]
    acks = hub.link.acks("east")
    assert (acks[-1].committed if acks else None) == expect["committed"]
    if acks:
        said = json.loads(acks[-1].encode())
        assert (said["hash"] is None) == (said["committed"] == 0)
        assert said["missing"] == expect.get("missing", [])
        assert said["ahead"] == expect.get("ahead", [])
        if expect["refused"] is None:
            assert said["refused"] is None
        else:
            assert begins(said["refused"], expect["refused"]), said["refused"]
