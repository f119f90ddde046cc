"""What an account that is limited to a branch may write."""

import pytest

from hub.accounts import store as accounts
from hub.accounts.roles import Role
from hub.errors import RefusedError
from hub.organisation import changes
from hub.organisation.branch import branch_of_user
from hub.organisation.units import Said
from tests.hub.towns import NOW, Place


def test_a_branch_is_its_units_and_their_gates_and_of_a_unit_that_is_gone_nothing(place: Place) -> None:
    user = place.users[Role.OFFICER]
    with place.engine.begin() as connection:
        changes.add(connection, town="demo", said=Said("village", "王家村", id="wangjia"), by="cli", now=NOW)
        changes.add(connection, town="demo", said=Said("grid", "一", parent="wangjia", id="g1"), by="cli", now=NOW)
        assert branch_of_user(connection, "demo", accounts.find(connection, user)) is None
        changes.put_user(connection, town="demo", user=user, unit="wangjia", confined=True, by="u-5", now=NOW)
        changes.put_gate(connection, town="demo", gate="east", unit="g1", by="u-5", now=NOW)
        found = branch_of_user(connection, "demo", accounts.find(connection, user))
        assert found is not None
        assert (found.unit, found.units, found.gates) == ("wangjia", frozenset({"wangjia", "g1"}), frozenset({"east"}))
        assert found.holds("g1", None)
        assert found.holds("lijia", "east")
        assert not found.holds("lijia", "west")
        assert not found.holds(None, None)
        found.check_unit(None)
        for check, text in ((found.check_unit, "lijia"), (found.check_gate, "west")):
            with pytest.raises(RefusedError, match=f"'{text}': it is none of the branch"):
                check(text)
        connection.exec_driver_sql("UPDATE users SET unit = 'gone' WHERE login = 'officer'")
        nowhere = branch_of_user(connection, "demo", accounts.find(connection, user))
        assert nowhere is not None
        assert nowhere.units == nowhere.gates == frozenset()
