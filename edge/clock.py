"""The gate's clock: the time, and how far it can be trusted; `FixedClock` is set by hand, for tests and simulations.

Wall time is UTC and may be wrong by years; the monotonic clock of one boot never lies about order. The clock is `synced` when
systemd-timesyncd or the kernel says so (adjtimex(2), which chrony with `rtcsync` feeds), `rtc` when only a battery clock
vouches for it, else `unsynced`. `ClockWatch` notices that the wall clock was set.
"""

import ctypes
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from edge.contract import facts
from edge.contract.records import At, wall_text
from edge.contract.values import FIRST_MOMENT, LAST_MOMENT

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
TIMESYNC = Path("/run/systemd/timesync/synchronized")
RTC = Path("/dev/rtc0")
JUMP = 1.0
"""Seconds between the wall clock and the monotonic one that are more than a time service's gentle slewing."""

_STA_UNSYNC = 0x0040
_TIMEX_WORDS = 64
_STATUS_WORD = 5 if ctypes.sizeof(ctypes.c_long) == 8 else 0


class Clock(Protocol):
    """A clock, from which the gate's parts get the time."""

    def now(self) -> datetime:
        """Wall time, aware, UTC."""

    def mono(self) -> float:
        """Seconds of the monotonic clock."""

    def at(self) -> At:
        """This instant as a record says it."""


class SystemClock:
    """The clock of this machine. `assumed`: how far it is trusted, whatever the machine says of it (a simulation's word)."""

    def __init__(
        self,
        *,
        boot_id: Path = BOOT_ID,
        timesync: Path = TIMESYNC,
        rtc: Path = RTC,
        kernel_synced: Callable[[], bool] | None = None,
        assumed: facts.ClockTrust | None = None,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._assumed = assumed
        self._wall = wall
        self._boot = _boot(boot_id)
        self._timesync = timesync
        self._rtc = rtc
        self._kernel_synced = kernel_synced or _adjtimex()

    def now(self) -> datetime:
        """Wall time, aware, UTC; of a clock that is beyond the contract's calendar the nearest moment of that."""
        return min(max(self._wall(), FIRST_MOMENT), LAST_MOMENT)

    def mono(self) -> float:
        """Seconds since some moment of this boot."""
        return time.monotonic()

    def trust(self) -> facts.ClockTrust:
        """How far the wall time can be trusted now."""
        if not FIRST_MOMENT < self._wall() < LAST_MOMENT:
            return facts.ClockTrust.UNSYNCED
        if self._assumed is not None:
            return self._assumed
        if self._timesync.exists() or self._kernel_synced():
            return facts.ClockTrust.SYNCED
        return facts.ClockTrust.RTC if self._rtc.exists() else facts.ClockTrust.UNSYNCED

    def at(self) -> At:
        """This instant as a record says it."""
        return At(wall=wall_text(self.now()), boot=self._boot, mono_ms=int(self.mono() * 1000), clock=self.trust())


class FixedClock:
    """A clock that moves only by calls of `advance` and `set`."""

    def __init__(
        self,
        now: datetime,
        *,
        mono: float = 1000.0,
        boot: str = "00112233445566778899aabbccddeeff",
        trust: facts.ClockTrust = facts.ClockTrust.SYNCED,
    ) -> None:
        self._now = now
        self._mono = mono
        self.boot = boot
        self.trust = trust

    def now(self) -> datetime:
        """Wall time as it was set."""
        return self._now

    def mono(self) -> float:
        """Monotonic seconds: moved by `advance` only."""
        return self._mono

    def at(self) -> At:
        """This instant as a record says it."""
        return At(wall=wall_text(self._now), boot=self.boot, mono_ms=int(self._mono * 1000), clock=self.trust)

    def advance(self, seconds: float) -> None:
        """Moves both clocks on by a time."""
        self._now += timedelta(seconds=seconds)
        self._mono += seconds

    def set(self, now: datetime) -> None:
        """Sets the wall clock; the monotonic clock does not change."""
        self._now = now


class ClockWatch:
    """Notices, at a look every second or so, that the wall clock was set: it and the monotonic clock no longer move together.

    What the clock showed and what it shows now, at one instant, is a `clock_set` record. When the clock has become synced that
    record lets the hub give the right time, and its error, of everything that this boot recorded before. A start is no setting:
    the boot is another.
    """

    def __init__(self) -> None:
        self._last: At | None = None

    def look(self, at: At) -> facts.ClockSet | None:
        """The setting of the clock between this look and the one before, if there was one (or if it has become synced)."""
        before, self._last = self._last, at
        if before is None or before.boot != at.boot:
            return None
        expected = before.time + timedelta(milliseconds=at.mono_ms - before.mono_ms)
        jumped = abs((at.time - expected).total_seconds()) > JUMP
        trusted = at.clock is facts.ClockTrust.SYNCED and before.clock is not facts.ClockTrust.SYNCED
        return facts.ClockSet(before=wall_text(expected), after=at.wall) if jumped or trusted else None


def _boot(path: Path) -> str:
    # without /proc each start counts as a boot: mono_ms of two starts are then never compared
    try:
        return path.read_text(encoding="ascii").strip().replace("-", "")
    except OSError:
        return secrets.token_hex(16)


def _adjtimex() -> Callable[[], bool]:
    # struct timex begins {unsigned int modes; long offset, freq, maxerror, esterror; int status; ...}: with a 64-bit long,
    # `status` is the sixth 8-byte word; modes 0 only reads. Refused by a sandbox, it fails with -1: not synced.
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)

    def synced() -> bool:
        if adjtimex is None or not _STATUS_WORD:
            return False
        timex = (ctypes.c_long * _TIMEX_WORDS)()
        if adjtimex(timex) < 0:
            return False
        return not timex[_STATUS_WORD] & _STA_UNSYNC

    return synced
