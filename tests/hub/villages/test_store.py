"""The plans of villages: kept, marked, checked; what is refused changes nothing, and the audit holds no household's name."""

import json

import pytest

from hub.destruction import erase
from hub.errors import RefusedError
from hub.map.plan import Plan
from hub.organisation import changes
from hub.villages import store
from hub.villages.marks import Mark, MarkKind, Said
from tests.hub.ledgers import table
from tests.hub.map.test_plan import geojson, png
from tests.hub.organisation.test_store import fill
from tests.hub.towns import NOW, Place

SQUARE = ((100.0, 100.0), (300.0, 100.0), (300.0, 250.0), (100.0, 250.0))
HOUSE = Said(MarkKind.HOUSEHOLD, "孙立国", ((500, 500),), need="dialysis", phone="13800138000", remark="每周三次")


def keep(place: Place, data: bytes, unit: str = "wangjia") -> Plan:
    with place.engine.begin() as connection:
        return store.keep(connection, town="demo", unit=unit, data=data, by="u-5", now=NOW)


def add(place: Place, said: Said) -> Mark:
    with place.engine.begin() as connection:
        found = store.find(connection, "demo", "wangjia")
        assert found is not None
        return store.add_mark(connection, town="demo", unit="wangjia", on=found.plan, said=said, by="u-5", now=NOW)


def marks(place: Place, *, households: bool = True) -> list[Mark]:
    with place.engine.begin() as connection:
        found = store.find(connection, "demo", "wangjia")
        assert found is not None
        return store.marks(connection, "demo", "wangjia", found.plan, households=households)


@pytest.fixture
def village(place: Place) -> Place:
    fill(place)
    keep(place, png(400, 300))
    return place


def test_a_plan_is_kept_for_a_unit_and_taken_away(village: Place) -> None:
    with village.engine.begin() as connection:
        assert store.every(connection, "demo").keys() == {"wangjia"}
        store.remove(connection, town="demo", unit="wangjia", by="u-5", now=NOW)
        assert store.find(connection, "demo", "wangjia") is None
        for act in (store.remove, store.check):
            with pytest.raises(RefusedError, match="plan: unit 'wangjia' has none"):
                act(connection, town="demo", unit="wangjia", by="u-5", now=NOW)
    with pytest.raises(RefusedError, match="expected a PNG or JPEG picture, or GeoJSON"):
        keep(village, b"nothing")
    with pytest.raises(RefusedError, match="there is no such unit"):
        keep(village, png(), "nowhere")
    with village.engine.begin() as connection:
        changes.close(connection, town="demo", id_="wangjia-2", by="u-5", now=NOW)
    with pytest.raises(RefusedError, match="it is closed"):
        keep(village, png(), "wangjia-2")


def test_marks_are_added_changed_and_taken_off(village: Place) -> None:
    one = add(village, Said(MarkKind.AREA, "一区", SQUARE, officer="王伟", grid="wangjia-g1"))
    two = add(village, Said(MarkKind.AREA, "二区", SQUARE, officer="李芳"))
    gate = add(village, Said(MarkKind.CHECKPOINT, "村口卡点", ((10, 20),), gate="east"))
    assert [each.colour for each in marks(village)] == [1, 2, 0]
    assert marks(village)[2].said.gate == "east"
    with village.engine.begin() as connection:
        found = store.find(connection, "demo", "wangjia")
        assert found is not None
        known = {"town": "demo", "unit": "wangjia", "on": found.plan, "by": "u-5", "now": NOW}
        changed = Said(MarkKind.AREA, "二区", SQUARE, officer="王伟")
        store.change_mark(connection, id_=two.id, said=changed, version=1, **known)  # type: ignore[arg-type]
        with pytest.raises(RefusedError, match="somebody else changed this mark"):
            store.change_mark(connection, id_=two.id, said=changed, version=1, **known)  # type: ignore[arg-type]
        with pytest.raises(RefusedError, match="mark 999: there is no such mark"):
            store.remove_mark(connection, id_=999, **known)  # type: ignore[arg-type]
        store.remove_mark(connection, id_=gate.id, **known)  # type: ignore[arg-type]
    assert [(each.id, each.colour) for each in marks(village)] == [(one.id, 1), (two.id, 1)]
    actions = [row["action"] for row in table(village, "audit")]
    assert actions[-3:] == ["mark added", "mark changed", "mark removed"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Said(MarkKind.CHECKPOINT, "卡点", ((1, 2),), gate="nowhere"), "gate 'nowhere': there is no such gate"),
        (Said(MarkKind.AREA, "一区", SQUARE, grid="west"), "unit 'west': it does not stand below 'wangjia'"),
        (Said(MarkKind.AREA, "一区", SQUARE, grid="nowhere"), "unit 'nowhere': there is no such unit"),
    ],
)
def test_a_mark_of_what_is_not_there_is_refused(village: Place, said: Said, why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        add(village, said)
    assert marks(village) == []


def test_households_are_shown_by_right_alone_and_never_stand_in_the_audit(village: Place) -> None:
    house = add(village, HOUSE)
    add(village, Said(MarkKind.SCHOOL, "小学", ((700, 100),)))
    assert [each.said.kind for each in marks(village, households=False)] == [MarkKind.SCHOOL]
    assert marks(village)[0].said == HOUSE
    with village.engine.begin() as connection:
        found = store.find(connection, "demo", "wangjia")
        assert found is not None
        store.remove_mark(connection, town="demo", unit="wangjia", on=found.plan, id_=house.id, by="u-5", now=NOW)
    said = json.dumps([row["detail"] for row in table(village, "audit")], ensure_ascii=False)
    left = json.dumps([str(row) for row in table(village, "plan_marks")], ensure_ascii=False)
    for secret in ("孙立国", "13800138000", "每周三次", "dialysis"):
        assert secret not in said
        assert secret not in left


def test_marks_on_a_picture_and_on_geojson_are_kept_apart(village: Place) -> None:
    add(village, Said(MarkKind.SCHOOL, "小学", ((700, 100),)))
    keep(village, geojson())
    assert marks(village) == []
    add(village, Said(MarkKind.SCHOOL, "小学", ((120.15, 36.85),)))
    keep(village, png())
    assert marks(village)[0].said.shape == ((700, 100),)


def test_a_plan_says_how_fresh_it_is(village: Place) -> None:
    later = NOW.replace(hour=9)
    with village.engine.begin() as connection:
        store.check(connection, town="demo", unit="wangjia", by="u-4", now=later)
        found = store.find(connection, "demo", "wangjia")
        assert found is not None
        assert (found.checked_by, found.checked_at[11:13], found.changed_at[11:13]) == ("u-4", "09", "04")


def test_at_the_operations_end_households_go_and_entrances_stay(village: Place) -> None:
    add(village, HOUSE)
    add(village, Said(MarkKind.AREA, "一区", SQUARE, officer="王伟", phone="13900139000", remark="夜班"))
    with village.engine.begin() as connection:
        first = erase.LISTS["village_plans"](connection, "demo")
        again = erase.LISTS["village_plans"](connection, "demo")
    assert (first["households"], again) == (1, {"households": 0, "rows": 0})
    (row,) = table(village, "plan_marks")
    assert (row["name"], row["officer"], row["phone"], row["remark"], row["colour"]) == ("一区", "", "", "", 1)
