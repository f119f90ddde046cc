"""The base of every message between gate and hub: its limits, its canonical bytes, its signature.

Tested in `tests/contract/test_messages.py`.
"""

from typing import Annotated, Any, Self, TypeVar

from pydantic import ConfigDict, Field, ValidationError

from edge.contract.canonical import Json
from edge.contract.facts import Fact
from edge.contract.records import one_line
from edge.contract.values import One

MAX_MESSAGE = 128 * 1024
"""Bytes of one message from a gate at most. Lists from the hub may be larger (10,000 revoked ids are 200 kB)."""


KeyId = Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")]


T = TypeVar("T", bound=Fact)


Signature = Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]


def v_required(schema: dict[str, Any]) -> None:
    schema["required"] = ["v", *(name for name in schema.get("required", []) if name != "v")]


class Message(Fact):
    """A message: JSON in UTF-8 with `v`."""

    model_config = ConfigDict(json_schema_extra=v_required)

    v: One = 1

    @classmethod
    def parse(cls, data: bytes, limit: int = MAX_MESSAGE) -> Self:
        """The message in `data`; `ValueError` with one line that says what is wrong."""
        if len(data) > limit:
            raise ValueError(f"message of {len(data)} bytes: at most {limit} are allowed")
        try:
            message = cls.model_validate_json(data)
        except ValidationError as error:
            raise ValueError(one_line(error)) from None
        if "v" not in message.model_fields_set:
            raise ValueError("v: expected 1, found nothing")
        return message

    def encode(self) -> bytes:
        """The bytes to publish."""
        return self.model_dump_json().encode()


def body_of(type_: type[T], text: str) -> T:
    try:
        return type_.model_validate_json(text)
    except ValidationError as error:
        raise ValueError(one_line(error)) from None


_SETS = frozenset({"revoked", "blocked", "revoked_keys"})


def sorted_sets(value: dict[str, Json]) -> dict[str, Json]:
    # a set has no order; the signed text must have one
    return {name: sorted(each) if name in _SETS and isinstance(each, list) else each for name, each in value.items()}
