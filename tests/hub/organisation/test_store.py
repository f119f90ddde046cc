"""The tree of units: read in its order, searched, narrowed to a branch."""

import pytest
from sqlalchemy import select

from hub.database.schema import gates
from hub.errors import RefusedError
from hub.organisation import changes, store
from hub.organisation.units import Said, Unit
from tests.hub.towns import NOW, Place

TREE = (
    Said("town", "大集镇", "Daji", id="daji"),
    Said("area", "城东管区", "East area", parent="daji", id="east", position=2),
    Said("area", "城西管区", "West area", parent="daji", id="west", position=1),
    Said("village", "王家村", "Wangjia", parent="east", id="wangjia"),
    # its id begins as the other's does: its path is no part of that one's branch
    Said("village", "王家庄", "Wangjiazhuang", parent="east", id="wangjia-2", position=1),
    Said("grid", "第一网格", "Grid 1", parent="wangjia", id="wangjia-g1", remark="北至大沽河"),
)


def fill(place: Place) -> None:
    with place.engine.begin() as connection:
        for said in TREE:
            changes.add(connection, town="demo", said=said, by="u-5", now=NOW)


def unit(place: Place, id_: str) -> Unit:
    with place.engine.begin() as connection:
        return store.known(connection, "demo", id_)


def test_the_tree_is_read_with_each_unit_before_those_below_it(place: Place) -> None:
    fill(place)
    with place.engine.begin() as connection:
        tree = [each.id for each in store.every(connection, "demo")]
        branch = [each.id for each in store.every(connection, "demo", under=store.find(connection, "demo", "east"))]
        elsewhere = store.every(connection, "other")
    assert tree == ["daji", "west", "east", "wangjia", "wangjia-g1", "wangjia-2"]
    assert branch == ["east", "wangjia", "wangjia-g1", "wangjia-2"]
    assert elsewhere == []
    assert unit(place, "wangjia-g1").path == "daji/east/wangjia/wangjia-g1/"
    assert unit(place, "wangjia-g1").depth == 3


def test_a_list_is_narrowed_to_a_branch(place: Place) -> None:
    fill(place)
    with place.engine.begin() as connection:
        for gate, belongs in (("east", "wangjia-g1"), ("south", "wangjia-2"), ("west", "west")):
            changes.put_gate(connection, town="demo", gate=gate, unit=belongs, by="u-5", now=NOW)

        def of(id_: str) -> list[str]:
            which = store.branch(gates.c.unit, "demo", store.known(connection, "demo", id_))
            return sorted(connection.execute(select(gates.c.gate).where(which)).scalars())

        assert of("daji") == ["east", "south", "west"]
        assert of("east") == ["east", "south"]
        assert of("wangjia") == ["east"]
        assert of("wangjia-2") == ["south"]
        assert store.gates_of(connection, "demo", store.known(connection, "demo", "west")) == ["west"]
        everything = store.every(connection, "demo")
        assert store.with_all_below(everything, store.count_gates(connection, "demo"))["daji"] == 3


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("王家", ["wangjia", "wangjia-2"]),
        ("EAST", ["east"]),
        ("大沽河", ["wangjia-g1"]),
        ("-g1", ["wangjia-g1"]),
        ("100%", []),
        ("  ", []),
    ],
)
def test_units_are_found_by_any_part_of_their_names(place: Place, text: str, found: list[str]) -> None:
    fill(place)
    with place.engine.begin() as connection:
        assert sorted(each.id for each in store.search(connection, "demo", text)) == found


def test_a_search_within_a_branch_finds_nothing_beyond_it(place: Place) -> None:
    fill(place)
    with place.engine.begin() as connection:
        under = store.known(connection, "demo", "west")
        assert store.search(connection, "demo", "王家", under=under) == []


def test_units_are_named_in_the_readers_language(place: Place) -> None:
    fill(place)
    with place.engine.begin() as connection:
        changes.add(
            connection, town="demo", said=Said("village", zh="李家村", parent="west", id="lijia"), by="u-5", now=NOW
        )
        assert store.names(connection, "demo", ["east", None, "gone"], language="en") == {"east": "East area"}
        assert store.names(connection, "demo", language="en")["lijia"] == "李家村"
        found = store.known(connection, "demo", "wangjia")
        assert store.full_name(connection, "demo", found) == "大集镇 / 城东管区 / 王家村"
        assert store.full_name(connection, "demo", found, language="en") == "Daji / East area / Wangjia"


def test_an_unknown_unit_is_named(place: Place) -> None:
    with place.engine.begin() as connection, pytest.raises(RefusedError, match="unit 'nowhere': there is no such unit"):
        store.known(connection, "demo", "nowhere")
