"""faults E: what is doubtful is asked once, by form, command and list; a form that is sent twice issues one pass."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from hub.accounts.roles import Role
from hub.cli import main
from hub.console.doubt_words import TEXTS
from hub.passes import doubts
from hub.passes.issue import block_pass, issue_pass, revoke_pass
from hub.passes.passlist import watch_plate
from tests.hub.commands.test_cli import Output, refused, run
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import table
from tests.hub.towns import NOW, Place

FORM = {"plate": "鲁B12345", "vehicle_class": "resident", "not_before": "2026-03-01T12:00", "expires": ""}


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with console(place) as app:
        yield app


@pytest.fixture
def officer(app: Flask) -> Browser:
    return Browser(app, Role.OFFICER)


def hidden(page: TestResponse | str, name: str) -> str:
    text = page if isinstance(page, str) else page.text
    found = re.search(rf'name="{name}" value="([^"]+)"', text)
    assert found
    return found[1]


def watch(place: Place, plate: str) -> None:
    with place.engine.begin() as connection:
        watch_plate(
            place.town, connection, plate, deny_in=True, deny_out=False, notify=True, why="套牌", by="cli", now=NOW
        )


def issue(place: Place, plate: str, *, days: int = 0) -> str:
    with place.engine.begin() as connection:
        issued = issue_pass(place.town, connection, plate=plate, vehicle_class="resident", allowed=None, not_before=NOW + timedelta(days=days),
            expires=None, priority=None, by="cli", now=NOW,
        )  # fmt: skip
    return issued.id


@pytest.mark.parametrize(
    "plate", ["hello world", "YES", "合计", "2026-03-01", "12345", "鲁B1234", "³B12345", "鲁BABCDE"]
)
def test_an_odd_plate_is_asked_about_once(officer: Browser, place: Place, plate: str) -> None:
    form = FORM | {"plate": plate}
    asked = officer.send("/passes/new", form, page="/passes/new")
    assert asked.status_code == 409
    assert "Look again: nothing is issued yet." in text_of(asked)
    assert table(place, "passes") == []
    again = officer.send("/passes/new", form | {"mark": hidden(asked, "mark")})
    assert again.status_code == 302
    assert len(table(place, "passes")) == 1


@pytest.mark.parametrize("plate", ["鲁B12345", "鲁B·D12345", "粤Z1234港", "WJ鲁1234X", "AB12345"])
def test_a_plate_of_a_known_form_is_not_asked_about(officer: Browser, plate: str) -> None:
    assert officer.send("/passes/new", FORM | {"plate": plate}).status_code == 302


def test_a_plate_with_a_pass_one_with_a_blocked_pass_and_a_watched_one_are_asked_about(
    officer: Browser, place: Place
) -> None:
    issue(place, "鲁B11111")
    issue(place, "鲁B22222", days=2)
    blocked = issue(place, "鲁B33333")
    with place.engine.begin() as connection:
        block_pass(place.town, connection, blocked, by="cli", reason="核实中", now=NOW)
    watch(place, "鲁B44444")
    for plate, says in (
        ("鲁B·11111", "already, valid until 2026-03-31"),
        ("鲁B22222", "already, valid from 2026-03-03"),
        ("鲁B33333", f"its pass {blocked} is blocked: 核实中"),
        ("鲁B44444", "on the watch list: 套牌"),
    ):
        asked = officer.send("/passes/new", FORM | {"plate": plate})
        assert (asked.status_code, says in text_of(asked)) == (409, True), plate
    assert len(table(place, "passes")) == 3


def test_a_pass_that_has_ended_is_no_doubt(officer: Browser, place: Place) -> None:
    revoked = issue(place, "鲁B12345")
    with place.engine.begin() as connection:
        revoke_pass(place.town, connection, revoked, by="cli", reason="x", now=NOW)
    assert officer.send("/passes/new", FORM).status_code == 302


def test_doubts_that_were_confirmed_are_those_that_were_shown(officer: Browser, place: Place) -> None:
    asked = officer.send("/passes/new", FORM | {"plate": "hello"})
    watch(place, "HELLO")
    later = officer.send("/passes/new", FORM | {"plate": "hello", "mark": hidden(asked, "mark")})
    assert later.status_code == 409
    assert "on the watch list" in text_of(later)
    other = officer.send("/passes/new", FORM | {"plate": "world", "mark": hidden(later, "mark")})
    assert other.status_code == 409
    assert table(place, "passes") == []


def test_what_cannot_be_is_named_before_anybody_is_asked(officer: Browser, place: Place) -> None:
    answer = officer.send("/passes/new", FORM | {"plate": "🚑1"})
    assert answer.status_code == 400
    assert "🚑 (U+1F691) can't be printed on a card" in text_of(answer)
    assert table(place, "passes") == []


def test_a_form_that_is_sent_twice_issues_one_pass(officer: Browser, place: Place) -> None:
    form = FORM | {"once": hidden(officer.open("/passes/new"), "once")}
    first, second = officer.send("/passes/new", form), officer.send("/passes/new", form)
    assert (first.status_code, second.status_code) == (302, 302)
    assert first.location == second.location
    assert len(table(place, "passes")) == 1
    # who goes back and changes the plate asks for another pass
    changed = officer.send("/passes/new", form | {"plate": "鲁B54321"})
    assert changed.status_code == 302
    assert len(table(place, "passes")) == 2
    assert [row["action"] for row in table(place, "audit")].count("pass issued") == 2


def test_a_confirmed_form_that_is_sent_twice_issues_one_pass(officer: Browser, place: Place) -> None:
    first = officer.send("/passes/new", FORM | {"plate": "hello", "once": hidden(officer.open("/passes/new"), "once")})
    form = FORM | {"plate": "hello", "once": hidden(first, "once"), "mark": hidden(first, "mark")}
    answers = [officer.send("/passes/new", form) for _ in range(3)]
    assert {each.location for each in answers} == {answers[0].location}
    assert len(table(place, "passes")) == 1
    assert '"confirmed": "no known form of a number plate"' in table(place, "audit")[-1]["detail"]


def test_every_new_form_has_a_mark_of_its_own(officer: Browser) -> None:
    assert hidden(officer.open("/passes/new"), "once") != hidden(officer.open("/passes/new"), "once")


def test_the_command_asks_too(place: Place, capsys: Output) -> None:
    wanted = ("pass", "issue", "--class", "resident", "--plate")
    line = refused(capsys, place.folder, *wanted, "hello world")
    assert "pass issue: 'HELLOWORLD': no known form of a number plate (--confirm issues it all the same)" in line
    watch(place, "鲁B12345")
    assert "on the watch list: 套牌" in refused(capsys, place.folder, *wanted, "鲁B12345")
    assert "can't be printed" in refused(capsys, place.folder, *wanted, "🚑1", "--confirm")
    assert table(place, "passes") == []
    assert run(place.folder, *wanted, "鲁B12345", "--confirm") == 0
    assert '"confirmed": "on the watch list: 套牌"' in next(
        row["detail"] for row in table(place, "audit") if row["action"] == "pass issued"
    )
    assert "has pass" in refused(capsys, place.folder, *wanted, "鲁B12345")


@pytest.mark.parametrize(("given", "end"), [("20991210", "2099-12-10T16:00"), ("2099-12-10", "2099-12-10T16:00")])
def test_a_day_on_the_command_line_ends_with_the_day(place: Place, capsys: Output, given: str, end: str) -> None:
    # brother of b05: 20261210 was that day's first instant here too
    arguments = ("--plate", "鲁B12345", "--class", "emergency", "--from", "2099-12-01", "--to", given)
    assert run(place.folder, "pass", "issue", *arguments) == 0
    assert str(table(place, "passes")[0]["expires"]).startswith(end)


# --- lists ------------------------------------------------------------------------------------------------------------

LIST = "车牌,类别,通行范围,备注\n鲁B11111,居民,东门,\nhello,居民,,\n鲁B22222,过境,,夜间\n鲁B22222,居民,,\n"


def list_form(text: str) -> dict[str, object]:
    return {"list": (io.BytesIO(text.encode()), "list.csv")}


def test_a_list_is_issued_when_each_column_and_the_doubts_are_confirmed(app: Flask, place: Place) -> None:
    watch(place, "鲁B11111")
    supervisor = Browser(app, Role.SUPERVISOR)
    seen = supervisor.send("/passes/import", list_form(LIST))
    text = text_of(seen)
    for part in ("Leave out 通行范围", "Leave out 备注", "on the watch list", "no known form", "also in row 4"):
        assert part in text
    sent = {"name": "list.csv", "kept": hidden(seen, "kept"), "mark": hidden(seen, "mark")}
    columns = ["通行范围", "备注"]
    unconfirmed: tuple[dict[str, object], ...] = (
        {},
        {"column": columns},
        {"doubts": "1", "column": columns[:1]},
        {"doubts": "1"},
        {"doubts": "1", "column": columns, "mark": "0" * 32},
    )
    for missing in unconfirmed:
        answer = supervisor.send("/passes/import", {**sent, **missing})
        assert answer.status_code == 409, missing
        assert "not confirmed yet" in text_of(answer)
    assert table(place, "passes") == []
    whole = {**sent, "doubts": "1", "column": columns}
    assert supervisor.send("/passes/import", whole).status_code == 302
    assert supervisor.send("/passes/import", whole).status_code == 302
    assert len(table(place, "passes")) == 4
    (note,) = [
        row for row in table(place, "audit") if row["action"] == "passes imported" and '"issued": 4' in row["detail"]
    ]
    assert note["detail"] == '{"confirmed": 3, "issued": 4, "known": 0, "unread": "通行范围, 备注"}'


def test_the_import_command_asks_for_each_column_and_for_doubts(place: Place, capsys: Output) -> None:
    file = place.folder / "list.csv"
    file.write_text(LIST, encoding="utf-8")
    wanted = ("pass", "import", str(file))
    assert "columns that nobody reads: 通行范围, 备注" in refused(capsys, place.folder, *wanted)
    some = (*wanted, "--ignore-column", "通行范围")
    assert "columns that nobody reads: 备注" in refused(capsys, place.folder, *some, "--confirm-doubts")
    both = (*some, "--ignore-column", " 备 注 ")
    assert "doubts that nobody confirmed: 2 (row 3, 'hello'" in refused(capsys, place.folder, *both)
    assert "no column of list.csv that is not read is called so" in refused(
        capsys, place.folder, *both, "--ignore-column", "gate", "--confirm-doubts"
    )
    assert table(place, "passes") == []
    assert run(place.folder, *both, "--dry-run") == 1
    assert "row 3, 'hello': no known form of a number plate (doubtful)" in capsys.readouterr().out
    assert run(place.folder, *both, "--confirm-doubts") == 0
    assert len(table(place, "passes")) == 4


def test_the_command_line_says_times_of_doubts_and_refusals_in_the_towns_time(
    place: Place, capsys: Output, tmp_path: Path
) -> None:
    """They were UTC: at eight in the evening a pass ended at noon."""
    base = ["--data", str(place.folder)]
    issued = ["pass", "issue", "--plate", "鲁B12345", "--class", "resident", "--to", "2099-05-01T20:00"]
    with place.engine.begin() as connection:
        issue_pass(place.town, connection, plate="鲁B12345", vehicle_class="resident", allowed=None, not_before=datetime.now(UTC),
            expires=datetime.now(UTC) + timedelta(days=3), priority=None, by="cli", now=datetime.now(UTC),
        )  # fmt: skip
    assert main([*base, *issued[:-2]]) == 1
    said = capsys.readouterr().err
    assert re.search(r"valid until 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00 \(--confirm", said)
    file = tmp_path / "list.csv"
    file.write_text("车牌,类别\n鲁B12345,medical\n", encoding="utf-8")
    for command in (["--dry-run"], []):
        assert main([*base, "pass", "import", str(file), *command]) == 1
        said = "".join(capsys.readouterr())
        assert re.search(r"valid until 20\S+\+08:00", said)
        assert not re.search(r"T\d\d:\d\d:\d\d\.\d{3}Z", said)
    assert main([*base, *issued, "--confirm"]) == 1
    assert not re.search(r"\.\d{3}Z", capsys.readouterr().err), "a refusal too"


def test_a_plate_in_a_preview_stands_in_one_line(app: Flask, place: Place) -> None:
    issue(place, "鲁B12345")
    officer = Browser(app, Role.SUPERVISOR)
    long = "x" * 40
    rows = f"车牌,类别\n鲁B12345,medical\n{long},resident\n".encode()
    page = officer.send("/passes/import", {"list": (io.BytesIO(rows), "list.csv")}).text
    assert '<td class="nowrap">鲁B12345</td>' in page
    assert f'<td class="break">{long}' in page


def test_a_watched_plates_pass_is_renewed_or_replaced_only_when_that_is_confirmed(app: Flask, place: Place) -> None:
    supervisor = Browser(app, Role.SUPERVISOR)
    assert supervisor.send("/passes/new", FORM).status_code == 302
    (old,) = [row["id"] for row in table(place, "passes")]
    assert 'name="mark"' not in supervisor.open(f"/passes/{old}").text
    watch(place, "鲁B12345")
    page = supervisor.open(f"/passes/{old}")
    assert "on the watch list: 套牌" in text_of(page)
    for verb, values in (("renew", {}), ("replace", {"reason": "lost"})):
        answer = supervisor.send(f"/passes/{old}/{verb}", values)
        assert answer.status_code == 409
        assert "Nothing is issued yet" in text_of(answer)
        assert len(table(place, "passes")) == 1
    answer = supervisor.send(f"/passes/{old}/replace", {"reason": "lost", "mark": hidden(page, "mark")})
    assert answer.status_code == 302, text_of(answer)
    assert len(table(place, "passes")) == 2
    details = [row["detail"] for row in table(place, "audit") if row["action"] == "pass issued"]
    assert '"confirmed": "on the watch list: 套牌"' in details[-1]


def test_the_command_asks_before_it_renews_a_watched_plates_pass(place: Place, capsys: Output) -> None:
    assert run(place.folder, "pass", "issue", "--class", "resident", "--plate", "鲁B12345") == 0
    (old,) = [row["id"] for row in table(place, "passes")]
    watch(place, "鲁B12345")
    for verb in (("renew", old), ("replace", old, "--reason", "lost")):
        assert "on the watch list: 套牌 (--confirm issues it all the same)" in refused(
            capsys, place.folder, "pass", *verb
        )
    assert len(table(place, "passes")) == 1
    assert run(place.folder, "pass", "renew", old, "--confirm") == 0
    assert len(table(place, "passes")) == 2


def test_the_audit_says_what_was_confirmed_in_the_readers_language(app: Flask, place: Place) -> None:
    watch(place, "鲁B12345")
    issue(place, "鲁B12345")
    officer = Browser(app, Role.OFFICER)
    asked = officer.send("/passes/new", FORM)
    assert officer.send("/passes/new", FORM | {"mark": hidden(asked, "mark")}).status_code == 302
    chinese, english = (text_of(Browser(app, Role.SUPERVISOR, each).open("/audit")) for each in ("zh", "en"))
    assert "在布控名单上：套牌；已有通行证" in chinese
    assert "on the watch list: 套牌; has pass" in english


def test_every_doubt_has_words_in_the_audit() -> None:
    source = Path(doubts.__file__).read_text(encoding="utf-8")
    texts = {text for text in re.findall(r'Words\("([^"]+)"', source) if "%(found)" not in text}
    assert texts - {"doubts that nobody confirmed: %(count)s (%(wrong)s)"} == set(TEXTS)
