"""Pages of a register, by state, what is overdue, what names a crossing."""

from collections.abc import Callable
from functools import partial

from sqlalchemy import event
from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.registers import store
from hub.registers.rows import Draft, Links
from hub.registers.store import Asked
from tests.hub.registers.declared import FINDINGS, HOUSEHOLDS, declared, later, writer
from tests.hub.towns import Place


def test_a_list_goes_on_page_by_page(place: Place) -> None:
    with declared(place, FINDINGS) as (connection, keeper):
        keeper.add_all(connection, [Draft({"what": f"hole {n}"}) for n in range(5)], writer(place))
        first = store.page(connection, "demo", keeper.register, Asked(), Role.VIEWER, before=None, limit=3)
        rest = store.page(connection, "demo", keeper.register, Asked(), Role.VIEWER, before=first[-1].number, limit=3)
        assert [each.number for each in (*first, *rest)] == [5, 4, 3, 2, 1]
        every = store.every(connection, "demo", keeper.register, Asked(), Role.VIEWER)
        assert [each.values["what"] for each in every] == [f"hole {n}" for n in range(5)]


def test_rows_are_counted_by_state_and_overdue_ones_found(place: Place) -> None:
    with declared(place, FINDINGS) as (connection, keeper):
        old = keeper.add(connection, Draft({"what": "old", "until": "2026-02-27"}), writer(place))
        keeper.add(connection, Draft({"what": "new", "until": "2026-03-09"}), writer(place))
        done = keeper.add(connection, Draft({"what": "done"}), writer(place))
        keeper.move(connection, done, "fixed", writer(place), version=1, values={"fix": "filled"})
        assert store.count(connection, "demo", keeper.register, Asked(), Role.VIEWER).states == {"open": 2, "fixed": 1}
        overdue = store.overdue(connection, "demo", "2026-03-01T04:30:00.000Z", 10)
        assert [each.id for each in overdue] == [old.id]


def test_rows_are_found_by_what_they_are_bound_to(place: Place) -> None:
    with declared(place, FINDINGS) as (connection, keeper):
        bound = keeper.add(connection, Draft({"what": "x"}, Links(visit="ab" * 8, pass_id="cd" * 8)), writer(place))
        keeper.add(connection, Draft({"what": "y"}, Links(unit="u1")), writer(place, now=later(10)))
        assert store.of_visit(connection, "demo", "ab" * 8) == [bound] == store.of_pass(connection, "demo", "cd" * 8)
        asked = Asked(unit="u1")
        found = store.page(connection, "demo", keeper.register, asked, Role.VIEWER, before=None, limit=9)
        assert [each.values["what"] for each in found] == ["y"]
        asked = Asked(start="2026-03-01T04:35:00.000Z")
        assert len(store.page(connection, "demo", keeper.register, asked, Role.VIEWER, before=None, limit=9)) == 1


def test_rows_that_are_named_are_read_by_their_ids_and_those_of_one_row_by_it(place: Place) -> None:
    """However many rows the town's registers have."""

    def plans(connection: Connection, ask: Callable[[], object]) -> list[str]:
        asked: list[tuple[str, object]] = []

        def note(_connection: object, _cursor: object, statement: str, values: object, *_: object) -> None:
            asked.append((statement, values))

        event.listen(connection, "before_cursor_execute", note)
        ask()
        event.remove(connection, "before_cursor_execute", note)
        return [
            step
            for statement, values in asked
            for *_, step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type]
            if step.startswith(("SEARCH register_rows", "SCAN"))
        ]

    with declared(place, HOUSEHOLDS) as (connection, keeper):
        ids = [each.id for each in keeper.add_all(connection, [Draft({"door": "南村1号"})], writer(place))]
        named = list(range(40))
        by_ids = plans(connection, lambda: store.by_ids(connection, "demo", named))

        def found(asked: Asked) -> list[str]:
            page = partial(store.page, connection, "demo", keeper.register, asked, Role.ADMIN, before=None, limit=9)
            return plans(connection, page)

        searched, of_one = found(Asked(search="南村1号")), found(Asked(parent=ids[0]))
    assert by_ids == searched == ["SEARCH register_rows USING INTEGER PRIMARY KEY (rowid=?)"]
    assert of_one == ["SEARCH register_rows USING INDEX register_rows_parent (town=? AND parent=? AND register=?)"]
