"""Faults A2, A3, issue 10 blocker 2: any row that an older version stored is shown, exported, judged, told, rebuilt and verified.

The town of `hostile.py` holds every field of every kind with hostile values; the pages are walked, the files are read.
"""

import csv
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import mkdtemp
from zoneinfo import ZoneInfo

import pytest
from alembic import command

from edge.contract.messages import Hello, Sightings, Signed
from edge.contract.records import wall_text
from hub.accounts import store as accounts
from hub.accounts.roles import Role
from hub.conflicts import judge
from hub.database.migrate import configuration
from hub.database.schema import entries, visits
from hub.downlink.sightings import SightingsWriter
from hub.exports.writing import cells as writing
from hub.ledger.projections import undone
from hub.ledger.projections.columns import VISIT_COLUMNS
from hub.ledger.projections.rebuild import rebuild
from hub.lifecycle.upgrade import upgrade
from hub.town.town import Town
from hub.values.stored import NO_TIME, wall_of
from hub.visits import export
from tests.hub import busy, hostile
from tests.hub.consoles import Browser, console
from tests.hub.ledgers import check, journal, meddle, send, settle, table
from tests.hub.towns import GATES, NOW, Place
from tests.hub.wire import hello

RAW = re.compile(f"[{hostile.RAW}]")
EACH = 7
"""Every seventh visit's page is walked: each field's values are more in number, and no multiple of it."""
SHANGHAI = ZoneInfo("Asia/Shanghai")
AMONG = ("鲁B77777", "鲁B88888")


@cache
def _written() -> tuple[Path, tuple[str, ...]]:
    folder = Path(mkdtemp(prefix="kakou-test-"))
    place = settle(folder)
    busy.fill_passes(place, NOW)
    older = hostile.everything(place)
    with place.engine.begin() as connection:
        rebuild(connection, "demo", NOW)
    _judge(place)
    place.engine.dispose()
    return folder / "hub", tuple(older.expected)


def _rows(place: Place) -> list[dict[str, object]]:
    return table(place, "visits")


def _judge(place: Place) -> None:
    rows = _rows(place)
    with place.engine.begin() as connection:
        judge.judge_safely(connection, "demo", rows, key=place.town.key, now=NOW)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Place]:
    """The town after an older version has written into it; made once, copied for each test."""
    shutil.copytree(_written()[0], tmp_path / "hub")
    place = _opened(tmp_path)
    yield place
    place.engine.dispose()


def _opened(tmp_path: Path) -> Place:
    town = Town.open(tmp_path / "hub")
    engine = town.writer()
    with engine.begin() as connection:
        users = {user.role: user.id for user in accounts.every_user(connection)}
    return Place(tmp_path / "hub", town, engine, {gate: journal(town, gate) for gate in GATES}, users)


def undone_of(place: Place, what: undone.What) -> list[tuple[str, str]]:
    with place.engine.begin() as connection:
        return undone.every(connection, "demo", what)


def test_every_row_is_derived_and_judged_and_the_ledger_verifies(town: Place) -> None:
    assert undone_of(town, undone.What.DERIVED) == undone_of(town, undone.What.JUDGED) == []
    sound = check(town)
    assert sound.entries == len(table(town, "entries"))
    assert sound.odd > 1000
    expected = set(_written()[1])
    assert {row["visit_id"] for row in _rows(town)} == expected
    assert all(wall_of(row["opened_at"]) for row in _rows(town) if row["opened_at"] is not None)


def walk(place: Place, parameters: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, str, str]]:
    """(address, language, page) of every page for an administrator, in both languages; none fails or shows what hides."""
    with console(place) as app:
        browsers = {language: Browser(app, Role.ADMIN, language) for language in ("en", "zh")}
        for number, address in enumerate(hostile.addresses(app.url_map.iter_rules(), parameters)):
            for language, browser in browsers.items():
                if address.startswith("/visits/") and (number % 2 == 0) is (language == "en"):
                    continue  # one language each: they differ in words alone
                if address == "/stream":
                    continue  # it says that something changed, and has nothing of it; the board is a page of its own
                answer = browser.open(address)
                assert answer.status_code < 500, (address, answer.status_code)
                if answer.mimetype in ("text/html", "text/csv"):
                    assert not RAW.search(answer.text), (address, RAW.search(answer.text))
                    yield address, language, answer.text


def test_every_page_in_both_languages_shows_any_row(town: Place) -> None:
    ids = _written()[1][::EACH]
    passes = tuple(row["id"] for row in table(town, "passes"))[:2]
    conflicts = (*(row["id"] for row in table(town, "conflicts")), "none")
    parameters = {"visit_id": ids, "conflict_id": conflicts, "pass_id": passes, "alert_id": ("1", "999")}
    seen = {(address, language): page for address, language, page in walk(town, parameters)}
    assert "[invalid time]" in seen["/ledger", "en"]
    assert "〔无效时间〕" in seen["/ledger", "zh"]
    assert sum(address.startswith("/visits/") for address, _ in seen) >= len(ids)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_paging_through_the_ledger_meets_every_visit_once(town: Place, language: str) -> None:
    found: list[str] = []
    with console(town) as app:
        browser, address = Browser(app, Role.ADMIN, language), "/ledger"
        while address:
            page = browser.open(address)
            assert page.status_code == 200
            found += re.findall(r'href="/visits/([0-9a-f]{32})[?"]', page.text)
            following = re.search(r'rel="next" href="([^"]+)"', page.text)
            address = following[1].replace("&amp;", "&") if following else ""
        # and back
        newer = re.search(r'rel="prev" href="([^"]+)"', page.text)
        assert newer
        assert browser.open(newer[1].replace("&amp;", "&")).status_code == 200
    assert len(found) == len(set(found)) == len(_written()[1])


def test_a_bad_time_does_not_top_the_ledger_nor_fall_into_every_range(town: Place) -> None:
    later = wall_text(NOW)
    assert all(row["opened_at"] is None or str(row["opened_at"]) <= later for row in _rows(town))
    said = {row["opened_said"] for row in _rows(town)} - {None}
    assert set(hostile.TIMES) <= said
    assert all(row["clock"] == NO_TIME for row in _rows(town) if row["opened_said"] is not None)


@pytest.mark.parametrize("header", writing.HEADERS)
@pytest.mark.parametrize("role", [None, Role.OFFICER, Role.VIEWER])
def test_the_file_of_visits_holds_every_row(town: Place, header: writing.Header, role: Role | None) -> None:
    where = export.between(visits, "opened_at", town="demo", start=None, end=None, gate=None)
    with town.engine.begin() as connection:
        text = "".join(export.stream_visits(connection, where, zone=SHANGHAI, header=header, role=role))
    assert not RAW.search(text)
    first, *rows = list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline="")))
    assert {len(row) for row in rows} == {len(first)} == {len(VISIT_COLUMNS)}
    assert len(rows) == len(_written()[1])
    assert not [cell for row in rows for cell in row if cell[:1] in writing.FORMULA]
    time, number = writing.INVALID[header]
    cells = {cell for row in rows for cell in row}
    assert {f"{time} 2026-03-01T25:00:00.000Z", f"{time} 9999-12-31T23:59:59.999Z", f"{number} 1e+308"} <= cells


@pytest.mark.parametrize("header", writing.HEADERS)
def test_the_file_of_entries_holds_every_row(town: Place, header: writing.Header) -> None:
    where = export.between(entries, "received_at", town="demo", start=None, end=None, gate=None)
    with town.engine.begin() as connection:
        text = "".join(export.stream_entries(connection, where, zone=SHANGHAI, header=header))
    assert not RAW.search(text)
    csv.field_size_limit(10**6)
    assert len(list(csv.reader(StringIO(text, newline="")))) == len(table(town, "entries")) + 1


def test_other_vehicles_are_judged_and_told_to_gates(town: Place) -> None:
    # a good vehicle that comes in twice, in the midst of the others
    gate = town.gates["west"]
    for minutes in (5, 4):
        gate.visit(AMONG[0], NOW - timedelta(minutes=minutes))
    send(town, gate)
    _judge(town)
    assert undone_of(town, undone.What.JUDGED) == []
    assert [row["what"] for row in table(town, "conflicts") if row["plate"] == AMONG[0]] == ["in_twice"]
    with town.engine.begin() as connection:
        word = Hello.parse(hello(gate))
        snapshot = list(SightingsWriter("demo", town.town.key).answer(connection, word, NOW))
        since = list(SightingsWriter("demo", town.town.key).since(connection, 0, NOW))
    for messages in (snapshot, since):
        told = [each for message in messages for each in _sightings(message).sightings]
        assert AMONG[0] in {each.plate for each in told}
        assert all(wall_of(each.at) for each in told)


def _sightings(message: Signed) -> Sightings:
    # as a gate reads it
    return Sightings.model_validate_json(message.text)


def test_rows_that_an_older_version_derived_are_shown_and_derived_anew_by_the_upgrade(town: Place) -> None:
    expected = {
        name: table(town, name) for name in ("visits", "inside", "sightings", "last_passed", "clock_sets", "receipts")
    }
    # what that version's projections held: what the gate said, in the place of the time
    meddle(town, "UPDATE visits SET closed_at = closed_said WHERE closed_said IS NOT NULL")
    meddle(town, "UPDATE visits SET clock = 'synced', opened_at = opened_said WHERE opened_said IS NOT NULL")
    meddle(town, "UPDATE inside SET since = '9999-12-31T23:59:59.999Z' WHERE rowid % 3 = 0")
    meddle(town, "UPDATE sightings SET at = '２０２６-03-01T10:00:00.000Z' WHERE n % 3 = 0")
    meddle(town, "UPDATE last_passed SET closed_at = 'x'")
    meddle(town, "UPDATE visits SET spray_seconds = 9e999 WHERE disinfected = 'yes'")
    with town.engine.begin() as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.downgrade(config, "0008")
        command.upgrade(config, "head")
        # marked, and shown as it is until it is derived anew
        assert undone.count(connection, "demo", undone.What.PROJECTIONS) == 1
    for _ in walk(
        town,
        {"visit_id": _written()[1][:: 5 * EACH], "conflict_id": ("none",), "pass_id": ("none",), "alert_id": ("1",)},
    ):
        pass
    upgrade(town.engine)
    assert undone_of(town, undone.What.PROJECTIONS) == []
    assert {name: table(town, name) for name in expected} == expected
    check(town)
