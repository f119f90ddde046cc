"""The pages of daily reports: who may read, remark and make one; each number leads to its rows; what is missing is said."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from hub.accounts.roles import Role
from hub.reports import kept
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import meddle, send, table
from tests.hub.reports.test_daily import CUT_OFF, DAY, make, town  # noqa: F401  the fixture of a town with a night behind it
from tests.hub.towns import Place

HERE = f"/reports/{DAY}"


@pytest.fixture
def app(town: Place) -> Iterator[Flask]:  # noqa: F811
    make(town)
    with console(town) as app:
        yield app


def test_a_viewer_reads_the_report_with_plates_masked(app: Flask, town: Place) -> None:  # noqa: F811
    with town.engine.connect() as connection:
        report = kept.find(connection, "demo", DAY.isoformat())
    assert report is not None
    viewer = text_of(Browser(app, Role.VIEWER).open(HERE))
    officer = text_of(Browser(app, Role.OFFICER).open(HERE))
    for plate in report.plates.values():
        assert plate[2:] in officer
        assert plate[2:] not in viewer


@pytest.mark.parametrize("ending", ["pdf", "xlsx"])
def test_files_are_written_and_audited(app: Flask, town: Place, ending: str) -> None:  # noqa: F811
    answer = Browser(app, Role.VIEWER).open(f"{HERE}.{ending}")
    assert answer.status_code == 200
    assert answer.data[:4] == {"pdf": b"%PDF", "xlsx": b"PK\x03\x04"}[ending]
    assert answer.headers["Content-Disposition"] == f'attachment; filename="daily-demo-{DAY}.{ending}"'
    assert [row["object"] for row in table(town, "audit") if row["action"] == "report exported"] == [f"reports/{DAY}"]


def test_each_number_leads_to_exactly_the_visits_that_it_counts(app: Flask) -> None:
    officer = Browser(app, Role.OFFICER)
    links = re.findall(r'<td class="number"><a href="(/ledger[^"]*)">([\d,]+)</a>', officer.open(HERE).text)
    assert len(links) > 40
    for address, number in dict(links).items():
        seen, address = 0, address.replace("&amp;", "&")
        while address:
            answer = officer.open(address)
            assert answer.status_code == 200, address
            seen += len(re.findall(r'<td class="cell-plate">', answer.text))
            older = re.search(r'<a [^>]*href="(/ledger[^"]*older=[^"]*)"', answer.text)
            address = older[1].replace("&amp;", "&") if older else ""
        assert seen == int(number.replace(",", "")), (address, number)


def test_an_officer_writes_remarks_and_a_viewer_may_not(app: Flask, town: Place) -> None:  # noqa: F811
    officer = Browser(app, Role.OFFICER)
    form = {"remarks": "停电\0两小时\n<script>", "once": "a"}
    for _ in range(2):
        assert officer.send(f"{HERE}/remarks", form, page=HERE).status_code == 302
    assert "停电两小时\n&lt;script&gt;" in officer.open(HERE).text
    assert len([row for row in table(town, "audit") if row["action"] == "report remarked"]) == 1
    assert Browser(app, Role.VIEWER).send(f"{HERE}/remarks", {"remarks": "x"}, page=HERE).status_code == 403
    answer = officer.send(f"{HERE}/remarks", {"remarks": "x" * 2001}, page=HERE)
    assert answer.status_code == 400
    assert "2000" in text_of(answer)
    assert "停电" in table(town, "reports")[0]["remarks"]


def test_a_supervisor_makes_it_anew_and_the_former_version_stays(app: Flask, town: Place) -> None:  # noqa: F811
    supervisor = Browser(app, Role.SUPERVISOR)
    assert Browser(app, Role.OFFICER).send("/reports", {"day": str(DAY)}, page="/reports").status_code == 403
    answer = supervisor.send("/reports", {"day": str(DAY)}, page="/reports")
    assert (answer.status_code, answer.headers["Location"]) == (302, HERE)
    assert [row["version"] for row in table(town, "reports")] == [1, 2]
    assert "This is a former version." in text_of(supervisor.open(f"{HERE}?version=1"))
    assert supervisor.open(f"{HERE}?version=7").status_code == 404


@pytest.mark.parametrize(
    ("day", "says"),
    [
        ("2026-03-02", "report of 2026-03-02: its day ends at 08:00, and is not over yet"),
        ("2016-03-01", "report of 2016-03-01: there is nothing of that day: the town began at 2026-"),
        ("2026-02-30", "expected a date like 2026-03-01"),
        ("", "expected a date like 2026-03-01"),
    ],
)
def test_what_cannot_be_made_is_one_line_and_nothing_is_changed(app: Flask, town: Place, day: str, says: str) -> None:  # noqa: F811
    answer = Browser(app, Role.SUPERVISOR).send("/reports", {"day": day}, page="/reports")
    assert 400 <= answer.status_code < 500
    assert says in text_of(answer)
    assert len(table(town, "reports")) == 1


def test_records_that_came_later_are_said(app: Flask, town: Place) -> None:  # noqa: F811
    viewer = Browser(app, Role.VIEWER)
    assert "came after the report was made" not in text_of(viewer.open(HERE))
    west = town.gates["west"]
    west.visit("鲁B66666", CUT_OFF - timedelta(hours=1))
    west.visit("鲁B66666", CUT_OFF + timedelta(hours=1), direction="out")
    send(town, west)
    assert "3 records of this day came after the report was made" in text_of(viewer.open(HERE))


def test_a_report_that_was_changed_is_said_to_be(app: Flask, town: Place) -> None:  # noqa: F811
    for old, new in (('"v":1', '"v":2'), ('"inputs"', '"outputs"')):
        meddle(town, "UPDATE reports SET content = replace(content, :old, :new)", old=old, new=new)
        answer = Browser(app, Role.VIEWER).open(HERE)
        assert answer.status_code == 200
        assert "changed after it was made" in text_of(answer)


def test_the_list_is_searched_by_date_and_says_what_is_missing(app: Flask) -> None:
    viewer = Browser(app, Role.VIEWER)
    assert f'href="{HERE}"' in viewer.open("/reports").text
    assert f'href="{HERE}"' in viewer.open("/reports?start=2026-03-01&end=2026-03-01").text
    assert "No report of these days." in text_of(viewer.open("/reports?start=2026-03-02"))
    assert viewer.open("/reports?start=2026-03-02&end=2026-03-01").status_code == 400
    assert viewer.open("/reports?start=nonsense").status_code == 400


@pytest.mark.parametrize("day", ["2026-02-01", "nonsense", "2026-02-30", "0"])
def test_a_report_that_is_not_there_is_not_found(app: Flask, day: str) -> None:
    viewer = Browser(app, Role.VIEWER)
    for address in (f"/reports/{day}", f"/reports/{day}.pdf", f"/reports/{day}.xlsx"):
        assert viewer.open(address).status_code == 404
