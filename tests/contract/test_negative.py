"""The negative examples: they are what the code makes now, their schemas refuse them, and no gate lets such a pass through (issue 10).

That a hub answers what they expect is tested with the hub (tests/hub/listener/test_negative_examples.py).
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from edge.contract.canonical import public_from_hex, public_hex
from edge.contract.facts import ClockTrust
from edge.contract.messages import PassList
from edge.contract.policy import Policy
from edge.contract.published import PUBLISHED
from edge.contract.reasons import Direction
from edge.decision.decide import Qr, decide
from edge.decision.rules import Rules
from tests.contract import negative, samples
from tests.contract.test_schemas import schema, takes

MADE = negative.files()
OF_GATES = sorted(name for name in MADE if not name.startswith("pass-"))
OF_PASSES = sorted(name for name in MADE if name.startswith("pass-"))


def load(name: str) -> Any:
    return json.loads((samples.EXAMPLES / name).read_text(encoding="utf-8"))


def test_the_files_are_what_the_code_makes_now() -> None:
    assert MADE.keys() == {path.name for path in samples.NEGATIVE.iterdir()}
    for name, value in MADE.items():
        assert (samples.NEGATIVE / name).read_text(encoding="utf-8") == samples.text(value), name


def parts(example: Any) -> Iterator[tuple[str, Any]]:
    """What of an example a schema can be held against: (its name, the value)."""
    message = example.get("message")
    name = example["topic"].rpartition("/")[2]
    if message is None or name == "mood":
        return
    if name == "records":
        yield "message-records", message
        for record in message["records"]:
            if record:
                yield "record", record
                yield from _raw(record["raw"])
    else:
        yield f"message-{name}", message


def _raw(text: str) -> Iterator[tuple[str, Any]]:
    try:
        raw = json.loads(text)
    except ValueError:
        return
    if isinstance(raw, dict) and raw["kind"] != "teleported":
        yield f"raw-{raw['kind']}", raw


@pytest.mark.parametrize("name", OF_GATES)
def test_its_schema_refuses_it_and_no_other_does(name: str) -> None:
    example = MADE[name]
    refusing = {each for each, value in parts(example) if not takes(each, value)}
    expected = {example["schema"]} - {None}
    if "message" not in example:
        return
    assert expected <= refusing
    # the schema of a batch has that of its records inside, and a record may be wrong twice
    assert refusing - expected <= ({"message-records", "record"} if expected else set())


@pytest.mark.parametrize("name", OF_GATES)
def test_what_is_given_before_is_good(name: str) -> None:
    for each in MADE[name]["given"]:
        schema("message-records").validate(each["message"])


def rules() -> Rules:
    policy = Policy.model_validate_json(load("hub-policy.json")["message"]["text"])
    passlist = PassList.model_validate_json(load("hub-passlist.json")["message"]["text"])
    return Rules(
        policy=policy, policy_version=1, keys={bytes.fromhex(each.kid): (public_from_hex(each.public),) for each in passlist.keys},
        revoked=passlist.revoked, blocked=passlist.blocked, passlist_version=1, watch={each.plate: each for each in passlist.watch},
    )  # fmt: skip


@pytest.mark.parametrize("name", OF_PASSES)
def test_a_gate_stops_the_pass_for_the_reason_that_is_expected(name: str) -> None:
    case = MADE[name]
    now = datetime.fromisoformat(case["now"])
    made = decide(
        Qr(case["text"]),
        rules(),
        gate=case["gate"],
        direction=Direction(case["direction"]),
        now=now,
        clock=ClockTrust(case["clock"]),
    )
    assert {"reason": made.reason, "verdict": made.verdict} == case["expect"]


def test_the_good_pass_is_not_stopped() -> None:
    made = decide(
        Qr(load("pass.json")["text"]),
        rules(),
        gate="east",
        direction=Direction.IN,
        now=datetime.fromisoformat(negative.NOW),
    )
    assert made.verdict == "hold"


def test_the_test_keys_are_whole_marked_and_trusted_by_nobody() -> None:
    keys = load("keys.json")
    assert keys["warning"].startswith("TEST KEYS.")
    public = {"gate": keys["gate"], "hub": keys["hub"], "pass": keys["pass"]["public"]}
    for name, key in {"gate": samples.GATE_KEY, "hub": samples.HUB_KEY, "pass": samples.PASS_KEY}.items():
        assert public_hex(key) == public[name]
        assert samples.secret(key) == keys["secret"][name]
    assert set(public.values()) == PUBLISHED
