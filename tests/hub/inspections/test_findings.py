"""What holds for a finding beside its declaration: it is about something that is there, has a term, and nobody judges their own cause."""

from datetime import timedelta

import pytest

from hub.accounts.roles import Role
from hub.errors import RefusedError
from hub.inspections.findings import until
from hub.registers.rows import Draft, Links
from tests.hub.inspections.found import FOUND, find, keeper, writer
from tests.hub.ledgers import send
from tests.hub.towns import NOW, Place


def test_a_finding_about_something_that_is_not_there_is_one_clear_line(place: Place) -> None:
    visit = place.gates["east"].visit("鲁B12345", NOW)
    send(place, place.gates["east"])
    with place.engine.begin() as connection:
        findings = keeper(connection)
        with pytest.raises(RefusedError, match="visit 'ff': there is none"):
            findings.add(connection, Draft(FOUND, Links(visit="ff")), writer(place))
        with pytest.raises(RefusedError, match="alert 7: there is none"):
            findings.add(connection, Draft({**FOUND, "alert": 7}), writer(place))
        assert findings.add(connection, Draft(FOUND, Links(visit=visit)), writer(place)).links.visit == visit


def test_what_is_put_right_within_a_term_has_one_and_at_once_is_two_hours(place: Place) -> None:
    with place.engine.begin() as connection:
        said = {name: value for name, value in FOUND.items() if name != "until"}
        with pytest.raises(RefusedError, match="整改时限 Due: needed"):
            keeper(connection).add(connection, Draft(said), writer(place))
    assert until("at_once", None, NOW) == NOW + timedelta(hours=2)
    assert until("at_once", NOW, NOW) == NOW
    assert until("term", None, NOW) is None


def test_an_objection_is_decided_by_neither_who_objects_nor_who_found_it(place: Place) -> None:
    supervisor, admin = writer(place, Role.SUPERVISOR), writer(place, Role.ADMIN)
    decided = {"decision": "规定如此"}
    row = find(place, Role.SUPERVISOR)
    with place.engine.begin() as connection:
        findings = keeper(connection)
        row = findings.move(connection, row, "objected", admin, version=1, values={"objection": "已更换"})
        with pytest.raises(RefusedError, match="somebody else must decide this, you did the step before"):
            findings.move(connection, row, "upheld", admin, version=2, values=decided)
    with place.engine.connect() as connection, pytest.raises(RefusedError, match="who found it can't decide"):
        keeper(connection).move(connection, row, "upheld", supervisor, version=2, values=decided)
    with place.engine.begin() as connection, pytest.raises(RefusedError, match="your role may not do this step"):
        keeper(connection).move(connection, row, "upheld", writer(place), version=2, values=decided)


def test_somebody_else_than_who_put_it_right_checks_and_closes(place: Place) -> None:
    supervisor = writer(place, Role.SUPERVISOR)
    row = find(place)
    with place.engine.begin() as connection:
        findings = keeper(connection)
        fixed = {"fix": "已更换", "fixed_at": "2026-03-01T06:00:00.000Z"}
        row = findings.move(connection, row, "fixed", supervisor, version=1, values=fixed)
        assert row.due_at == "2026-03-02T04:30:00.000Z", "its term is met; a day to check it"
        with pytest.raises(RefusedError, match="somebody else must decide this"):
            findings.move(connection, row, "checked", supervisor, version=2, values={"check": "ok"})
        row = findings.move(connection, row, "checked", writer(place), version=2, values={"check": "ok"})
        with pytest.raises(RefusedError, match="somebody else must decide this"):
            findings.move(connection, row, "closed", supervisor, version=3, values={"closed_at": fixed["fixed_at"]})
        closed = {"closed_at": fixed["fixed_at"]}
        row = findings.move(connection, row, "closed", writer(place, Role.ADMIN), version=3, values=closed)
    assert (row.state, row.due_at) == ("closed", None)
