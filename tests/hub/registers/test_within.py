"""Whose a row is: its unit and gate, those of its parent, and what an account that is limited to a branch may write."""

from datetime import timedelta

import pytest
from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.errors import RefusedError
from hub.organisation.branch import Branch
from hub.registers import catalogue, kept, store
from hub.registers.checks import Writer
from hub.registers.keeping import Keeper
from hub.registers.rows import Draft, Links, RegisterRow
from tests.hub.registers.declared import ZONE
from tests.hub.towns import NOW, Place

EAST = Branch("wangjia", frozenset({"wangjia", "g1"}), frozenset({"east"}))
WHOLE, LIMITED = Writer("u-5", Role.ADMIN, NOW), Writer("u-4", Role.SUPERVISOR, NOW, EAST)


def keepers(connection: Connection, *ids: str) -> list[Keeper]:
    catalogue.add_shipped(connection, "demo", list(ids), by="cli", now=NOW)
    return [kept.keeper(connection, "demo", id_, ZONE, {}) for id_ in ids]


def household(keeper: Keeper, connection: Connection, door: str, writer: Writer = WHOLE, **links: str) -> RegisterRow:
    required = {each.id: door for each in keeper.register.typed if each.required}
    return keeper.add(connection, Draft({**required, "address": door}, Links(**links)), writer)  # type: ignore[arg-type]


def test_a_row_below_another_is_its_parents_units_and_moves_with_it(place: Place) -> None:
    with place.engine.begin() as connection:
        homes, persons = keepers(connection, "households", "persons")
        home = household(homes, connection, "1号", unit="wangjia")
        named = {each.id: "王伟" for each in persons.register.typed if each.required}
        first = persons.add(connection, Draft({**named, "name": "王伟"}, Links(parent=home.id)), WHOLE)
        own = persons.add(connection, Draft({**named, "name": "李丽"}, Links(parent=home.id, unit="g1")), WHOLE)
        assert first.links.unit == "wangjia"
        moved = Draft(home.values, Links(unit="lijia"))
        homes.change(connection, home, moved, WHOLE, version=home.version)
        found = store.by_ids(connection, "demo", [first.id, own.id])
        assert (found[first.id].links.unit, found[own.id].links.unit) == ("lijia", "g1")


def test_a_limited_account_writes_rows_of_its_branch_alone(place: Place) -> None:
    with place.engine.begin() as connection:
        homes, persons = keepers(connection, "households", "persons")
        assert household(homes, connection, "1号", LIMITED).links.unit == "wangjia", (
            "its highest unit, where none is named"
        )
        mine = household(homes, connection, "2号", LIMITED, unit="g1")
        other = household(homes, connection, "3号", unit="lijia")
        with pytest.raises(RefusedError, match="unit 'lijia': it is none of the branch"):
            household(homes, connection, "4号", LIMITED, unit="lijia")
        with pytest.raises(RefusedError, match="unit 'lijia': it is none of the branch"):
            homes.change(connection, mine, Draft(mine.values, Links(unit="lijia")), LIMITED, version=mine.version)
        with pytest.raises(RefusedError, match="there is no row"):
            homes.change(connection, other, Draft(other.values, other.links), LIMITED, version=other.version)
        with pytest.raises(RefusedError, match="there is no row"):
            homes.remove(connection, other, LIMITED, version=other.version, why="x")
        with pytest.raises(RefusedError, match="there is no row"):
            persons.add(connection, Draft({"name": "王伟"}, Links(parent=other.id, unit="wangjia")), LIMITED)


def test_a_limited_account_names_no_gate_and_no_crossing_of_others(place: Place) -> None:
    with place.engine.begin() as connection:
        (found,) = keepers(connection, "turned_back")
        values = {each.id: "x" for each in found.register.typed if each.required}
        with pytest.raises(RefusedError, match="gate 'west': it is none of the branch"):
            found.add(connection, Draft(values, Links(gate="west")), LIMITED)
        with pytest.raises(RefusedError, match="visit 'ff': there is none"):
            found.add(connection, Draft(values, Links(gate="east", visit="ff")), LIMITED)


def test_a_limited_account_takes_no_more_out_of_stock_than_its_branch_has(place: Place) -> None:
    with place.engine.begin() as connection:
        (supplies,) = keepers(connection, "supplies")
        base = {each.id: each.id for each in supplies.register.typed if each.required}
        base |= {"item": "口罩", "spec": "盒", "source": "bought", "use": "x"}
        at = {"at": (NOW - timedelta(hours=1)).isoformat()} if supplies.register.field("at") else {}

        def booked(way: str, quantity: float, unit: str, writer: Writer) -> None:
            supplies.add(connection, Draft({**base, **at, "way": way, "quantity": quantity}, Links(unit=unit)), writer)

        booked("in", 50, "lijia", WHOLE)
        booked("in", 5, "wangjia", LIMITED)
        with pytest.raises(RefusedError, match="only 5 in stock"):
            booked("out", 6, "wangjia", LIMITED)
        booked("out", 5, "g1", LIMITED)
