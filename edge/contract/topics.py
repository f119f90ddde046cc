"""Every MQTT topic, built and parsed: `kakou/v1/<sender>/<name>`, always four segments. A new one is a `Name` here.

A gate writes only under its own id and reads only its own and `hub/`; the broker's ACL says the same.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

PREFIX = "kakou/v1"
HUB = "hub"
GATE_ID = re.compile(r"[a-z0-9-]{1,32}")


class Name(StrEnum):
    """The last segment of a topic: the sort of message on it."""

    RECORDS = "records"
    HELLO = "hello"
    ACK = "ack"
    STATE = "state"
    HEALTH = "health"
    PICTURE = "picture"
    COMMAND = "command"
    SIGHTINGS = "sightings"
    POLICY = "policy"
    PASSLIST = "passlist"


FROM_GATE = frozenset({Name.RECORDS, Name.HELLO, Name.STATE, Name.HEALTH, Name.PICTURE})
TO_GATE = frozenset({Name.ACK, Name.COMMAND, Name.SIGHTINGS})
FROM_HUB = frozenset({Name.STATE, Name.POLICY, Name.PASSLIST, Name.SIGHTINGS})


def is_gate_id(text: str) -> bool:
    """Returns True if `text` may name a gate: a slug of at most 32 characters that is not `hub`."""
    return text != HUB and GATE_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: its owner (a gate's id, or `hub`) and the sort of message on it."""

    owner: str
    name: Name

    def __post_init__(self) -> None:
        allowed = FROM_HUB if self.owner == HUB else FROM_GATE | TO_GATE
        if self.owner != HUB and not is_gate_id(self.owner):
            raise ValueError(
                f"topic owner {self.owner!r}: expected 'hub' or a gate id of [a-z0-9-], 1 to 32 characters"
            )
        if self.name not in allowed:
            raise ValueError(f"topic {self.owner}/{self.name}: there is no such topic")

    def __str__(self) -> str:
        return f"{PREFIX}/{self.owner}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> "Topic":
        """The topic that `text` spells; `ValueError` naming what is wrong otherwise."""
        parts = text.split("/")
        if len(parts) != 4 or "/".join(parts[:2]) != PREFIX:
            raise ValueError(f"topic {text!r}: expected {PREFIX}/<gate or hub>/<name>")
        try:
            name = Name(parts[3])
        except ValueError:
            raise ValueError(f"topic {text!r}: {parts[3]!r} is no name of the contract") from None
        return cls(parts[2], name)


def from_every_gate(name: Name) -> str:
    """The subscription with which the hub gets the messages of one name from all gates (it also matches `hub/`)."""
    if name not in FROM_GATE:
        raise ValueError(f"{name} is not sent by gates")
    return f"{PREFIX}/+/{name}"
