"""faults G: no pass outlives the operation, whichever way it is asked for; and everybody is told that it has ended."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.errors import HubError, RefusedError
from hub.passes.importing.run import import_passes, preview_import
from hub.passes.issue import renew_pass, replace_pass
from hub.passes.terms import Unfit
from hub.town.fresh_rules import FreshTown
from hub.town.operation import Rules
from hub.town.operation_file import FILE
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import table
from tests.hub.passes.test_store import issue
from tests.hub.towns import NOW, Place


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with console(place) as app:
        yield app


ENDS = NOW + timedelta(days=10)
CSV = "车牌,类别,止\n鲁B11111,resident,{to}\n".encode()


def ending(place: Place, ends: datetime = ENDS) -> None:
    """The town's operation ends then, in its file and in the town that is open."""
    file = place.folder / FILE
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("ends =")]
    at = next(number for number, line in enumerate(lines) if line.startswith("starts ="))
    lines.insert(at + 1, f'ends = "{wall_text(ends)}"')
    lines[at] = f'starts = "{wall_text(min(ends, NOW) - timedelta(days=90))}"'
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    place.town = replace(place.town, given=Rules.load(place.folder))


def test_a_pass_without_an_end_of_its_own_is_cut_to_the_operations(place: Place) -> None:
    ending(place)
    with place.engine.begin() as connection:
        assert issue(place, connection).expires == ENDS
        assert issue(place, connection, vehicle_class="visitor").expires == NOW + timedelta(days=1), "ends sooner"


def test_a_pass_that_is_to_last_longer_is_refused_and_the_last_days_date_is_not(place: Place) -> None:
    """A date stands for its end, midnight: beyond an operation that ends on that day at eight in the evening."""
    ending(place)
    with place.engine.begin() as connection:
        with pytest.raises(Unfit, match=r"the operation ends 2026-03-11T04:30:00") as refused:
            issue(place, connection, expires=ENDS + timedelta(days=1, seconds=1))
        assert refused.value.column == "to"
        assert issue(place, connection, expires=ENDS + timedelta(hours=20)).expires == ENDS


def test_a_pass_that_begins_after_the_end_is_refused(place: Place) -> None:
    ending(place)
    with place.engine.begin() as connection, pytest.raises(Unfit, match="the operation ends") as refused:
        issue(place, connection, not_before=ENDS)
    assert refused.value.column == "from"


def test_a_renewed_and_a_replaced_pass_are_cut_too(place: Place) -> None:
    with place.engine.begin() as connection:
        old, lost = issue(place, connection), issue(place, connection, plate="鲁B22222")
        assert old.expires > ENDS, "it was issued before anybody set an end"
        ending(place)
        assert renew_pass(place.town, connection, old.id, by="cli", now=NOW).expires == ENDS
        assert replace_pass(place.town, connection, lost.id, by="cli", reason="lost", now=NOW).expires == ENDS
        with pytest.raises(Unfit, match="the operation ends"):
            renew_pass(
                place.town, connection, lost_of(place, connection), expires=ENDS + timedelta(days=9), by="cli", now=NOW
            )


def lost_of(place: Place, connection: Connection) -> str:
    return issue(place, connection, plate="鲁B33333").id


def test_an_import_is_cut_and_a_row_that_is_to_last_longer_is_named(place: Place) -> None:
    ending(place)
    with place.engine.begin() as connection:
        late = CSV.replace(b"{to}", b"2026-04-01")
        (fault,) = preview_import(place.town, connection, late, "list.csv", NOW).faults
        assert (fault.row, fault.column) == (2, "to")
        assert "the operation ends" in str(fault)
        with pytest.raises(RefusedError, match="the operation ends"):
            import_passes(place.town, connection, late, "list.csv", by="cli", now=NOW)
        (made,) = import_passes(place.town, connection, CSV.replace(b"{to}", b""), "list.csv", by="cli", now=NOW)
        assert made.expires == ENDS
        again = import_passes(place.town, connection, CSV.replace(b"{to}", b""), "list.csv", by="cli", now=NOW)
        assert again == (), "the same list again changes nothing"


def test_after_the_end_no_way_leads_to_a_pass_and_nothing_is_revoked_for_it(place: Place) -> None:
    with place.engine.begin() as connection:
        old = issue(place, connection)
    ending(place, NOW - timedelta(seconds=1))
    said = "the operation ended"
    ways = (
        lambda connection: issue(place, connection, not_before=NOW - timedelta(days=9)),
        lambda connection: renew_pass(place.town, connection, old.id, by="cli", now=NOW),
        lambda connection: replace_pass(place.town, connection, old.id, by="cli", reason="lost", now=NOW),
        lambda connection: import_passes(place.town, connection, CSV, "list.csv", by="cli", now=NOW),
    )
    for way in ways:
        with pytest.raises(HubError, match=said), place.engine.begin() as connection:
            way(connection)
    (row,) = table(place, "passes")
    assert row["revoked_at"] is None, "what was refused changed nothing"


def test_the_console_notices_the_file_that_was_edited_while_it_ran(app: Flask, place: Place) -> None:
    officer = Browser(app, Role.OFFICER)
    form = {"plate": "鲁B77777", "vehicle_class": "resident", "not_before": "2026-03-01T12:00", "expires": ""}
    assert "has ended" not in text_of(officer.open("/passes"))
    ending(place)
    assert officer.send("/passes/new", form).status_code == 302
    assert table(place, "passes")[-1]["expires"] == wall_text(ENDS)
    answer = officer.send("/passes/new", form | {"plate": "鲁B88888", "expires": "2026-03-20T12:00"})
    assert answer.status_code == 400
    assert "operation ends" in text_of(answer)


@pytest.mark.parametrize(("language", "says"), [("en", "The operation has ended."), ("zh", "行动已结束。")])
def test_every_page_of_the_console_says_that_the_operation_has_ended(
    app: Flask, place: Place, language: str, says: str
) -> None:
    ending(place, NOW - timedelta(hours=1))
    officer = Browser(app, Role.OFFICER, language)
    for path in ("/", "/passes", "/ledger"):
        assert says in text_of(officer.open(path)), path
    form = {"plate": "鲁B77777", "vehicle_class": "resident", "not_before": "2026-03-01T12:00", "expires": ""}
    answer = officer.send("/passes/new", form)
    assert answer.status_code == 400
    assert ("the operation ended" if language == "en" else "不再签发通行证") in text_of(answer)


def test_a_file_that_is_half_written_leaves_the_last_good_rules(place: Place) -> None:
    before = place.town.rules
    fresh = FreshTown(place.town, lambda: None)
    (place.folder / FILE).write_text("id = ", encoding="utf-8")
    assert fresh.current().rules == before
