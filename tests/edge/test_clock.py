"""What time it is, and how far that can be trusted."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.clock import ClockWatch, FixedClock, SystemClock
from edge.contract import facts
from edge.contract.records import wall_text
from edge.lane.events import ClockChanged
from tests.edge.gates import TestTown

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def machine(folder: Path, *, synced: bool = False, kernel: bool = False, rtc: bool = False) -> SystemClock:
    (folder / "boot_id").write_text("00112233-4455-6677-8899-aabbccddeeff\n")
    for name, there in (("synchronized", synced), ("rtc0", rtc)):
        if there:
            (folder / name).touch()
    return SystemClock(
        boot_id=folder / "boot_id", timesync=folder / "synchronized", rtc=folder / "rtc0", kernel_synced=lambda: kernel
    )


def test_instant_names_the_boot_and_moves_with_the_machine(tmp_path: Path) -> None:
    clock = machine(tmp_path)
    first, second = clock.at(), clock.at()
    assert first.boot == "00112233445566778899aabbccddeeff"
    assert second.mono_ms >= first.mono_ms
    assert abs(first.time - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("signs", "trust"),
    [
        ({"synced": True, "rtc": True}, facts.ClockTrust.SYNCED),
        ({"kernel": True}, facts.ClockTrust.SYNCED),
        ({"rtc": True}, facts.ClockTrust.RTC),
        ({}, facts.ClockTrust.UNSYNCED),
    ],
)
def test_trust_is_what_the_machine_can_vouch_for(
    tmp_path: Path, signs: dict[str, bool], trust: facts.ClockTrust
) -> None:
    assert machine(tmp_path, **signs).at().clock is trust


def test_kernel_is_asked_without_a_fault() -> None:
    assert SystemClock().trust() in set(facts.ClockTrust)


def test_machine_without_boot_id_counts_each_start_as_a_boot(tmp_path: Path) -> None:
    first, second = (SystemClock(boot_id=tmp_path / "none").at().boot for _ in range(2))
    assert first != second


def test_fixed_clock_moves_only_when_told() -> None:
    clock = FixedClock(NOW)
    before = clock.at()
    assert clock.at() == before
    clock.advance(2.5)
    assert clock.at().mono_ms == before.mono_ms + 2500
    assert clock.now() == NOW + timedelta(seconds=2.5)


def test_setting_the_wall_clock_leaves_the_monotonic_one_alone() -> None:
    clock = FixedClock(NOW)
    before = clock.mono()
    clock.set(NOW - timedelta(days=400))
    assert (clock.mono(), clock.at().wall) == (before, "2025-01-25T08:00:00.000Z")


def test_a_simulation_says_itself_how_far_its_clock_is_trusted(tmp_path: Path) -> None:
    (tmp_path / "synchronized").touch()
    doubted = SystemClock(timesync=tmp_path / "synchronized", assumed=facts.ClockTrust.UNSYNCED)
    assert doubted.at().clock is facts.ClockTrust.UNSYNCED


# -- a clock that is set ---------------------------------------------------------------------------------------------------


def test_time_that_only_passes_is_no_setting() -> None:
    clock, watch = FixedClock(NOW), ClockWatch()
    for seconds in (0.0, 1.0, 0.9, 3600.0):
        clock.advance(seconds)
        assert watch.look(clock.at()) is None


def test_a_jump_says_what_it_showed_and_what_is_right_at_one_instant() -> None:
    clock, watch = FixedClock(NOW, trust=facts.ClockTrust.UNSYNCED), ClockWatch()
    watch.look(clock.at())
    clock.advance(10)
    clock.set(NOW + timedelta(days=400))
    clock.trust = facts.ClockTrust.SYNCED
    found = watch.look(clock.at())
    assert found == facts.ClockSet(
        before=wall_text(NOW + timedelta(seconds=10)), after=wall_text(NOW + timedelta(days=400))
    )


def test_a_clock_that_was_right_and_becomes_synced_says_so_too() -> None:
    clock, watch = FixedClock(NOW, trust=facts.ClockTrust.RTC), ClockWatch()
    watch.look(clock.at())
    clock.advance(5)
    clock.trust = facts.ClockTrust.SYNCED
    found = watch.look(clock.at())
    assert found is not None
    assert found.before == found.after


def test_a_restart_is_no_setting() -> None:
    clock, watch = FixedClock(NOW), ClockWatch()
    watch.look(clock.at())
    clock.boot = "ff" * 16
    clock.set(NOW + timedelta(days=1))
    assert watch.look(clock.at()) is None


def test_the_gate_keeps_it_as_a_record() -> None:
    town = TestTown()
    assert town.gate.handle(ClockChanged(wall_text(NOW), wall_text(NOW + timedelta(days=1))))
    (body,) = town.journal.bodies(facts.Kind.CLOCK_SET)
    assert body == facts.ClockSet(before=wall_text(NOW), after=wall_text(NOW + timedelta(days=1)))
