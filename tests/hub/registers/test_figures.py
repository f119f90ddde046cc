"""Figures of registers for reports: the same come out again whatever is written later."""

from edge.contract.records import wall_text
from hub.registers import figures, store
from hub.registers.lapse import lapse
from hub.registers.rows import Draft
from tests.hub.registers.declared import ZONE, later, writer
from tests.hub.registers.test_shipped import ROWS, added, drafted, row, shipped
from tests.hub.towns import Place

START, END = (wall_text(later(minutes)) for minutes in (-60, 60 * 24))


def test_what_was_added_is_counted_by_day_and_in_all_by_kind_and_by_state(place: Place) -> None:
    with shipped(place, "refuse") as (connection, keeper):
        early = drafted(keeper.register, row("refuse", kind="生活"))
        keeper.add(connection, early, writer(place, now=later(-120)))
        added(place, connection, keeper, ROWS["refuse"])
        names = figures.names(connection, "demo")
        assert names["refuse"]["kinds"]["infectious"] == ["感染性", "Infectious"]
        last = figures.last_change(connection, "demo")
        found = figures.counted(connection, "demo", names, START, END, last)["refuse"]
        assert found["day"] == {"added": 1, "kinds": {"infectious": 1}, "states": {}}
        assert found["total"] == {"added": 2, "kinds": {"household": 1, "infectious": 1}, "states": {}}
        assert found["standing"] == {"stored": 2}


def test_later_changes_and_removals_change_no_figure_up_to_an_earlier_one(place: Place) -> None:
    with shipped(place, "patrols") as (connection, keeper):
        point = added(place, connection, keeper, ROWS["patrols"])
        lapse(connection, "demo", ZONE, later(60))
        names, last = figures.names(connection, "demo"), figures.last_change(connection, "demo")
        before = figures.counted(connection, "demo", names, START, END, last)
        assert before["patrols"]["day"]["states"] == {"missed": 1}
        assert before["patrols"]["standing"] == {"missed": 1}
        added(place, connection, keeper, ROWS["patrols"])
        now = store.known(connection, "demo", keeper.register, point.id)
        keeper.change(connection, now, Draft({**now.values, "point": "东桥"}), writer(place, now=later(61)), version=2)
        assert figures.counted(connection, "demo", names, START, END, last) == before
        after = figures.counted(connection, "demo", names, START, END, figures.last_change(connection, "demo"))
        assert after["patrols"]["day"]["added"] == 2


def test_a_register_without_rows_has_no_figures(place: Place) -> None:
    with shipped(place, "refuse") as (connection, _keeper):
        names = figures.names(connection, "demo")
        assert figures.counted(connection, "demo", names, START, END, 10) == {}
        assert figures.overdue(connection, "demo", END) == {}
