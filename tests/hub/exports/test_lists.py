"""Every list as CSV and as a workbook: what is in it, for whom, in which words; and filters that are none."""

import csv
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.escape import unescape
from sqlalchemy import event, insert
from sqlalchemy.engine import Connection

from edge.contract.commands import CommandKind
from edge.contract.records import wall_text
from hub.accounts import store as accounts
from hub.accounts.privacy import masked_plates
from hub.accounts.roles import Role
from hub.console.speaking import speaking
from hub.database.schema import duties
from hub.downlink.signed_lists import readable_policy
from hub.errors import RefusedError
from hub.exports import asked as filters
from hub.exports import lists
from hub.exports.kinds import BRANCH, Reader
from hub.exports.writer import Listing, title_of
from hub.exports.writing.cells import Header
from hub.exports.writing.csv_text import plain_rows
from hub.exports.writing.rows import as_csv
from hub.orders import store as orders
from hub.organisation import changes
from hub.organisation.units import Said
from hub.passes import watchlist
from hub.visits.search import FIELDS as SEARCHED
from hub.web import audit_views
from tests.hub import busy
from tests.hub.ledgers import settle
from tests.hub.towns import NOW, Place

EVERY = tuple(lists.LISTS)
HEADERS: tuple[Header, ...] = ("zh", "en", "machine")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = settle(tmp_path_factory.mktemp("lists"))
    busy.fill(place)
    busy.go_wrong(place, NOW)
    officer = place.users[Role.OFFICER]
    duty = {
        "entry": 1, "town": "demo", "user": officer, "shift": "s", "started_at": wall_text(NOW), "why": "", "open_matters": 2,
        "taken": "[]",
    }  # fmt: skip
    with place.engine.begin() as connection:
        changes.add(connection, town="demo", said=Said("town", "大集镇", "Daji", remark="=cmd"), by="cli", now=NOW)
        watchlist.add(
            connection, town="demo", plate="鲁B99999", deny_in=True, deny_out=False, notify=True, why="=cmd", by="cli", now=NOW
        )  # fmt: skip
        orders.send(
            connection, town="demo", to=["east", "west"], kind=CommandKind.ORDER, zh="停", en="Stop", lasts=timedelta(hours=1),
            by=officer, now=NOW,
        )  # fmt: skip
        connection.execute(insert(duties), [duty])
    return place


def listing(
    place: Place, connection: Connection, name: str, header: Header = "en", role: Role | None = Role.ADMIN, **asked: str
) -> Listing:
    kind = lists.known(name)
    manner = lists.manner(
        kind, zone=place.town.settings.zone, header=header, role=role, policy=readable_policy(connection, "demo"),
        names=accounts.names(connection),
    )  # fmt: skip
    found = filters.read(kind.fields, asked, place.town.settings.zone)
    whole = role is not None and masked_plates(role)
    return Listing(kind, kind.ask(found, Reader("demo", NOW, whole)), manner)


def rows(place: Place, name: str, header: Any = "en", role: Any = Role.ADMIN, **asked: str) -> list[dict[str, str]]:
    with place.engine.connect() as connection, speaking("zh" if header == "zh" else "en"):
        text = "".join(each for _, each in listing(place, connection, name, header, role, **asked).csv(connection))
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline="")))


def text_of(cell: object) -> str:
    """A cell as both files have it: a workbook knows no difference between 10 and 10.0."""
    if isinstance(cell, float):
        return f"{cell:g}"
    return "" if cell is None else unescape(str(cell))


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("name", EVERY)
def test_every_list_is_the_same_as_csv_row_by_row_and_as_a_workbook(
    town: Place, tmp_path: Path, name: str, header: Header
) -> None:
    with town.engine.connect() as connection, speaking("zh" if header == "zh" else "en"):
        found = listing(town, connection, name, header)
        text = "".join(each for _, each in found.csv(connection))
        plain = [row for some in plain_rows(connection, found.question, found.manner) for row in some]
        title = title_of(found, {}, "demo", NOW)
        file = tmp_path / "list.xlsx"
        assert found.save(connection, "xlsx", file, title) == len(plain) == found.question.count(connection)
    assert len(plain) > 0
    assert text.partition("\r\n")[2] == as_csv(plain)
    sheet = openpyxl.load_workbook(file).worksheets[0]
    assert sheet["A1"].value == title.name
    heading, *cells = list(sheet.iter_rows(min_row=5, values_only=True))
    assert list(heading) == [each.heading(header) for each in found.question.columns]
    assert [[text_of(cell) for cell in row] for row in cells] == [[text_of(cell) for cell in row] for row in plain]
    assert file.stat().st_mode & 0o777 == 0o600


def test_no_list_holds_a_secret(town: Place) -> None:
    with town.engine.connect() as connection, speaking("en"):
        text = "".join(each for name in EVERY for _, each in listing(town, connection, name).csv(connection))
    assert "argon2" not in text
    assert "KK1" not in text
    assert busy.PERSONAL["phone"] not in text


@pytest.mark.parametrize("name", ["visits", "inside", "alerts", "conflicts"])
def test_a_viewer_reads_plates_masked_and_finds_whole_ones_only(town: Place, name: str) -> None:
    seen = {
        row.get("Plate") or ""
        for row in rows(town, name, role=Role.VIEWER, **({"state": "all"} if name == "conflicts" else {}))
    }
    whole = {row.get("Plate") or "" for row in rows(town, name, **({"state": "all"} if name == "conflicts" else {}))}
    assert all("•" in plate for plate in seen - {""})
    assert not any("•" in plate for plate in whole)
    if name == "visits":
        plate = sorted(whole - {""})[0]
        assert rows(town, name, role=Role.VIEWER, plate=plate)
        assert not rows(town, name, role=Role.VIEWER, plate=plate[:4])
        assert rows(town, name, role=Role.OFFICER, plate=plate[:4])


def test_what_is_masked_for_every_role_is_seen_only_without_masks(town: Place) -> None:
    assert busy.PERSONAL["phone"] not in {row["Phone"] for row in rows(town, "visits")}
    assert busy.PERSONAL["phone"] in {row["Phone"] for row in rows(town, "visits", role=None)}


def test_codes_are_words_of_the_readers_language(town: Place) -> None:
    assert {"东门", "西门"} & {row["卡口"] for row in rows(town, "visits", "zh")}
    assert {row["角色"] for row in rows(town, "users", "zh")} == {"查看者", "值班员", "主管", "管理员"} or rows(
        town, "users", "zh"
    )
    assert all(
        row["State"] in {"Valid", "Not yet valid", "Expired", "Blocked", "Revoked"} for row in rows(town, "passes")
    )
    assert {row["role"] for row in rows(town, "users", "machine")} == {"viewer", "officer", "supervisor", "admin"}


def test_a_filter_narrows_a_list_as_it_does_on_its_page(town: Place) -> None:
    every, east = rows(town, "visits", "machine"), rows(town, "visits", "machine", gate="east")
    assert 0 < len(east) < len(every)
    assert {row["gate"] for row in east} == {"east"}
    states = {row["state"] for row in rows(town, "passes", "machine")}
    for state in states:
        assert {row["state"] for row in rows(town, "passes", "machine", state=state)} == {state}
    later = wall_text(NOW + timedelta(days=400))[:16]
    assert rows(town, "audit", start=later) == []


@pytest.mark.parametrize(
    ("name", "asked", "why"),
    [
        ("visits", {"start": "2026-03-02T00:00", "end": "2026-03-01T00:00"}, "expected the end after the beginning"),
        ("visits", {"start": "yesterday"}, "filter start: 'yesterday' is no time"),
        ("visits", {"end": "0001-01-01T00:00"}, "is no time"),
        ("visits", {"direction": "up"}, "filter direction: there is no 'up'"),
        ("alerts", {"until": "9999-12-31"}, "is no time"),
        ("passes", {"search": "x" * 201}, "201 characters, expected at most 200"),
    ],
)
def test_a_filter_that_is_none_is_one_line(town: Place, name: str, asked: dict[str, str], why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        rows(town, name, **asked)


def test_a_list_that_is_none_is_one_line() -> None:
    with pytest.raises(RefusedError, match="there is no such list"):
        lists.known("persons")


def test_a_list_costs_one_question_however_long_it_is(town: Place) -> None:
    asked: list[str] = []
    with town.engine.connect() as connection, speaking("en"):
        found = listing(town, connection, "orders")
        event.listen(town.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        list(found.csv(connection))
    assert len(asked) == 1


def test_what_the_pages_of_the_ledger_and_of_the_audit_ask_can_be_exported() -> None:
    for name, fields in (("visits", SEARCHED), ("audit", audit_views.FIELDS)):
        assert {each.name for each in lists.LISTS[name].fields} == set(fields) - {BRANCH}, name
