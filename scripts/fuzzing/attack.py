"""Hostile texts, and one blow with each: a text is read and decided on as a lane would.

The texts grow out of genuine passes: characters, bytes of the COSE message, or values of the payload are changed, and some of
those payloads are signed with the real key, so that what lies behind the signature is reached too.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import base45
import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.contract import passes
from edge.contract.messages import Watched
from edge.contract.passes import MAX_TEXT, PREFIX, Pass
from edge.contract.policy import AntiPassback, GateInfo, Operation, Policy, VehicleClass
from edge.contract.reasons import Direction, Reason
from edge.decision.decide import Qr, decide
from edge.decision.decision import LastSeen
from edge.decision.rules import Rules

NOW = datetime(2026, 4, 1, 8, tzinfo=UTC)
GATE = "east"
PASS = Pass(
    id=bytes(range(8)), plate="鲁B12345", vehicle_class=1, gates=0b11, priority=False,
    not_before=int(NOW.timestamp()) - 86400, expires=int(NOW.timestamp()) + 86400,
)  # fmt: skip
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
DEEP = 400
"""Bytes of one hostile CBOR value at most: what fits into a text of the longest length, with room for its frame."""


@dataclass(frozen=True, slots=True)
class Town:
    """The rules of a town that looks at everything, and the key that it trusts."""

    rules: Rules
    key: Ed25519PrivateKey
    kid: bytes


def town(random: Random) -> Town:
    """A town whose one class may not come in twice, with a watch list, somebody inside and lists of today."""
    key = Ed25519PrivateKey.from_private_bytes(random.randbytes(32))
    kid = passes.key_id(key.public_key().public_bytes_raw())
    policy = Policy(
        operation=Operation(id="op-1", zh="演练", en="Drill", starts="2026-03-01T00:00:00.000Z"),
        gates={GATE: GateInfo(number=0, zh="东门", en="East")},
        classes=(VehicleClass(number=1, id="resident", zh="居民", en="Resident", anti_passback=AntiPassback.HARD),),
        agents=(),
        officers=(),
    )
    rules = Rules(
        policy=policy, policy_version=1, keys={kid: (key.public_key(),)}, passlist_version=1,
        revoked=frozenset({"ff" * 8}), blocked=frozenset({"ee" * 8}),
        watch={"鲁B99999": Watched(plate="鲁B99999", deny_in=True)},
        inside={"鲁B00001": LastSeen("ab" * 16, "south", Direction.IN, NOW - timedelta(hours=1))},
        inside_known=True, received=NOW,
    )  # fmt: skip
    return Town(rules, key, kid)


def blow(rules: Rules, text: str, way: Direction) -> Reason:
    """One text, judged. Whatever it raises is a fault of the gate."""
    return decide(Qr(text), rules, gate=GATE, direction=way, now=NOW).reason


def cpu(work: Callable[[], object]) -> float:
    """Milliseconds of this thread's CPU."""
    began = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - began) / 1e6


def genuine(town_: Town) -> list[str]:
    """Good passes: of nobody in particular, of a watched plate, of one inside, and of one written in full width."""
    plates = (PASS.plate, "鲁B99999", "鲁B00001", "鲁Ｂ·１２３４５")
    return [passes.write(replace(PASS, plate=plate), town_.kid, town_.key) for plate in plates]


def written(message: bytes) -> str:
    """Bytes as the text of a pass, as if they were its COSE message."""
    encoded: bytes = base45.b45encode(message)
    return PREFIX + encoded.decode()


def signed(payload: bytes, town_: Town) -> str:
    """Bytes as the payload of a pass that the town has signed."""
    protected = cbor2.dumps({1: -8, 4: town_.kid})
    signature = town_.key.sign(cbor2.dumps(["Signature1", protected, b"", payload]))
    return written(cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, signature])))


class Arsenal:
    """Texts without end, from one seed."""

    def __init__(self, town_: Town, random: Random) -> None:
        self._town = town_
        self._random = random
        self._genuine = genuine(town_)
        self._bytes = [base45.b45decode(text.removeprefix(PREFIX)) for text in self._genuine]
        # (share of all, the maker): signing costs as much as a hundred of the others
        self._makers: tuple[tuple[int, Callable[[], str]], ...] = (
            (40, self._changed_text),
            (35, self._changed_bytes),
            (10, self._any_text),
            (10, self._hostile_message),
            (3, self._changed_claims),
            (2, self._hostile_payload),
        )
        self._weights = [share for share, _ in self._makers]

    def text(self) -> str:
        """The next one."""
        (_, make), = self._random.choices(self._makers, self._weights)  # fmt: skip
        return make()

    def _changed_text(self) -> str:
        random, text = self._random, list(self._random.choice(self._genuine))
        for _ in range(random.randint(1, 4)):
            place = random.randrange(len(text))
            match random.randrange(4):
                case 0:
                    text[place] = random.choice(ALPHABET)
                case 1:
                    del text[place : place + random.randint(1, max(1, len(text) - 1))]
                    text = text or [" "]
                case 2:
                    text.insert(place, chr(random.randrange(0x11_0000)))
                case _:
                    text += text[place:]
        return "".join(text)

    def _changed_bytes(self) -> str:
        return written(self._bent(self._random.choice(self._bytes)))

    def _bent(self, data: bytes) -> bytes:
        random, bent = self._random, bytearray(data)
        for _ in range(random.randint(1, 4)):
            place = random.randrange(len(bent) + 1)
            match random.randrange(4):
                case 0 if place < len(bent):
                    bent[place] = random.randrange(256)
                case 1 if place < len(bent):
                    bent[place] ^= 1 << random.randrange(8)
                case 2:
                    bent[place : place + random.randint(0, 8)] = random.randbytes(random.randint(0, 8))
                case _:
                    del bent[place:]
        return bytes(bent)

    def _any_text(self) -> str:
        random = self._random
        length = random.choice((0, 1, 3, 60, MAX_TEXT, MAX_TEXT + 1, 20_000))
        if random.random() < 0.5:
            return PREFIX + ("".join(random.choices(ALPHABET, k=64)) * (length // 64 + 1))[:length]
        return random.choice(("", PREFIX)) + "".join(chr(random.randrange(0x11_0000)) for _ in range(length % 500))

    def _hostile_message(self) -> str:
        return written(self._hostile())

    def _hostile_payload(self) -> str:
        return signed(self._hostile(), self._town)

    def _changed_claims(self) -> str:
        random = self._random
        claims: list[Any] = [PASS.plate, 1, 0b11, False]
        payload: dict[Any, Any] = {4: PASS.expires, 5: PASS.not_before, 7: PASS.id, -70001: claims}
        for _ in range(random.randint(1, 3)):
            if random.random() < 0.5:
                claims[random.randrange(len(claims))] = self._value()
            else:
                payload[random.choice(list(payload))] = self._value()
        data: bytes = cbor2.dumps(payload)
        return signed(data if random.random() < 0.7 else self._bent(data), self._town)

    def _value(self) -> Any:
        random = self._random
        return random.choice(
            (
                None, True, -1, 0, 2**40, 2**64 - 1, -(2**64), 2**600, 1.5, float("nan"), float("inf"), b"", bytes(8),
                "", "鲁B12345", "Ａ" * 16, "\x00", "e\u0301" * 8, "·" * 16, [], {}, [[]], {1: {2: 3}},
                PASS.not_before, PASS.expires, random.randbytes(8), random.randrange(2**41), NOW,
            )
        )  # fmt: skip

    def _hostile(self) -> bytes:
        """Bytes that ask much of a CBOR decoder: depth, lengths that lie, tags with a meaning, numbers without measure."""
        random, size = self._random, self._random.randint(1, DEEP)
        tag = random.choice(
            (0, 1, 2, 3, 4, 5, 18, 25, 28, 29, 30, 35, 36, 37, 100, 256, 258, 260, 261, 1004, 43000, 55799)
        )
        inner = cbor2.dumps(
            random.choice((2**600, -1, 1e308, "9" * size, bytes(size), [1, 2**62], [2**62, 1], [], "(a+)+"))
        )
        heads = (
            b"\x81" * size,  # arrays in arrays
            b"\xd2" * size,  # tags on tags
            b"\xa1\x01" * size,  # maps in maps
            b"\xbf" * size,
            b"\x5f" * size,  # endless strings
            bytes((0x9B,)) + random.randbytes(8),  # an array of any length
            bytes((0x5B,)) + random.randbytes(8),  # a string of any length
            b"\xd8\x1c\x81\xd8\x1d\x00",  # an array that holds itself
            cbor2.dumps(cbor2.CBORTag(tag, None))[:-1] + inner,
            b"\xd2\x84" + inner,
            random.randbytes(size),
        )
        return (random.choice(heads) + random.choice((b"", inner, random.randbytes(3))))[:DEEP]
