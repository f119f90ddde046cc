"""The registers of a town: added, declared anew, chosen from, closed."""

import pytest

from hub.errors import RefusedError
from hub.registers import catalogue
from hub.registers.catalogue import Chosen, SlotNames
from hub.registers.rows import Draft
from tests.hub.ledgers import table
from tests.hub.registers.declared import FINDINGS, HOME_DAYS, HOUSEHOLDS, declared, later, writer
from tests.hub.towns import NOW, Place


def test_a_register_is_added_once_and_after_its_parent(place: Place) -> None:
    with place.engine.begin() as connection:
        with pytest.raises(RefusedError, match="its parent 'homes' is not there"):
            catalogue.add(connection, "demo", HOME_DAYS, by="cli", now=NOW)
        catalogue.add(connection, "demo", HOUSEHOLDS, by="cli", now=NOW)
        catalogue.add(connection, "demo", HOME_DAYS, by="cli", now=NOW)
        with pytest.raises(RefusedError, match="there is one already"):
            catalogue.add(connection, "demo", HOUSEHOLDS, by="cli", now=NOW)
        assert [each.register.id for each in catalogue.every(connection, "demo")] == ["home_days", "homes"]
        assert catalogue.every(connection, "elsewhere") == []
    assert [row["action"] for row in table(place, "audit")][-2:] == ["register added"] * 2


def test_shipped_registers_come_with_their_parents_and_only_once(place: Place) -> None:
    with place.engine.begin() as connection:
        every = list(catalogue.shipped())
        assert sorted(catalogue.add_shipped(connection, "demo", every, by="cli", now=NOW)) == sorted(every)
        assert catalogue.add_shipped(connection, "demo", every, by="cli", now=NOW) == []
        with pytest.raises(RefusedError, match="none of those that are shipped"):
            catalogue.add_shipped(connection, "demo", ["nothing"], by="cli", now=NOW)


def test_what_rows_fill_keeps_its_fields_and_its_privacy(place: Place) -> None:
    with declared(place, FINDINGS) as (connection, keeper):
        keeper.add(connection, Draft({"what": "a hole"}), writer(place))

        def anew(text: str) -> None:
            catalogue.declare(connection, "demo", "faults", text, version=1, by="cli", now=NOW)

        with pytest.raises(RefusedError, match="rows fill the field 'fix'"):
            anew(FINDINGS.replace('id = "fix"', 'id = "mend"').replace('needs = ["fix"]', 'needs = ["mend"]'))
        with pytest.raises(RefusedError, match="rows fill the field 'fix'"):
            anew(FINDINGS.replace('type = "long"', 'type = "long"\npersonal = true'))
        with pytest.raises(RefusedError, match="its id can't change"):
            anew(FINDINGS.replace('id = "faults"', 'id = "others"'))
        anew(FINDINGS.replace('zh = "整改"', 'zh = "整改情况"'))
        with pytest.raises(RefusedError, match="changed by somebody else"):
            anew(FINDINGS)


def test_a_town_names_roles_asks_fields_and_decides_the_end(place: Place) -> None:
    with declared(place, HOUSEHOLDS) as (connection, keeper):
        assert "card" not in keeper.asked
        chosen = Chosen(asked={"card": True}, slots={"owner": SlotNames(zh="组长", en="Leader")}, end="archive")
        found = catalogue.choose(connection, "demo", "homes", chosen, version=1, by="cli", now=NOW)
        assert "card" in found.asked
        assert found.end == "archive"
        owner = found.register.field("owner")
        assert owner is not None
        assert (owner.zh, owner.en) == ("组长", "Leader")
        with pytest.raises(RefusedError, match="no such field 'tail'"):
            catalogue.choose(connection, "demo", "homes", Chosen(asked={"tail": True}), version=2, by="cli", now=NOW)


def test_nothing_is_added_to_a_register_that_is_closed(place: Place) -> None:
    with declared(place, FINDINGS) as (connection, _keeper):
        with pytest.raises(RefusedError, match="give a reason"):
            catalogue.close(connection, "demo", "faults", version=1, by="cli", why=" ", now=NOW)
        catalogue.close(connection, "demo", "faults", version=1, by="cli", why="over", now=later(1))
    with declared(place, FINDINGS) as (connection, keeper), pytest.raises(RefusedError, match="it is closed"):
        keeper.add(connection, Draft({"what": "late"}), writer(place))
