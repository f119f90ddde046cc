"""What the steps write: hub.toml and operation.toml, changed and not made anew, and never over what somebody wrote by hand."""

import tomllib
from datetime import datetime
from pathlib import Path

import pytest

from edge.contract.facts import Disinfection
from hub.database.engine import writer
from hub.downlink import signed_lists
from hub.enrolment.bundle import makes_keys
from hub.errors import RefusedError
from hub.lifecycle.founding import found
from hub.setup import store
from hub.setup.display import write_display
from hub.setup.rules import write_rules, written_by_hand
from hub.town.default_operation import OperationChoices, default_text
from hub.town.fresh_rules import FreshTown
from hub.town.operation import Rules
from hub.town.settings import Settings
from hub.town.town import Town
from tests.hub.towns import NOW


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return found(Settings.of({"town": "demo", "language": "en"}, tmp_path / "hub"), NOW, wizard=True).town


def write(town: Town, choices: OperationChoices, now: datetime = NOW) -> None:
    engine = writer(town.settings.database_url)
    try:
        with engine.begin() as connection:
            write_rules(town, connection, choices, by="u-1", now=now)
    finally:
        engine.dispose()


def setup(town: Town) -> store.Setup:
    engine = writer(town.settings.database_url)
    try:
        with engine.begin() as connection:
            found = store.find(connection, "demo")
    finally:
        engine.dispose()
    assert found is not None
    return found


def rules_of(town: Town) -> Rules:
    return Rules.load(town.settings.folder)


def test_two_lines_of_the_settings_change_and_everything_else_stays(town: Town) -> None:
    file = town.settings.folder / "hub.toml"
    before = file.read_text("utf-8")
    after = write_display(town.settings, language="zh", timezone="Asia/Urumqi")
    assert (after.language, after.timezone) == ("zh", "Asia/Urumqi")
    text = file.read_text("utf-8")
    assert Settings.load(town.settings.folder) == after
    differing = [old for old, new in zip(before.splitlines(), text.splitlines(), strict=True) if old != new]
    assert [line.split()[0] for line in differing] == ["timezone", "language"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_settings_that_leave_the_lines_out_get_them_above_the_sections(town: Town) -> None:
    file = town.settings.folder / "hub.toml"
    file.write_text('town = "demo"\n[web]\nport = 8001\n', "utf-8")
    write_display(Settings.load(town.settings.folder), language="en", timezone="UTC")
    data = tomllib.loads(file.read_text("utf-8"))
    assert data == {"town": "demo", "timezone": "UTC", "language": "en", "web": {"port": 8001}}


def test_a_running_console_speaks_as_the_file_says_and_listens_where_it_did(town: Town) -> None:
    fresh = FreshTown(town, lambda: None)
    file = town.settings.folder / "hub.toml"
    write_display(town.settings, language="zh", timezone="Asia/Urumqi")
    file.write_text(file.read_text("utf-8").replace("port = 8000", "port = 8123"), "utf-8")
    shown = fresh.current().settings
    assert (shown.language, shown.timezone, shown.web.port) == ("zh", "Asia/Urumqi", 8000)
    file.write_text("nothing = [", "utf-8")
    assert fresh.current().settings == shown, "a damaged file changes nothing"


@pytest.mark.parametrize("rule", list(Disinfection))
def test_the_template_takes_the_rule_and_loosens_no_class_that_has_less(town: Town, rule: Disinfection) -> None:
    choices = OperationChoices(
        zh='测试"一\\', en="A test", disinfection=rule, asked=("driver",), ends="2027-01-01T00:00:00.000Z"
    )
    write(town, choices)
    rules = rules_of(town)
    assert (rules.zh, rules.en, rules.asked) == ('测试"一\\', "A test", ("driver",))
    assert rules.ends == "2027-01-01T00:00:00.000Z"
    found = {each.id: each.disinfection for each in rules.classes}
    strictness = list(Disinfection)
    assert found["resident"] is rule
    assert found["medical"] is max(rule, Disinfection.OPTIONAL, key=strictness.index)
    assert found["emergency"] is Disinfection.OFF
    engine = writer(town.settings.database_url)
    with engine.begin() as connection:
        published = signed_lists.current_policy(connection, "demo")
    engine.dispose()
    assert published is not None
    assert published.operation.zh == '测试"一\\', "the gates receive it"


def test_without_a_choice_the_template_is_what_init_writes() -> None:
    assert default_text("2026-03-01T00:00:00.000Z") == default_text("2026-03-01T00:00:00.000Z", OperationChoices())
    assert 'zh = "封控管理"' in default_text("x")
    assert default_text("x").count("disinfection = ") == 2


def test_what_somebody_wrote_by_hand_stays(town: Town) -> None:
    write(town, OperationChoices(zh="一"))
    assert not written_by_hand(town.settings, setup(town))
    write(town, OperationChoices(zh="二"))
    file = town.settings.folder / "operation.toml"
    by_hand = file.read_text("utf-8") + "# mine\n"
    file.write_text(by_hand, "utf-8")
    assert written_by_hand(town.settings, setup(town))
    with pytest.raises(RefusedError, match="by hand"):
        write(town, OperationChoices(zh="三"))
    assert file.read_text("utf-8") == by_hand


def test_rules_that_cannot_be_published_leave_the_file_as_it_was(town: Town) -> None:
    file = town.settings.folder / "operation.toml"
    before = file.read_bytes()
    with pytest.raises(RefusedError, match="expected a time after starts"):
        write(town, OperationChoices(ends="2020-01-01T00:00:00.000Z"))
    assert file.read_bytes() == before
    assert not written_by_hand(town.settings, setup(town))


def test_pages_that_may_not_read_the_keys_know_it(town: Town) -> None:
    assert makes_keys(town.settings)
    (town.settings.folder / "ca" / "ca.key").unlink()
    assert not makes_keys(town.settings)
