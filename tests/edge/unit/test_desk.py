"""What the kiosk may ask of the gate, asked of a unit whose loops rest."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.contract.facts import Kind
from edge.contract.records import new_visit
from edge.journal.file import JournalError
from edge.journal.outbox import Outbox
from edge.kiosk import Known
from edge.lane.events import TankChanged
from edge.unit.desk import KNOWN
from edge.unit.unit import Unit
from tests.edge.journals import OPENED, keep_visit
from tests.edge.unit.units import answer_all, resting_unit


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    with resting_unit(tmp_path / "east") as unit:
        yield unit


def visits(unit: Unit, *plates: str) -> None:
    assert isinstance(unit.journal, Outbox)
    for plate in plates:
        keep_visit(unit.journal, plate)


def test_the_page_is_told_which_gate_it_stands_at(unit: Unit) -> None:
    assert (unit.desk.town, unit.desk.gate_id) == ("demo", "east")
    assert unit.desk.policy() is not None


def test_the_vehicles_that_were_here_last_are_known_each_once_the_latest_first(unit: Unit) -> None:
    visits(unit, "鲁B1", "鲁B2", "鲁B1", "鲁B3")
    assert unit.desk.known() == (Known("鲁B3", "resident"), Known("鲁B1", "resident"), Known("鲁B2", "resident"))


def test_a_vehicle_that_was_here_long_ago_is_typed_again(unit: Unit) -> None:
    visits(unit, "鲁B1", *["鲁B2"] * KNOWN)
    assert unit.desk.known() == (Known("鲁B2", "resident"),)


def test_places_that_were_typed_in_this_operation_are_offered_again_and_those_of_another_are_not(unit: Unit) -> None:
    assert isinstance(unit.journal, Outbox)
    policy = unit.desk.policy()
    assert policy is not None
    for operation, place in ((policy.operation.id, "莱西"), ("op-of-last-year", "平度")):
        body = OPENED.model_copy(update={"operation": operation})
        private = {"plate": "鲁B1", "origin": place, "driver": "王磊"}
        unit.journal.keep(Kind.VISIT_OPENED, visit=new_visit(), lane="1", body=body, private=private)
    assert unit.desk.typed_before() == {"origin": ("莱西",), "destination": (), "purpose": ()}


def test_a_journal_that_cannot_be_read_knows_no_vehicle_and_breaks_no_page(
    unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise JournalError("journal.db: disk I/O error")

    monkeypatch.setattr(unit.journal, "recent", broken)
    assert unit.desk.known() == ()
    assert not any(unit.desk.typed_before().values())


def test_a_camera_that_delivers_nothing_is_no_picture_and_not_ok(unit: Unit) -> None:
    assert unit.desk.look("1") is None
    assert unit.desk.look("no such lane") is None
    assert unit.desk.picture("1") is None
    assert unit.desk.hint("1") is None
    assert not unit.desk.news().camera


def test_the_news_are_those_of_link_journal_and_lists(unit: Unit) -> None:
    visits(unit, "鲁B1")
    news = unit.desk.news()
    assert (news.connected, news.hub_online, news.ack_age) == (False, False, None)
    assert news.backlog == 2, "a visit that was opened and closed"
    assert (news.policy, news.passlist, news.inside) == (1, 1, 0)
    assert news.lists_received is not None
    assert news.disk_free is not None


def test_a_tank_is_known_only_where_a_switch_is_fitted(unit: Unit, tmp_path: Path) -> None:
    assert unit.desk.news().tank is None
    with resting_unit(tmp_path / "west", more="[lanes.pins]\ntank = 25\n") as fitted:
        answer_all(fitted)
        assert fitted.desk.news().tank is not None
        for low in (True, False):
            fitted.gate.handle(TankChanged("1", low=low))
            assert fitted.desk.news().tank is not low
