import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from edge.contract import message as contract_message
from edge.contract import messages
from edge.contract.message import Message
from edge.contract.messages import Ack, Batch, Health, Hello, Signed, State
from tests.contract import samples

STRANGER = Ed25519PrivateKey.generate().public_key()


@pytest.mark.parametrize("message", [message for _, message in samples.topics_and_messages()])
def test_a_message_is_parsed_back_to_itself(message: Message) -> None:
    assert type(message).parse(message.encode()) == message


def test_a_batch_is_signed_by_its_gate() -> None:
    batch = samples.batch()
    assert batch.signed_by(samples.GATE_KEY.public_key())
    assert not batch.signed_by(STRANGER)
    assert not batch.model_copy(update={"seq": 4}).signed_by(samples.GATE_KEY.public_key())


def test_the_hubs_head_is_signed() -> None:
    head = messages.HubHead.signed("demo", 5, "ab" * 32, samples.HUB_KEY)
    assert head.holds("demo", samples.HUB_KEY.public_key())
    assert not head.holds("other", samples.HUB_KEY.public_key())
    assert not head.model_copy(update={"count": 4}).holds("demo", samples.HUB_KEY.public_key())


@pytest.mark.parametrize("field", ["kind", "town", "version", "issued", "text"])
def test_no_field_of_a_signed_list_can_be_changed(field: str) -> None:
    signed = Signed.seal("policy", "demo", 3, samples.ISSUED, samples.POLICY, samples.HUB_KEY)
    assert signed.holds(samples.HUB_KEY.public_key())
    other = {"kind": "passlist", "town": "x", "version": 4, "issued": "x", "text": "{}"}[field]
    assert not signed.model_copy(update={field: other}).holds(samples.HUB_KEY.public_key())


def test_a_signed_list_holds_what_was_sealed() -> None:
    policy = Signed.seal("policy", "demo", 1, samples.ISSUED, samples.POLICY, samples.HUB_KEY)
    assert policy.policy() == samples.POLICY
    passlist = Signed.seal("passlist", "demo", 1, samples.ISSUED, samples.PASSLIST, samples.HUB_KEY)
    assert passlist.passlist() == samples.PASSLIST
    seen = messages.Sightings(series=samples.SERIES, first=41, last=41, sightings=(samples.SEEN,))
    assert Signed.seal("sightings", "demo", 41, samples.ISSUED, seen, samples.HUB_KEY).sightings() == seen


def test_the_same_list_is_always_the_same_text() -> None:
    ids = [f"{n:016x}" for n in range(500)]
    many = messages.PassList(keys=(), revoked=frozenset(ids), blocked=frozenset(ids))
    again = messages.PassList(keys=(), revoked=frozenset(reversed(ids)), blocked=frozenset(reversed(ids)))
    seal = [Signed.seal("passlist", "demo", 1, samples.ISSUED, each, samples.HUB_KEY) for each in (many, again)]
    assert seal[0].text == seal[1].text


def test_a_message_too_large_is_not_even_parsed() -> None:
    with pytest.raises(ValueError, match=r"131073 bytes: at most 131072"):
        Batch.parse(b"x" * (contract_message.MAX_MESSAGE + 1))


@pytest.mark.parametrize("type_", [Ack, Batch, Health, Hello, State, Signed])
@given(data=st.binary())
def test_any_bytes_are_a_message_or_one_line(type_: type[Message], data: bytes) -> None:
    with pytest.raises(ValueError) as refused:
        type_.parse(data)
    assert "\n" not in str(refused.value)


def test_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="v: "):
        State.parse(b'{"v":2,"online":true,"conn":1,"at":"x"}')


def test_unknown_fields_are_ignored() -> None:
    assert State.parse(b'{"v":1,"online":true,"conn":1,"at":"2026-03-01T08:00:00.000Z","mood":"fine"}').conn == 1
