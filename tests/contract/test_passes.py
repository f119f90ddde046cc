import base45
import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from edge.contract import passes
from edge.contract.canonical import public_hex
from edge.contract.passes import Pass
from edge.contract.reasons import Reason
from tests.contract.samples import KID, PASS, PASS_KEY

KEYS = {KID: [PASS_KEY.public_key()]}
TEXT = passes.write(PASS, KID, PASS_KEY)
PASSES = st.builds(
    Pass,
    id=st.binary(min_size=8, max_size=8),
    plate=st.text(min_size=1, max_size=16),
    vehicle_class=st.integers(0, 2**16),
    gates=st.none() | st.integers(0, 2**64),
    priority=st.booleans(),
    not_before=st.integers(0, 2**40 - 1),
    expires=st.integers(0, 2**40 - 1),
)


def signed(payload: bytes, protected: object = None) -> str:
    """A QR text signed with the trusted key over any payload."""
    header = cbor2.dumps({1: -8, 4: KID} if protected is None else protected)
    signature = PASS_KEY.sign(cbor2.dumps(["Signature1", header, b"", payload]))
    return spell([header, {}, payload, signature])


def spell(value: object, tag: int = 18) -> str:
    encoded: bytes = base45.b45encode(cbor2.dumps(cbor2.CBORTag(tag, value)))
    return passes.PREFIX + encoded.decode()


@given(PASSES)
def test_a_pass_is_read_back_to_itself(pass_: Pass) -> None:
    assert passes.read(passes.write(pass_, KID, PASS_KEY), KEYS) == pass_


def test_the_code_stays_small_enough_for_version_9_at_level_q() -> None:
    assert len(TEXT) <= 190


def test_the_text_fits_the_alphanumeric_mode_of_qr() -> None:
    assert set(TEXT) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


@pytest.mark.parametrize("text", ["", "https://example.com", "kk1:" + TEXT[4:], " " + TEXT, "HC1:" + TEXT[4:]])
def test_what_does_not_begin_as_ours_is_not_a_pass(text: str) -> None:
    assert passes.read(text, KEYS) is Reason.NOT_A_PASS


@pytest.mark.parametrize(
    "text",
    [
        "KK1:", TEXT[:-4], TEXT[:60], TEXT + "  ", "KK1:" + "A" * 2000, "KK1:鲁", spell([b"", {}, b"", b""]),
        spell([1, 2, 3, 4]), spell(["x"]), spell([cbor2.dumps({1: -7, 4: KID}), {}, b"", b""]), spell("text"),
        spell([cbor2.dumps({1: -8, 4: KID}), {}, b"x", b"y"], tag=98), signed(b""), signed(cbor2.dumps({})),
        signed(cbor2.dumps([1, 2])), signed(cbor2.dumps({7: b"short", 5: 1, 4: 2, -70001: ["x", 1, None, False]})),
        signed(cbor2.dumps({7: b"12345678", 5: "1", 4: 2, -70001: ["x", 1, None, False]})),
        signed(cbor2.dumps({7: b"12345678", 5: 1, 4: 2, -70001: ["", 1, None, False]})),
        signed(cbor2.dumps({7: b"12345678", 5: 1, 4: 2, -70001: ["x", 1, None, 0]})),
        signed(cbor2.dumps({7: b"12345678", 5: 1, 4: 2, -70001: ["x", True, None, False]})),
        signed(cbor2.dumps({7: b"12345678", 5: 1, 4: 2**70, -70001: ["x", 1, None, False]})),
        signed(cbor2.dumps({7: b"12345678", 5: 1, 4: 2, -70001: ["x", 1, -1, False]})),
    ],
)  # fmt: skip
def test_bytes_that_are_no_pass_are_badly_formed(text: str) -> None:
    assert passes.read(text, KEYS) is Reason.BAD_FORMAT


def test_another_key_id_is_unknown_and_another_key_is_a_forgery() -> None:
    forger = Ed25519PrivateKey.generate()
    own_id = passes.key_id(bytes.fromhex(public_hex(forger)))
    assert passes.read(passes.write(PASS, own_id, forger), KEYS) is Reason.UNKNOWN_KEY
    assert passes.read(passes.write(PASS, KID, forger), KEYS) is Reason.BAD_SIGNATURE


def test_each_key_with_the_same_id_is_tried() -> None:
    other = Ed25519PrivateKey.generate().public_key()
    assert passes.read(TEXT, {KID: [other, PASS_KEY.public_key()]}) == PASS


def test_the_gates_are_a_bitmap_of_the_policy_numbers() -> None:
    assert [PASS.allows_gate(number) for number in range(4)] == [True, True, False, False]


@given(
    st.text() | st.text().map(passes.PREFIX.__add__) | st.binary().map(lambda b: "KK1:" + base45.b45encode(b).decode())
)
def test_any_text_is_a_pass_or_a_reason(text: str) -> None:
    assert isinstance(passes.read(text, KEYS), Reason)


@given(st.binary(max_size=200))
def test_any_signed_payload_is_a_pass_or_badly_formed(payload: bytes) -> None:
    assert passes.read(signed(payload), KEYS) is Reason.BAD_FORMAT
