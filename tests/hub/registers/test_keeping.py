"""Rows of registers: added, changed, moved, removed, each with its history and its line of the audit, and what is refused."""

import json

import pytest
from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.errors import RefusedError
from hub.registers import history, store
from hub.registers.checks import Writer
from hub.registers.rows import Draft, Links, RegisterRow
from tests.hub.ledgers import table
from tests.hub.registers.declared import FINDINGS, HOME_DAYS, HOUSEHOLDS, SUPPLIES, declared, later, writer
from tests.hub.towns import NOW, Place

HOME = Draft({"door": "南村镇1号", "owner": "王小明", "begin": "2026-03-01", "length": 14}, Links(unit="u1"))


def test_a_row_is_kept_with_its_personal_values_apart(place: Place) -> None:
    with declared(place, HOUSEHOLDS) as (connection, keeper):
        row = keeper.add(connection, HOME, writer(place))
        assert row.values == HOME.values
        assert (row.number, row.version, row.links.unit) == (1, 1, "u1")
    (kept,) = table(place, "register_rows")
    assert json.loads(kept["private"]) == {"door": "南村镇1号", "owner": "王小明"}
    assert "王小明" not in kept["facts"]


def test_the_audit_names_fields_and_no_personal_value(place: Place) -> None:
    with declared(place, HOUSEHOLDS) as (connection, keeper):
        row = keeper.add(connection, HOME, writer(place))
        after = {**HOME.values, "owner": "李丽", "length": 7}
        keeper.change(connection, row, Draft(after, row.links), writer(place), version=1, why="wrong name")
    added, changed = table(place, "audit")[-2:]
    assert (added["object"], changed["action"]) == (f"registers/homes/{row.id}", "register row changed")
    assert "王小明" not in added["detail"] + changed["detail"]
    assert json.loads(changed["detail"]) == {
        "fields": "length, owner", "state": "", "before": {"length": 14}, "after": {"length": 7}, "reason": "wrong name",
    }  # fmt: skip


def test_the_history_of_a_row_says_everything_before_and_after(place: Place) -> None:
    with declared(place, HOUSEHOLDS) as (connection, keeper):
        row = keeper.add(connection, HOME, writer(place))
        changed = keeper.change(
            connection, row, Draft({**HOME.values, "owner": "李丽"}, row.links), writer(place, now=later(5)), version=1
        )
        steps = history.of(connection, "demo", row.id)
        assert [(each.what, each.version) for each in steps] == [("added", 1), ("changed", 2)]
        assert steps[1].values == {"owner": ("王小明", "李丽")}
        assert changed.version == 2


def test_of_two_who_change_a_row_the_second_changes_nothing(place: Place) -> None:
    with declared(place, HOUSEHOLDS) as (connection, keeper):
        row = keeper.add(connection, HOME, writer(place))
        row = keeper.change(connection, row, Draft({**HOME.values, "length": 7}, row.links), writer(place), version=1)
        with pytest.raises(RefusedError, match="changed by somebody else"):
            keeper.change(connection, row, HOME, writer(place), version=1)


def test_a_form_that_changes_nothing_leaves_no_trace(place: Place) -> None:
    with declared(place, HOUSEHOLDS) as (connection, keeper):
        row = keeper.add(connection, HOME, writer(place))
        assert keeper.change(connection, row, HOME, writer(place), version=1) == row
        assert len(history.of(connection, "demo", row.id)) == 1


@pytest.mark.parametrize(
    ("draft", "wrong"),
    [
        (Draft({"owner": "王小明"}), "门牌 Door: required"),
        (Draft({**HOME.values, "card": "11010519491231002X"}), "身份证 Card: this town does not ask for it"),
    ],
)
def test_what_is_missing_or_not_asked_is_refused(place: Place, draft: Draft, wrong: str) -> None:
    with declared(place, HOUSEHOLDS) as (connection, keeper), pytest.raises(RefusedError, match=wrong):
        keeper.add(connection, draft, writer(place))
    assert table(place, "register_rows") == []


def test_what_is_unique_is_not_kept_twice(place: Place) -> None:
    with declared(place, HOUSEHOLDS) as (connection, keeper):
        keeper.add(connection, HOME, writer(place))
        with pytest.raises(RefusedError, match="门牌 Door: there already, in row 1"):
            keeper.add(connection, Draft({"door": "南村镇 1 号"}), writer(place))


def test_a_daily_row_belongs_to_a_parent_and_stands_once_a_day(place: Place) -> None:
    with declared(place, HOUSEHOLDS) as (connection, homes):
        home = homes.add(connection, HOME, writer(place))
    with declared(place, HOME_DAYS) as (connection, days):
        day = Draft({"people": 3, "heat": 36.5}, Links(parent=home.id, day="2026-03-01"))
        days.add(connection, day, writer(place))
        days.add(connection, Draft({"people": 4}, Links(parent=home.id, day="2026-03-02")), writer(place))
        for wrong, links in (
            ("日期 Day: there already, in row 1", day.links),
            ("none was named", Links(day="2026-03-01")),
            ("there is no row 999", Links(parent=999, day="2026-03-01")),
            ("a row is for one day", Links(parent=home.id)),
        ):
            with pytest.raises(RefusedError, match=wrong):
                days.add(connection, Draft({"people": 1}, links), writer(place))
        children = store.children(connection, "demo", homes.register, [home])[home.id]
        assert (children.counts["home_days", None], children.sums["home_days", "people"]) == (2, 7)


def test_no_more_goes_out_than_is_in_stock(place: Place) -> None:
    with declared(place, SUPPLIES) as (connection, keeper):
        came = keeper.add(connection, Draft({"item": "口罩", "way": "in", "count": 10}), writer(place))
        keeper.add(connection, Draft({"item": "口罩", "way": "out", "count": 7}), writer(place))
        with pytest.raises(RefusedError, match="数量 Count: only 3 in stock"):
            keeper.add(connection, Draft({"item": "口罩", "way": "out", "count": 4}), writer(place))
        with pytest.raises(RefusedError, match="only -7 in stock"):
            keeper.remove(connection, came, writer(place, Role.SUPERVISOR), version=1, why="typed twice")
        with pytest.raises(RefusedError, match="only -7 in stock"):
            keeper.change(connection, came, Draft({"item": "口罩", "way": "in", "count": 6}), writer(place), version=1)
        assert store.children(connection, "demo", keeper.register, [came])[came.id].stock == 3


def test_a_finding_goes_its_way_and_another_closes_it(place: Place) -> None:
    boss = writer(place, Role.SUPERVISOR)
    with declared(place, FINDINGS) as (connection, keeper):
        row = keeper.add(connection, Draft({"what": "a hole", "until": "2026-03-02"}), boss)
        assert (row.state, row.due_at) == ("open", "2026-03-02T16:00:00.000Z")
        with pytest.raises(RefusedError, match="整改 Fix: needed for this step"):
            keeper.move(connection, row, "fixed", boss, version=1)
        with pytest.raises(RefusedError, match="from 'open' it can't become 'closed'"):
            keeper.move(connection, row, "closed", boss, version=1)
        row = keeper.move(connection, row, "fixed", boss, version=1, values={"fix": "filled"})
        with pytest.raises(RefusedError, match="somebody else must decide this"):
            keeper.move(connection, row, "closed", boss, version=2)
        with pytest.raises(RefusedError, match="your role may not do this step"):
            keeper.move(connection, row, "closed", writer(place), version=2)
        row = keeper.move(connection, row, "closed", writer(place, Role.ADMIN), version=2)
        assert (row.state, row.due_at) == ("closed", None)


def test_a_row_that_is_removed_stays_with_the_reason(place: Place) -> None:
    with declared(place, HOUSEHOLDS) as (connection, keeper):
        row = keeper.add(connection, HOME, writer(place))
        with pytest.raises(RefusedError, match="your role may not remove rows"):
            keeper.remove(connection, row, writer(place), version=1, why="typed twice")
        with pytest.raises(RefusedError, match="give a reason"):
            keeper.remove(connection, row, writer(place, Role.SUPERVISOR), version=1, why=" ")
        row = keeper.remove(connection, row, writer(place, Role.SUPERVISOR), version=1, why="typed twice")
        assert (row.removed_at is not None, row.removed_why) == (True, "typed twice")
        asked = store.Asked()
        assert store.page(connection, "demo", keeper.register, asked, Role.ADMIN, before=None, limit=9) == []
        keeper.add(connection, HOME, writer(place))


def test_a_hook_of_a_register_sees_what_was_kept_and_may_refuse_it(place: Place) -> None:
    class NoSunday:
        """Refuses what is begun on the first of March."""

        kept_rows = 0

        def kept(self, connection: Connection, row: RegisterRow, before: RegisterRow | None, writer: Writer) -> None:
            """Counts, and refuses the second."""
            if before is not None:
                raise RefusedError("no")
            self.kept_rows += 1

    hook = NoSunday()
    with declared(place, HOUSEHOLDS, hook=hook) as (connection, keeper):
        row = keeper.add(connection, HOME, writer(place))
        assert hook.kept_rows == 1
        with pytest.raises(RefusedError, match="no"):
            keeper.change(connection, row, Draft({"door": "2"}), writer(place), version=1)


def test_who_may_not_write_writes_nothing(place: Place) -> None:
    with declared(place, HOUSEHOLDS) as (connection, keeper), pytest.raises(RefusedError, match="may not write"):
        keeper.add(connection, HOME, Writer(place.users[Role.VIEWER], Role.VIEWER, NOW))
