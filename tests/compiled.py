"""Templates compiled once for a whole test process: each test makes an app of its own, and compiling its pages would be most of its time."""

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class Compiled(BytecodeCache):
    """What Jinja compiled, by its own key (name, file and source of the template)."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Gives a template that another app has compiled."""
        held = self._held.get((bucket.key, bucket.checksum))
        if held is not None:
            bucket.bytecode_from_string(held)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps what an app has compiled."""
        self._held[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


def share() -> None:
    """From now on every app of this process takes its templates from one cache."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Compiled()}
