"""The one-trip pass of a request: with priority, for its plate and gates, until the return and the hours of grace after it."""

from datetime import timedelta

import pytest

from hub.errors import RefusedError
from hub.needs.trips import Shape
from hub.passes.issue import revoke_pass
from tests.hub.ledgers import table
from tests.hub.needs.asked import PLATE, again, ask, give, keeper, wanted, writer
from tests.hub.towns import NOW, Place


def test_a_request_s_pass_has_priority_and_ends_some_hours_after_the_return(place: Place) -> None:
    row, issued = give(place, ask(place), wanted(gates=("east",)))
    assert (issued.plate, issued.priority, issued.gates) == (PLATE, True, ("east",))
    assert (issued.not_before, issued.expires) == (NOW, NOW + timedelta(hours=4 + 12))
    assert (row.links.pass_id, row.values["plate"], row.values["trip"]) == (issued.id, PLATE, "out")
    assert table(place, "audit")[-1]["object"] == f"registers/need_requests/{row.id}"


def test_a_request_has_one_pass_that_counts(place: Place) -> None:
    row, issued = give(place, ask(place))
    with pytest.raises(RefusedError, match=f"pass {issued.id} was issued for it and counts"):
        give(place, row)
    with place.engine.begin() as connection:
        revoke_pass(place.town, connection, issued.id, by="u-3", reason="lost", now=NOW)
    _row, other = give(place, row)
    assert other.id != issued.id


def test_a_pass_that_cannot_be_issued_changes_nothing(place: Place) -> None:
    row = ask(place)
    with pytest.raises(RefusedError, match="the trip must be back after it sets out"):
        give(place, row, wanted(hours=0))
    with pytest.raises(RefusedError, match="no such gate"):
        give(place, row, wanted(Shape.OUT, 4, gates=("moon",)))
    assert again(place, row) == row
    assert table(place, "passes") == []


def test_a_request_that_has_ended_gets_no_pass(place: Place) -> None:
    row = ask(place)
    with place.engine.begin() as connection:
        row = keeper(connection).move(connection, row, "refused", writer(place), version=row.version, why="not needed")
    with pytest.raises(RefusedError, match="it has ended, no pass is issued for it"):
        give(place, row)
