"""A disk that fills up: a warning at 80 %, closed before the journal breaks, open again by itself, ballast to say so."""

from pathlib import Path

import pytest

from edge.contract.alarms import CLOSED
from edge.contract.facts import Kind
from edge.journal.disk_space import BALLAST_BYTES, NEEDED, REOPEN, Ballast, Disk, Room, judge, measure
from edge.lane.events import Registered, RoomChanged
from tests.edge.gates import TestTown

TOTAL = 1 << 30


@pytest.mark.parametrize(
    ("free", "before", "after"),
    [
        (TOTAL // 2, Room.ENOUGH, Room.ENOUGH),
        (TOTAL // 5 + 1, Room.ENOUGH, Room.ENOUGH),
        (TOTAL // 5 - 1, Room.ENOUGH, Room.FILLING),
        (NEEDED, Room.FILLING, Room.FILLING),
        (NEEDED - 1, Room.FILLING, Room.CLOSED),
        (NEEDED + BALLAST_BYTES, Room.CLOSED, Room.CLOSED),
        (REOPEN - 1, Room.CLOSED, Room.CLOSED),
        (REOPEN, Room.CLOSED, Room.FILLING),
    ],
)
def test_room_is_judged_with_a_gap_between_closing_and_opening(free: int, before: Room, after: Room) -> None:
    assert judge(Disk(free, TOTAL), before) is after


def test_the_ballast_has_real_blocks_and_gives_them_back(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path, 1 << 20)
    assert not ballast.aboard
    assert ballast.take()
    assert ballast.aboard
    assert (tmp_path / "ballast").stat().st_blocks * 512 >= 1 << 20
    assert ballast.take(), "again is nothing new"
    ballast.give_up()
    assert not ballast.aboard
    assert measure(tmp_path).free > 0


def test_a_disk_without_room_for_the_ballast_is_no_error(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "nowhere")
    assert not ballast.take()


def test_without_room_nobody_is_judged_and_the_screen_says_why_until_there_is_room() -> None:
    town = TestTown()
    town.arrive()
    assert town.gate.handle(RoomChanged("1 of 100 MiB are free"))
    assert town.gate.view.fault == "1 of 100 MiB are free"
    assert CLOSED in town.gate.view.alarms
    assert not town.gate.handle(Registered("1", "鲁B12345", "resident"))
    assert town.journal.bodies(Kind.VISIT_OPENED) == []
    assert "raise" not in town.log
    town.gate.handle(RoomChanged(None))
    assert town.gate.view.fault is None
    assert CLOSED not in town.gate.view.alarms
    assert town.gate.handle(Registered("1", "鲁B12345", "resident"))
    assert len(town.journal.bodies(Kind.VISIT_OPENED)) == 1


def test_who_is_at_the_lane_when_it_closes_goes_on() -> None:
    town = TestTown()
    town.arrive()
    town.gate.handle(Registered("1", "鲁B12345", "resident"))
    town.gate.handle(RoomChanged("full"))
    from edge.lane.events import AdmitPressed, DisinfectedPressed

    town.gate.handle(AdmitPressed("1"))
    town.gate.handle(DisinfectedPressed("1"))
    town.drive_through()
    assert len(town.journal.bodies(Kind.VISIT_CLOSED)) == 1
