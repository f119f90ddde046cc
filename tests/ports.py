"""Loopback ports for tests, below the range of outgoing connections: one of those could take a port before it is listened on.

Each process of a test run has a range of its own, above the demo's ports, and hands out each of its ports once before any again.
"""

import os
from collections.abc import Iterator
from itertools import cycle

from scripts.town.ports import LAST, is_free

FIRST = 12_000
RANGES = 4
SIZE = (LAST + 1 - FIRST) // RANGES


def _mine() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = FIRST + worker % RANGES * SIZE
    # two runs at once begin at different places
    begin = os.getpid() * 101 % SIZE
    return cycle([first + (begin + number) % SIZE for number in range(SIZE)])


_PORTS = _mine()


def free_port() -> int:
    """A port on which nobody listens now."""
    return next(port for port in _PORTS if is_free(port))
