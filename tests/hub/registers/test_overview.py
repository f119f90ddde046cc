"""How full and how fresh registers are."""

from hub.accounts.roles import Role
from hub.registers import declaration
from hub.registers.overview import Overview, overview
from hub.registers.rows import Draft
from tests.hub.registers.declared import FINDINGS, SUPPLIES, declared, writer
from tests.hub.towns import Place


def test_rows_are_counted_with_those_that_are_open_and_those_that_are_late(place: Place) -> None:
    with declared(place, SUPPLIES):
        pass
    with declared(place, FINDINGS) as (connection, keeper):
        keeper.add(connection, Draft({"what": "old", "until": "2026-02-27"}), writer(place))
        gone = keeper.add(connection, Draft({"what": "gone", "until": "2026-02-27"}), writer(place))
        keeper.remove(connection, gone, writer(place, Role.SUPERVISOR), version=1, why="twice")
        registers = [keeper.register, declaration.read(SUPPLIES)]
        figures = overview(connection, "demo", registers, "2026-03-01T04:30:00.000Z")
    assert figures["faults"] == Overview(1, 1, 1, "2026-03-01T04:30:00.000Z")
    assert figures["goods"] == Overview(0, None, 0, None)
