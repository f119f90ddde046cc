"""A typo in operation.toml, or whatever else stands in its place, ends nothing: the rules published last hold, and every page says so."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy.exc import OperationalError

from hub.accounts.roles import Role
from hub.backup.make import backup
from hub.cli import main
from hub.database.engine import UnusableError, reader
from hub.downlink import signed_lists
from hub.enrolment.gates import add_gate, retire_gate
from hub.errors import HubError
from hub.gates.policy import publish_policy, rules_in_force
from hub.town.default_operation import default_text
from hub.town.fresh_rules import FreshTown
from hub.town.operation import Rules
from hub.town.operation_file import FILE, LONGEST
from hub.town.town import Town
from tests.hub.backups import restored
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import table
from tests.hub.passes.test_store import issue
from tests.hub.serving import Client, serving
from tests.hub.towns import NOW, Place

Output = pytest.CaptureFixture[str]


def _appended(text: str) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")

    return damage


def _a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _a_link(file: Path) -> None:
    file.unlink()
    file.symlink_to("nowhere.toml")


LINES = default_text("").count("\n") + 1
"""The line that stands behind a new town's file."""
DAMAGES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "no TOML": (_appended("x = = 1\n"), f"line {LINES}, column 5: not TOML", f"第 {LINES} 行第 5 列不是有效的 TOML"),
    "cut off": (_appended('x = "'), "at its end: not TOML", "结尾处不是有效的 TOML"),
    "unknown key": (_appended("colour = 1\n"), "key agents.2.colour: there is no such key", "没有这个键"),
    "out of range": (_appended("shelf_hours_ = 1\n"), "key agents.2.shelf_hours_: there is no", "没有这个键"),
    "not a number": (
        lambda file: file.write_text(file.read_text().replace("spray_seconds = 10", 'spray_seconds = "x"')),
        "key spray_seconds: expected a number, found 'x'",
        "应为数字",
    ),
    "below the least": (
        lambda file: file.write_text(file.read_text().replace("spray_seconds = 10", "spray_seconds = 0")),
        "key spray_seconds: expected more than 0, found 0",
        "应大于 0",
    ),
    "twice": (
        _appended('[[classes]]\nnumber = 1\nid = "again"\nzh = ""\nen = ""'),
        "class number 1 occurs twice",
        "出现两次",
    ),
    "a number without end": (_appended(f"x = {'9' * 5000}\n"), "not TOML", "不是有效的 TOML"),
    "brackets without end": (_appended(f"x = {'[' * 5000}\n"), "not TOML", "不是有效的 TOML"),
    "not UTF-8": (
        lambda file: file.write_bytes(b'id = "a"\nzh = "\xb7\xe2"\n'),
        "line 2: not UTF-8",
        "第 2 行不是 UTF-8",
    ),
    "missing": (Path.unlink, "there is no such file", "没有这个文件"),
    "empty": (lambda file: file.write_bytes(b""), "key id: it is missing", "缺少"),
    "a folder": (_a_folder, "a folder, or something else", "是文件夹"),
    "a pipe": (_a_pipe, "a folder, or something else", "是文件夹"),
    "a broken link": (_a_link, "there is no such file", "没有这个文件"),
    "too long": (_appended("#" * LONGEST), f"expected {LONGEST} bytes at most", "字节"),
}
each_damage = pytest.mark.parametrize("what", sorted(DAMAGES))


def damage(place: Place, what: str) -> Path:
    file = place.folder / FILE
    DAMAGES[what][0](file)
    return file


def rules_alerts(place: Place) -> list[tuple[int, bool]]:
    """Of each alert about the rules: how often it was raised, and if it is over."""
    return [(row["times"], row["ended_at"] is not None) for row in table(place, "alerts") if row["what"] == "rules"]


@each_damage
def test_the_console_starts_with_the_rules_published_last_and_says_what_is_wrong(place: Place, what: str) -> None:
    rules = place.town.rules
    damage(place, what)
    with console(place) as app:
        assert rules_alerts(place) == [(1, False)], "raised before anybody opens a page"
        assert app.extensions["kakou"].opened.rules == rules
        for language, said, holds in (
            ("en", DAMAGES[what][1], "the last published rules hold"),
            ("zh", DAMAGES[what][2], "仍按最后发布的规则执行"),
        ):
            officer = Browser(app, Role.OFFICER, language)
            page = text_of(officer.open("/passes"))
            assert said in page
            assert page.count(holds) == 1, "one line, not an alert beside it that says the same"
            assert said in text_of(officer.open("/alerts"))
        form = {"plate": "鲁B77777", "vehicle_class": "resident", "not_before": "2026-03-01T12:00", "expires": ""}
        assert officer.send("/passes/new", form).status_code == 302, "passes are issued on"
        assert "operation.toml" not in text_of(Browser(app).open("/login")), "nothing for strangers"


def test_a_console_that_starts_again_and_again_raises_one_alert(place: Place) -> None:
    damage(place, "no TOML")
    for _ in range(3):
        with console(place) as app:
            Browser(app, Role.OFFICER).open("/")
    assert rules_alerts(place) == [(1, False)]


def test_the_file_is_taken_up_without_a_restart_when_it_is_right_again_and_the_alert_is_over(place: Place) -> None:
    file = place.folder / FILE
    good = file.read_text(encoding="utf-8")
    with console(place) as app:
        officer = Browser(app, Role.OFFICER)
        assert "cannot be used" not in text_of(officer.open("/"))
        damage(place, "unknown key")
        assert "cannot be used: the last published rules hold" in text_of(officer.open("/"))
        assert rules_alerts(place) == [(1, False)]
        damage(place, "no TOML")
        officer.open("/")
        assert rules_alerts(place) == [(2, False)], "another fault counts"
        file.write_text(good.replace("default_days = 30", "default_days = 29", 1), encoding="utf-8")
        assert "the last published rules hold" not in text_of(officer.open("/"))
        assert rules_alerts(place) == [(2, True)]
        resident = app.extensions["kakou"].opened.rules.class_named("resident")
        assert resident.default_days == 29


def test_what_was_edited_and_not_published_does_not_hold_once_the_file_is_broken(place: Place) -> None:
    file = place.folder / FILE
    published = place.town.rules
    source = FreshTown(Town.open(place.folder), lambda: published)
    file.write_text(file.read_text(encoding="utf-8").replace("stale_hours = 24", "stale_hours = 23"), encoding="utf-8")
    assert source.current().rules.stale_hours == 23
    damage(place, "no TOML")
    assert source.current().rules == published


def test_rules_that_can_be_read_nowhere_are_one_line_and_no_page_fails(place: Place) -> None:
    with place.engine.begin() as connection:
        issued = issue(place, connection)
        connection.exec_driver_sql("DELETE FROM published WHERE kind = 'policy'")
    file = damage(place, "no TOML")
    with console(place) as app:
        officer = Browser(app, Role.OFFICER)
        for path in ("/", "/passes", "/ledger", "/alerts"):
            assert officer.open(path).status_code == 200, path
        answer = officer.open(f"/passes/{issued.id}/card.pdf")
        assert answer.status_code == 409
        assert "no rules were published" in text_of(answer)
        file.unlink()
        file.write_text("", encoding="utf-8")


def test_a_database_that_cannot_be_read_leaves_the_rules_read_before(place: Place) -> None:
    def broken() -> Rules | None:
        raise UnusableError("SELECT", None, OperationalError("x", None, Exception("disk I/O error")))

    source = FreshTown(Town.open(place.folder), broken)
    held = source.current().rules
    damage(place, "no TOML")
    assert source.current().rules == held


@each_damage
def test_a_published_policy_gives_back_every_rule_and_publishing_is_refused(
    place: Place, capsys: Output, what: str
) -> None:
    with place.engine.begin() as connection:
        assert signed_lists.published_rules(connection, "demo") == place.town.rules
        version = signed_lists.versions(connection, "demo")["policy"]
    damage(place, what)
    assert main(["--data", str(place.folder), "operation", "publish"]) == 1
    said = capsys.readouterr().err
    assert re.fullmatch(rf"kakou-hub: {place.folder}/operation\.toml: [^\n]+\n", said)
    assert len(said) < 400, "a line, not the file"
    with place.engine.begin() as connection:
        assert signed_lists.versions(connection, "demo")["policy"] == version


@pytest.mark.parametrize("what", ["no TOML", "missing", "a folder", "a pipe"])
def test_commands_that_need_no_rules_do_not_read_them(place: Place, tmp_path: Path, what: str) -> None:
    """A stolen gate is retired, a user disabled and a backup made whatever the file says; the gates hear of it."""
    damage(place, what)
    base = ["--data", str(place.folder)]
    for command in (
        ["verify"],
        ["export", "--out", str(tmp_path / "visits.csv")],
        ["gate", "list"],
        ["gate", "add", "fifth", "--zh", "五", "--en", "Fifth"],
        ["gate", "bundle", "fifth", "--out", str(tmp_path / "fifth.bundle")],
        ["gate", "retire", "west"],
        ["user", "disable", "officer"],
        ["backup"],
        ["rebuild"],
    ):
        assert main([*base, *command]) == 0, command
    with place.engine.begin() as connection:
        policy = signed_lists.current_policy(connection, "demo")
    assert policy is not None
    assert {"fifth", "east"} <= policy.gates.keys()
    assert "west" not in policy.gates
    assert place.users[Role.OFFICER] not in {each.id for each in policy.officers}


def test_adding_a_gate_publishes_no_rule_that_nobody_published(place: Place) -> None:
    file = place.folder / FILE
    file.write_text(file.read_text(encoding="utf-8").replace("stale_hours = 24", "stale_hours = 23"), encoding="utf-8")
    town = Town.open(place.folder)
    with place.engine.begin() as connection:
        add_gate(town, connection, "fifth", zh="五", en="Fifth", by="cli", now=NOW)
        policy = signed_lists.current_policy(connection, "demo")
        assert policy is not None
        assert policy.stale_hours == 24
        assert policy.timezone == town.settings.timezone == "Asia/Shanghai"
        published = publish_policy(town, connection, NOW).policy()
        assert (published.stale_hours, published.timezone) == (23, "Asia/Shanghai")


def test_a_gate_that_a_class_names_can_be_retired(place: Place) -> None:
    file = place.folder / FILE
    text = '[[classes]]\nnumber = 99\nid = "x"\nzh = ""\nen = ""\ngates = ["west"]\n'
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")
    town = Town.open(place.folder)
    with place.engine.begin() as connection:
        publish_policy(town, connection, NOW)
        retire_gate(town, connection, "west", by="cli", now=NOW)
        with pytest.raises(HubError, match="class x: there is no gate 'west'"):
            publish_policy(town, connection, NOW)


def test_a_pass_is_issued_at_the_command_line_by_the_rules_published_last(place: Place, capsys: Output) -> None:
    damage(place, "unknown key")
    assert main(["--data", str(place.folder), "pass", "issue", "--plate", "鲁B77777", "--class", "emergency"]) == 0
    said = capsys.readouterr()
    assert said.err == f"{place.folder}/operation.toml: agents.2.colour: unknown key: the last published rules hold\n"
    assert len(table(place, "passes")) == 1


def test_a_mark_before_the_text_as_windows_puts_it_is_no_fault(place: Place) -> None:
    file = place.folder / FILE
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert Rules.load(place.folder) == place.town.rules


@pytest.mark.parametrize(("command", "what_runs"), [("listener", "listen"), ("serve", "serve"), ("web", "os.execv")])
def test_what_runs_for_months_starts(
    place: Place, monkeypatch: pytest.MonkeyPatch, command: str, what_runs: str
) -> None:
    damage(place, "no TOML")
    started: list[object] = []
    monkeypatch.setattr(f"hub.commands.running.{what_runs}", lambda *given: started.append(given))
    monkeypatch.setattr("hub.commands.running.check_free", lambda *_given: None)
    monkeypatch.setattr("hub.commands.running.until_told", Event)
    monkeypatch.chdir(place.folder)
    monkeypatch.setenv("KAKOU_HUB_DATA", "")
    main(["--data", str(place.folder), command])
    assert len(started) == 1


def test_the_consoles_process_answers(place: Place) -> None:
    damage(place, "unknown key")
    with serving(place) as served:
        assert Client(served.port).log_in() == 302


@pytest.mark.parametrize("what", ["no TOML", "missing", "a folder", "a broken link"])
def test_a_backup_of_a_town_without_usable_rules_is_a_town_again(place: Place, tmp_path: Path, what: str) -> None:
    rules = place.town.rules
    damage(place, what)
    file = backup(place.town, tmp_path / "b.age", NOW).file
    restored(tmp_path / "again", file, NOW)
    town = Town.open(tmp_path / "again")
    engine = reader(town.settings.database_url)
    with engine.connect() as connection:
        assert rules_in_force(town, connection) == rules
    engine.dispose()
