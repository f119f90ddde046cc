"""The registers that come with the product, each by a row as officers write it, and the law that its rules hold to."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.errors import RefusedError
from hub.registers import catalogue, kept, store
from hub.registers.cells import Here, parse
from hub.registers.declaration import Register, read
from hub.registers.keeping import Keeper
from hub.registers.lapse import lapse
from hub.registers.rows import Draft, Links, RegisterRow
from hub.registers.rules import broken
from tests.hub.registers.declared import ZONE, later, writer
from tests.hub.towns import NOW, Place

ROWS: Mapping[str, Mapping[str, str]] = {
    "patrols": {"point": "南村桥头", "planned": "2026-03-01 13:00"},
    "turned_back": {"at": "2026-03-01 12:00", "plate": "鲁B12345", "reason": "未报备", "police": "否", "stub": "0001"},
    "disinfected_places": {
        "day": "2026-03-01", "place": "南村卫生室", "method": "喷洒", "agent": "含氯消毒片", "concentration": "500", "minutes": "30",
        "area": "120", "operator": "王小明", "checker": "李丽",
    },
    "isolated_households": {
        "door": "南村镇1号", "owner": "王小明", "reason": "密接", "notice": "南告〔2026〕1号", "begin": "2026-03-01", "days": "14",
    },
    "five_on_one": {"person": "王小明", "village": "南村", "reason": "返乡", "returned": "2026-03-01", "police": "李丽"},
    "supplies": {
        "at": "2026-03-01 12:00", "way": "入库", "item": "口罩", "spec": "N95", "quantity": "100", "measure": "只", "source": "自购",
        "handed_by": "甲", "received_by": "乙", "keeper": "丙",
    },
    "refuse": {"source": "隔离点", "kind": "感染性", "weight": "12.5", "bags": "4", "stored_at": "2026-03-01 08:00", "handler": "王小明"},
    "samples": {
        "box": "A-1", "kind": "咽拭子", "quantity": "200", "left_at": "2026-03-01 12:00", "left_place": "一区", "handed_by": "甲",
        "escort": "乙", "escort_2": "丙",
    },
    "notices": {
        "code": "南告〔2026〕1号", "party": "王小明", "matter": "居家隔离", "basis": "传染病防治法第58条", "scope": "本户", "begin": "2026-03-01",
        "until": "2026-03-15",
    },
    "receipts": {"document": "关于值守的通知", "sender": "指挥部", "receiver": "南村", "sent_at": "2026-03-01 08:00"},
    "requisition": {
        "code": "南征〔2026〕1号", "item": "帐篷", "quantity": "2", "owner": "王小明", "basis": "突发事件应对法第12条", "use": "卡口值守",
        "taken_at": "2026-03-01 08:00",
    },
    "complaints": {"at": "2026-03-01 08:00", "way": "来电", "matter": "不能回家取药"},
    "broadcasts": {"at": "2026-03-01 08:00", "place": "南村", "way": "大喇叭", "content": "凭证通行"},
    "questions": {"at": "2026-03-01 08:00", "way": "热线", "question": "何时解封？"},
    "commendations": {"day": "2026-03-01", "kind": "表扬", "person": "王小明", "facts": "连续值守"},
    "handovers": {"at": "2026-03-01 08:00", "team": "一班", "shift": "早班", "gives": "王小明"},
}  # fmt: skip


def row(id_: str, **more: str) -> dict[str, str]:
    return {**ROWS[id_], **more}


def drafted(register: Register, texts: Mapping[str, str], links: Links | None = None) -> Draft:
    here = Here(ZONE)
    values = {name: parse(register.field(name), text, here) for name, text in texts.items()}  # type: ignore[arg-type]
    return Draft({name: value for name, value in values.items() if value is not None}, links or Links(gate="east"))


@contextmanager
def shipped(place: Place, id_: str) -> Iterator[tuple[Connection, Keeper]]:
    with place.engine.begin() as connection:
        catalogue.add_shipped(connection, "demo", [id_], by="cli", now=NOW)
        yield connection, kept.keeper(connection, "demo", id_, ZONE, {})


def added(place: Place, connection: Connection, keeper: Keeper, texts: Mapping[str, str]) -> RegisterRow:
    return keeper.add(connection, drafted(keeper.register, texts), writer(place, Role.SUPERVISOR))


@pytest.mark.parametrize("id_", ROWS)
def test_a_row_as_officers_write_it_is_taken(place: Place, id_: str) -> None:
    with shipped(place, id_) as (connection, keeper):
        kept_row = added(place, connection, keeper, ROWS[id_])
        assert kept_row.state == keeper.register.first_state
        assert broken(keeper.register, kept_row.values, NOW) == ()


def test_every_shipped_register_names_the_law_by_which_it_ends_and_its_note_on_paper() -> None:
    for text in catalogue.shipped().values():
        register = read(text)
        assert register.end.law, register.id
        assert register.paper.note is not None, register.id
        assert register.about is not None, register.id


@pytest.mark.parametrize(
    ("id_", "changed", "wrong"),
    [
        ("disinfected_places", {"checker": "王小明"}, "操作人与监督人不能为同一人"),
        ("isolated_households", {"decided_until": "2026-03-10"}, "隔离超出决定的期限"),
        ("isolated_households", {"days": "61"}, "expected at most 60"),
        ("supplies", {"way": "出库", "source": ""}, "出库须填用途"),
        ("supplies", {"way": "出库", "use": "卡口", "source": ""}, "only 0 in stock"),
        ("supplies", {"source": ""}, "入库须填来源"),
        ("samples", {"escort_2": "乙"}, "承运人至少两人"),
        ("samples", {"escort_2": ""}, "承运人二 Second escort: required"),
        ("samples", {"came_at": "2026-03-01 07:00"}, "运抵早于启运"),
        ("refuse", {"handed_at": "2026-03-01 07:00"}, "交接早于暂存"),
        ("notices", {"until": "2026-02-01"}, "截止早于起始"),
        ("receipts", {"urgent": "是"}, "紧急文件须写明应签收的时分"),
        ("turned_back", {"reason": "其他"}, "“其他”时须填说明"),
        ("handovers", {"takes": "王小明"}, "交班人与接班人不能为同一人"),
    ],
)
def test_what_its_rules_forbid_is_refused(place: Place, id_: str, changed: dict[str, str], wrong: str) -> None:
    with shipped(place, id_) as (connection, keeper), pytest.raises(RefusedError, match=wrong):
        added(place, connection, keeper, row(id_, **changed))


@pytest.mark.parametrize(
    ("id_", "changed", "hours", "flags"),
    [
        ("refuse", {}, 47, []),
        ("refuse", {}, 49, ["two_days"]),
        ("refuse", {"kind": "生活"}, 49, []),
        ("samples", {"left_at": "2026-03-01 08:00"}, 1, []),
        ("samples", {"left_at": "2026-03-01 08:00"}, 3, ["temperature"]),
        (
            "samples",
            {"left_at": "2026-03-01 08:00", "came_at": "2026-03-01 09:00", "incident_at": "2026-03-01 08:30"},
            3,
            ["reported_in_time"],
        ),
        ("supplies", {"source": "捐赠"}, 0, ["donor_known"]),
    ],
)
def test_what_its_law_wants_otherwise_is_flagged(
    id_: str, changed: dict[str, str], hours: float, flags: list[str]
) -> None:
    register = read(catalogue.shipped()[id_])
    draft = drafted(register, row(id_, **changed))
    # NOW is half past twelve in the town
    now = NOW - timedelta(hours=4.5) + timedelta(hours=hours)
    assert [each.id for each in broken(register, draft.values, now)] == flags


def test_waste_is_due_two_days_after_it_was_stored_and_not_after_it_was_written_down(place: Place) -> None:
    with shipped(place, "refuse") as (connection, keeper):
        assert added(place, connection, keeper, ROWS["refuse"]).due_at == "2026-03-03T00:00:00.000Z"


def test_a_point_is_missed_and_a_household_released_by_themselves(place: Place) -> None:
    with shipped(place, "patrols") as (connection, keeper):
        point = added(place, connection, keeper, ROWS["patrols"])
        catalogue.add_shipped(connection, "demo", ["isolated_households"], by="cli", now=NOW)
        homes = kept.keeper(connection, "demo", "isolated_households", ZONE, {})
        home = added(place, connection, homes, ROWS["isolated_households"])
        assert lapse(connection, "demo", ZONE, later(60)) == [point.id]
        assert lapse(connection, "demo", ZONE, later(60 * 24 * 15)) == [home.id]
        assert [store.find(connection, "demo", each.id).state for each in (point, home)] == ["missed", "released"]  # type: ignore[union-attr]


def test_temperature_is_not_asked_for_until_the_town_does(place: Place) -> None:
    with shipped(place, "isolated_days") as (connection, keeper):
        homes = kept.keeper(connection, "demo", "isolated_households", ZONE, {})
        home = added(place, connection, homes, ROWS["isolated_households"])
        of_day = Links(parent=home.id, day="2026-03-02")
        with pytest.raises(RefusedError, match="this town does not ask for it"):
            keeper.add(connection, drafted(keeper.register, {"temperature": "36.5"}, of_day), writer(place))
        keeper.add(connection, drafted(keeper.register, {"wants": "米面"}, of_day), writer(place))
        with pytest.raises(RefusedError, match="there already"):
            keeper.add(connection, drafted(keeper.register, {"wants": "药"}, of_day), writer(place))
