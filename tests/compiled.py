"""What is compiled once for a whole test process: each test makes an app of its own, and compiling its templates and its addresses
would be most of its time.
"""

from collections.abc import Callable
from typing import ClassVar

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


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


Built = Callable[..., tuple[str, str]]


class SharedRule(Rule):
    """A rule of addresses; what writes an address by it is compiled once for all rules that are spelled alike."""

    _built: ClassVar[dict[tuple[object, ...], Built]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Built:
        if self.defaults:  # these are written into what is compiled
            return super()._compile_builder(append_unknown)
        key = (self.rule, tuple(self._trace), append_unknown)
        if key not in self._built:
            self._built[key] = super()._compile_builder(append_unknown)
        return self._built[key]


def share() -> None:
    """From now on every app of this process takes its templates and its addresses from one cache."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Compiled()}
    Flask.url_rule_class = SharedRule
