"""A person stands once in a register, by any of the groups of fields that its declaration names."""

import pytest

from hub.accounts.roles import Role
from hub.errors import RefusedError
from hub.registers import catalogue
from hub.registers.declaration import read
from hub.registers.once import _rarest_first, _saying
from hub.registers.rows import Draft, Links
from tests.hub.registers.declared import declared, writer
from tests.hub.towns import Place

HOUSEHOLDS, PERSONS = catalogue.shipped()["households"], catalogue.shipped()["persons"]


def household(place: Place, address: str) -> Links:
    with declared(place, HOUSEHOLDS) as (connection, keeper):
        return Links(parent=keeper.add(connection, Draft({"address": address}), writer(place)).id)


def test_a_person_twice_is_one_clear_line(place: Place) -> None:
    one, other = household(place, "南村1号"), household(place, "南村2号")
    with declared(place, PERSONS, HOUSEHOLDS) as (connection, keeper):
        person = {"name": "王 小明", "kind": "resident", "phone": "13800000001"}
        row = keeper.add(connection, Draft(person, one), writer(place))
        with pytest.raises(RefusedError, match=r"^姓名 Name, 电话 Phone: there already, in row 1$"):
            keeper.add(connection, Draft({**person, "name": "王小明"}, other), writer(place))
        with pytest.raises(RefusedError, match=r"^姓名 Name: there already, in row 1$"):
            keeper.add(connection, Draft({"name": "王小明", "kind": "visitor"}, one), writer(place))
        keeper.add(connection, Draft({"name": "王小明", "kind": "visitor"}, other), writer(place))
        keeper.change(connection, row, Draft({**person, "kind": "stranded"}, one), writer(place), version=1)


def test_a_person_who_was_removed_may_be_written_down_again(place: Place) -> None:
    home = household(place, "南村1号")
    with declared(place, PERSONS, HOUSEHOLDS) as (connection, keeper):
        person = Draft({"name": "王小明", "kind": "resident"}, home)
        boss = writer(place, Role.SUPERVISOR)
        keeper.remove(connection, keeper.add(connection, person, boss), boss, version=1, why="moved away")
        assert keeper.add(connection, person, boss).number == 2


def test_of_a_list_two_rows_that_are_one_are_refused_as_a_whole(place: Place) -> None:
    home = household(place, "南村1号")
    with declared(place, PERSONS, HOUSEHOLDS) as (connection, keeper):
        drafts = [Draft({"name": name, "kind": "resident"}, home) for name in ("王小明", "李丽", "王小明")]
        with pytest.raises(RefusedError, match="姓名 Name: there already, in row 1"):
            keeper.add_all(connection, drafts, writer(place))
    with declared(place, HOUSEHOLDS) as (connection, homes), pytest.raises(RefusedError, match="门牌 Address: there"):
        homes.add_all(connection, [Draft({"address": "北村1号"}), Draft({"address": "北村 1号"})], writer(place))


def test_a_person_without_a_household_is_one_clear_line(place: Place) -> None:
    with declared(place, PERSONS, HOUSEHOLDS) as (connection, keeper):
        for wrong, links in (("none was named", Links()), ("'households': there is no row 99", Links(parent=99))):
            with pytest.raises(RefusedError, match=wrong):
                keeper.add(connection, Draft({"name": "王小明", "kind": "resident"}, links), writer(place))


@pytest.mark.parametrize(
    ("once", "wrong"),
    [
        ('[["nobody"]]', "once: no such field 'nobody'"),
        ('[["came_on"]]', "once: field came_on: expected one that rows are searched by, found date"),
        ('[["parent"]]', "once: parent: expected fields beside it"),
    ],
)
def test_a_group_is_made_of_fields_that_rows_are_searched_by(once: str, wrong: str) -> None:
    text = PERSONS.replace('[["id_number"], ["name", "phone"], ["name", "parent"]]', once)
    with pytest.raises(RefusedError, match=wrong):
        read(text)


def test_a_row_is_looked_for_by_what_is_rare_of_it_and_never_through_the_whole_register(place: Place) -> None:
    """An import asks it for each of its rows: a question through the register would make 100,000 rows take a day."""
    with declared(place, HOUSEHOLDS) as (connection, _):
        for group in (("id_number",), ("phone", "name"), ("name", "place"), ("parent", "name")):
            compiled = str(_saying(group)._statement.compile(dialect=connection.dialect))
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", ("x",) * compiled.count("?"))
            (of_rows,) = [step for *_, step in plan if "register_rows" in step]
            assert "PRIMARY KEY (rowid=?)" in of_rows or "(town=? AND parent=? AND register=?)" in of_rows
    persons = read(PERSONS)
    assert _rarest_first(persons, (("name", "x"), ("phone", "1"))) == ("phone", "name")
    assert _rarest_first(persons, (("name", "x"), ("parent", "1"))) == ("parent", "name")
