"""Changes to the tree: what is refused changes nothing, what is done stands in the audit with before and after."""

import json
from typing import Any

import pytest

from hub.accounts import store as accounts
from hub.accounts.roles import Role
from hub.database.schema import users
from hub.errors import RefusedError
from hub.organisation import changes, store
from hub.organisation.units import Said
from tests.hub.ledgers import table
from tests.hub.organisation.test_store import fill, unit
from tests.hub.towns import NOW, Place


def paths(place: Place) -> dict[str, str]:
    with place.engine.begin() as connection:
        return {each.id: each.path for each in store.every(connection, "demo", closed=True)}


def last_note(place: Place) -> tuple[str, str, dict[str, Any]]:
    row = table(place, "audit")[-1]
    return row["action"], row["object"], json.loads(row["detail"])


def change(place: Place, id_: str, said: Said, version: int | None = None) -> None:
    with place.engine.begin() as connection:
        changes.change(connection, town="demo", id_=id_, said=said, version=version, by="u-5", now=NOW)


def close(place: Place, id_: str) -> None:
    with place.engine.begin() as connection:
        changes.close(connection, town="demo", id_=id_, by="u-5", now=NOW)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Said("village", "新村", parent="nowhere"), "parent 'nowhere': there is no such unit"),
        (Said("hamlet", "新村", parent="east"), "level 'hamlet': expected one of town, area, village, grid, micro"),
        (Said("area", "新村", parent="east", id="n"), "unit 'n': level 'area' does not stand below 'area'"),
        (
            Said("village", "王家村", parent="east"),
            "unit '王家村': 'wangjia' has this name already under the same parent",
        ),
        (Said("village", "新村", "Wangjia", parent="east"), "'wangjia' has this name already"),
        (Said("village", "新村", parent="east", id="wangjia"), "unit 'wangjia': there is one already"),
        (Said("village", "新村", parent="east", id="Wang Jia"), "unit 'Wang Jia': expected 1 to 32 of"),
        (Said("village", "新村", parent="east", id="a/b"), "unit 'a/b': expected 1 to 32 of"),
        (Said("village", "  ", parent="east"), "unit: expected a name, found nothing"),
        (Said("village", "村" * 61, parent="east"), "expected a name of at most 60 visible characters"),
        (Said("village", "新\u202e村", parent="east"), "expected a name of at most 60 visible characters"),
        (Said("village", "新村", parent="east", position=-1), "order: expected 0 to"),
        (Said("village", "新村", parent="east", remark="x" * 2000), "remark: expected at most"),
    ],
)
def test_a_unit_that_cannot_stand_there_is_refused_and_nothing_changes(place: Place, said: Said, why: str) -> None:
    fill(place)
    before, audited = paths(place), len(table(place, "audit"))
    with pytest.raises(RefusedError, match=why), place.engine.begin() as connection:
        changes.add(connection, town="demo", said=said, by="u-5", now=NOW)
    assert paths(place) == before
    assert len(table(place, "audit")) == audited


def test_a_unit_without_an_id_is_given_one(place: Place) -> None:
    fill(place)
    with place.engine.begin() as connection:
        one = changes.add(connection, town="demo", said=Said("village", "新村", parent="west"), by="u-5", now=NOW)
        two = changes.add(connection, town="demo", said=Said("village", "旧村", parent="west"), by="u-5", now=NOW)
    assert (one.id, two.id) == ("unit-7", "unit-8")


def test_the_same_name_under_another_parent_is_another_unit(place: Place) -> None:
    fill(place)
    with place.engine.begin() as connection:
        changes.add(connection, town="demo", said=Said("village", "王家村", parent="west"), by="u-5", now=NOW)


def test_a_unit_is_moved_with_its_whole_branch(place: Place) -> None:
    fill(place)
    change(place, "wangjia", Said("village", "王家村", "Wangjia", parent="west"))
    assert paths(place) == {
        "daji": "daji/",
        "east": "daji/east/",
        "west": "daji/west/",
        "wangjia": "daji/west/wangjia/",
        "wangjia-g1": "daji/west/wangjia/wangjia-g1/",
        "wangjia-2": "daji/east/wangjia-2/",
    }
    action, object_, detail = last_note(place)
    assert (action, object_) == ("unit changed", "organisation/wangjia")
    assert detail == {"before": {"parent": "east"}, "after": {"parent": "west"}}


def test_no_unit_stands_below_itself(place: Place) -> None:
    fill(place)
    for parent in ("east", "wangjia", "wangjia-g1"):
        with pytest.raises(RefusedError, match="can't stand below itself"):
            change(place, "east", Said("area", "城东管区", "East area", parent=parent))
    assert paths(place)["east"] == "daji/east/"


def test_a_level_stays_above_those_of_the_units_below(place: Place) -> None:
    fill(place)
    with pytest.raises(RefusedError, match="does not stand above 'grid'"):
        change(place, "wangjia", Said("micro", "王家村", "Wangjia", parent="east"))
    assert unit(place, "wangjia").level == "village"


def test_of_two_forms_for_one_version_the_second_is_refused(place: Place) -> None:
    fill(place)
    change(place, "wangjia", Said("village", "王家新村", parent="east"), version=1)
    with pytest.raises(RefusedError, match="somebody else changed this unit"):
        change(place, "wangjia", Said("village", "王家老村", parent="east"), version=1)
    assert unit(place, "wangjia").zh == "王家新村"


def test_a_unit_closes_after_those_below_it_and_opens_again(place: Place) -> None:
    fill(place)
    with pytest.raises(RefusedError, match="unit 'wangjia': 1 units below it are open"):
        close(place, "wangjia")
    close(place, "wangjia-g1")
    close(place, "wangjia")
    with pytest.raises(RefusedError, match="closed already"):
        close(place, "wangjia")
    assert last_note(place)[0] == "unit closed"
    with place.engine.begin() as connection:
        assert "wangjia" not in {each.id for each in store.every(connection, "demo")}
        with pytest.raises(RefusedError, match="parent 'wangjia': it is closed"):
            changes.reopen(connection, town="demo", id_="wangjia-g1", by="u-5", now=NOW)
        changes.reopen(connection, town="demo", id_="wangjia", by="u-5", now=NOW)
        with pytest.raises(RefusedError, match="it is open"):
            changes.reopen(connection, town="demo", id_="wangjia", by="u-5", now=NOW)


def test_what_belongs_to_a_unit_keeps_it_open(place: Place) -> None:
    fill(place)
    with place.engine.begin() as connection:
        changes.put_gate(connection, town="demo", gate="east", unit="wangjia-2", by="u-5", now=NOW)
        login = accounts.find(connection, place.users[Role.OFFICER])
        assert login is not None
        connection.execute(users.update().where(users.c.id == login.id).values(unit="wangjia-g1"))
    with pytest.raises(RefusedError, match="the gate east belongs to it"):
        close(place, "wangjia-2")
    with pytest.raises(RefusedError, match=f"the account {login.login} belongs to it"):
        close(place, "wangjia-g1")


def test_a_gate_is_put_into_an_open_unit_of_the_town(place: Place) -> None:
    fill(place)
    close(place, "wangjia-g1")
    with place.engine.begin() as connection:
        for gate, belongs, why in (
            ("nowhere", "east", "gate 'nowhere': there is no such gate"),
            ("east", "nowhere", "unit 'nowhere': there is no such unit"),
            ("east", "wangjia-g1", "unit 'wangjia-g1': it is closed"),
        ):
            with pytest.raises(RefusedError, match=why):
                changes.put_gate(connection, town="demo", gate=gate, unit=belongs, by="u-5", now=NOW)
        changes.put_gate(connection, town="demo", gate="east", unit="east", by="u-5", now=NOW)
        changes.put_gate(connection, town="demo", gate="east", unit=None, by="u-5", now=NOW)
    assert last_note(place)[2] == {"before": {"unit": "east"}, "after": {"unit": ""}}
