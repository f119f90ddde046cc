"""The gate's clocks, given once: wall time, how far it can be trusted, and monotonic seconds.

Tested through the loop: `tests/edge/gates.py` gives a gate clocks that are moved by hand.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from edge.contract.facts import ClockTrust


@dataclass(frozen=True, slots=True)
class Clocks:
    """Where the gate takes the time from. `now`: wall time; `trust`: how far that can be trusted; `monotonic`: seconds."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float] = time.monotonic
    trust: Callable[[], ClockTrust] = lambda: ClockTrust.SYNCED
