"""The hub's clock: the present moment in the form of its own entries.

Tested in `tests/hub/ledger/projections/test_visit_row.py`.
"""

import time
from datetime import UTC, datetime
from pathlib import Path

from edge.contract.facts import ClockTrust
from edge.contract.records import At, wall_text

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_SYNCED = (Path("/run/systemd/timesync/synchronized"), Path("/run/chrony/chronyd.pid"))


def moment(now: datetime | None = None) -> At:
    """Now (or `now`, from a clock that was passed in): wall time, boot, monotonic clock, and how far to trust the wall."""
    boot = _BOOT.read_text(encoding="ascii").strip().replace("-", "") if _BOOT.exists() else "00"
    # a hub is a PC with a clock of its own; a time service makes it better than that
    clock = ClockTrust.SYNCED if any(path.exists() for path in _SYNCED) else ClockTrust.RTC
    return At(
        wall=wall_text(now or datetime.now(UTC)), boot=boot, mono_ms=time.monotonic_ns() // 1_000_000, clock=clock
    )
