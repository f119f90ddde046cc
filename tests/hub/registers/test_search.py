"""Any part of a value finds its row; a value that a reader sees masked finds it only as a whole."""

from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.database.statements import Often
from hub.registers import catalogue, search, store
from hub.registers.rows import Draft
from hub.registers.store import Asked
from tests.hub.registers.declared import HOUSEHOLDS, declared, writer
from tests.hub.towns import Place


def numbers(place: Place, text: str, role: Role) -> list[int]:
    with declared(place, HOUSEHOLDS) as (connection, keeper):
        found = store.page(connection, "demo", keeper.register, Asked(search=text), role, before=None, limit=9)
        return [each.number for each in found]


def saying(connection: Connection, phone: str) -> list[int]:
    said = {search.said("phone"): search.ending(phone)}
    return [row for (row,) in Often(search.saying("phone"))(connection, town="demo", register="households", **said)]


def test_a_part_finds_what_the_reader_sees_and_only_the_whole_what_is_masked(place: Place) -> None:
    with declared(place, HOUSEHOLDS) as (connection, keeper):
        row = keeper.add(connection, Draft({"door": "南村镇1号", "owner": "王小明"}), writer(place))
        keeper.add(connection, Draft({"door": "北村2号", "owner": "李丽"}), writer(place))
    assert numbers(place, "小明", Role.OFFICER) == [1]
    assert numbers(place, "小明", Role.VIEWER) == []
    assert numbers(place, "王小明", Role.VIEWER) == [1]
    assert numbers(place, "村", Role.ADMIN) == [], "an address is masked for every role"
    assert numbers(place, "北村２号", Role.ADMIN) == [2]
    with declared(place, HOUSEHOLDS) as (connection, keeper):
        keeper.change(connection, row, Draft({"door": "3", "owner": "张三"}, row.links), writer(place), version=1)
    assert numbers(place, "小明", Role.OFFICER) == []
    assert numbers(place, "张", Role.OFFICER) == [1]


def test_each_of_several_plates_finds_its_row_and_counts_as_a_whole(place: Place) -> None:
    persons = catalogue.shipped()["households"].replace('type = "phone"', 'type = "plates"')
    with declared(place, persons) as (connection, keeper):
        row = keeper.add(connection, Draft({"address": "1", "phone": "鲁B12345、B12345"}), writer(place))
        for plate in ("鲁B12345", "B12345"):
            assert saying(connection, plate) == [row.id]
        assert saying(connection, "12345") == []
