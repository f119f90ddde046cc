"""A town without an admin is set up in the browser: by code, step by step, once; who stops in the middle goes on there."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from edge.contract.messages import Bundle
from hub.accounts.roles import Role
from hub.database.engine import writer
from hub.enrolment.officers import add_user, disable_user
from hub.lifecycle.founding import found
from hub.setup.store import Step
from hub.town.settings import Settings
from hub.town.town import Town
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import table
from tests.hub.towns import NOW, PASSWORD, Place

ADMIN = {"name": "陈静", "login": "chen", "password": PASSWORD, "again_password": PASSWORD}
OPERATION = {
    "template": "epidemic",
    "zh": "非洲猪瘟封锁",
    "en": "Swine fever",
    "disinfection": "required",
    "asked": "origin",
}


@dataclass
class Empty:
    """A town as `init --wizard` makes it, with its console, its code and its clock."""

    place: Place
    code: str
    app: Flask = field(init=False)
    now: datetime = NOW

    def browser(self, language: str = "en") -> Browser:
        return Browser(self.app, language=language)

    def first_admin(self) -> Browser:
        """The browser in which the first admin was made."""
        browser = self.browser()
        assert browser.send("/setup/code", {"code": self.code}, page="/setup/code").location == "/setup/admin"
        assert browser.send("/setup/admin", ADMIN, page="/setup/admin").location == "/setup/town"
        return browser

    def all_done(self) -> Browser:
        boss = self.first_admin()
        for step, form in (("town", {"language": "en", "timezone": "Asia/Shanghai"}), ("operation", OPERATION)):
            assert boss.send(f"/setup/{step}", form, page=f"/setup/{step}").status_code == 302
        assert boss.send("/setup/gates/done", {}, page="/setup/gates").location == "/setup/done"
        return boss

    def actions(self) -> list[tuple[str, str]]:
        return [(row["user"], row["action"]) for row in table(self.place, "audit")]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Empty]:
    founded = found(Settings.of({"town": "demo", "language": "en"}, tmp_path / "hub"), NOW, wizard=True)
    engine = writer(founded.town.settings.database_url)
    found_ = Empty(Place(tmp_path / "hub", founded.town, engine, {}, {}), founded.setup_code)
    with console(found_.place, lambda: found_.now) as app:
        found_.app = app
        yield found_
    engine.dispose()


def test_every_page_leads_to_the_code(empty: Empty) -> None:
    browser = empty.browser()
    for address in ("/", "/login", "/ledger", "/accounts", "/setup/town", "/nowhere"):
        assert browser.open(address).location == "/setup", address
    assert browser.open("/setup").location == "/setup/code"
    assert browser.open("/setup/admin").location == "/setup/code"
    assert browser.open("/healthz").status_code == 200
    assert browser.client.get("/live/board", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/setup"


def test_from_the_code_to_the_last_page(empty: Empty) -> None:
    boss = empty.all_done()
    text = text_of(boss.open("/setup/done"))
    for words in ("Swine fever", "None yet.", "install-gate", "Accounts"):
        assert words in text
    assert boss.send("/setup/done", {}, page="/setup/done").location == "/"
    assert boss.open("/").status_code == 200
    for address in (
        "/setup",
        "/setup/code",
        "/setup/admin",
        "/setup/town",
        "/setup/operation",
        "/setup/gates",
        "/setup/done",
    ):
        assert boss.open(address).status_code == 404, address
    done = empty.actions()
    assert ("setup", "setup code used") in done
    assert ("setup", "user added") in done
    assert [action for user, action in done if user == "u-1"] == [
        "display set up", "operation set up", "setup finished",
    ]  # fmt: skip


def test_nobody_goes_on_with_a_code_that_was_used(empty: Empty) -> None:
    first, second = empty.browser(), empty.browser()
    first.send("/setup/code", {"code": empty.code}, page="/setup/code")
    answer = second.send("/setup/code", {"code": empty.code}, page="/setup/code")
    assert answer.status_code == 401
    assert "wrong, used or older" in text_of(answer)
    assert second.open("/setup/admin").location == "/setup/code"
    assert second.send("/setup/admin", ADMIN, page="/setup/code").location == "/setup/code"
    assert table(empty.place, "users") == []


def test_the_right_to_make_the_first_admin_ends_with_the_day(empty: Empty) -> None:
    browser = empty.browser()
    browser.send("/setup/code", {"code": empty.code}, page="/setup/code")
    assert browser.open("/setup/admin").status_code == 200
    empty.now += timedelta(hours=24)
    assert browser.open("/setup/admin").location == "/setup/code"


def test_guessing_codes_becomes_slow(empty: Empty) -> None:
    browser = empty.browser()
    answers = [browser.send("/setup/code", {"code": "0000"}, page="/setup/code").status_code for _ in range(8)]
    assert answers[0] == 401
    assert answers[-1] == 429
    right = browser.send("/setup/code", {"code": empty.code}, page="/setup/code")
    assert right.status_code == 429, "the right one waits as well"
    empty.now += timedelta(minutes=10)
    assert browser.send("/setup/code", {"code": empty.code}, page="/setup/code").status_code == 302


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"login": "Chen Jing"}, "expected 1 to 32"),
        ({"password": "short", "again_password": "short"}, "at least 12"),
        ({"again_password": "another one"}, "The two differ."),
        ({"name": ""}, "Enter the person's name."),
    ],
)
def test_a_bad_first_admin_is_one_line_and_nobody_is_made(empty: Empty, form: dict[str, str], says: str) -> None:
    browser = empty.browser()
    browser.send("/setup/code", {"code": empty.code}, page="/setup/code")
    answer = browser.send("/setup/admin", ADMIN | form, page="/setup/admin")
    assert answer.status_code in (400, 409)
    assert says in text_of(answer)
    assert table(empty.place, "users") == []
    assert browser.send("/setup/admin", ADMIN, page="/setup/admin").status_code == 302


def test_there_is_one_first_admin(empty: Empty) -> None:
    boss = empty.first_admin()
    assert boss.open("/setup/admin").status_code == 404
    assert empty.browser().open("/setup/code").status_code == 404
    # not even after the only admin was disabled in the database: then the command line makes another
    assert [row["role"] for row in table(empty.place, "users")] == ["admin"]


def test_an_admin_of_the_command_line_ends_the_code(empty: Empty) -> None:
    browser = empty.browser()
    browser.send("/setup/code", {"code": empty.code}, page="/setup/code")
    with empty.place.engine.begin() as connection:
        add_user(
            empty.place.town, connection, login="boss", name="李", role="admin", password=PASSWORD, by="cli", now=NOW
        )
    assert browser.send("/setup/admin", ADMIN, page="/login").status_code == 404
    assert len(table(empty.place, "users")) == 1
    boss = Browser(empty.app, Role.ADMIN)
    assert boss.open("/setup").location == "/setup/town"


def test_the_steps_are_the_admins_alone(empty: Empty) -> None:
    boss = empty.first_admin()
    with empty.place.engine.begin() as connection:
        add_user(
            empty.place.town,
            connection,
            login="supervisor",
            name="李",
            role="supervisor",
            password=PASSWORD,
            by="cli",
            now=NOW,
        )
    other = Browser(empty.app, Role.SUPERVISOR)
    for step in ("town", "operation", "gates", "done"):
        assert other.open(f"/setup/{step}").status_code == 403
        assert empty.browser().open(f"/setup/{step}").location.startswith("/login")
    assert "not set up yet" in text_of(boss.open("/ledger"))
    assert "not set up yet" not in text_of(other.open("/ledger"))


def test_who_stops_in_the_middle_goes_on_there_and_can_go_back(empty: Empty) -> None:
    boss = empty.first_admin()
    boss.send("/setup/town", {"language": "zh", "timezone": "Asia/Urumqi"}, page="/setup/town")
    later = Browser(empty.app)
    answer = later.send("/login?next=/setup", {"login": "chen", "password": PASSWORD})
    assert answer.location == "/setup"
    assert later.open("/setup").location == "/setup/operation"
    assert later.open("/setup/done").location == "/setup/operation"
    page = later.open("/setup/town").text
    assert '<option selected value="Asia/Urumqi">' in page, "what was chosen stands there"
    later.send("/setup/town", {"language": "en", "timezone": "Asia/Shanghai"}, page="/setup/town")
    assert Settings.load(empty.place.folder).timezone == "Asia/Shanghai"
    assert later.open("/setup").location == "/setup/operation"


def test_the_pages_speak_as_was_chosen_at_once(empty: Empty) -> None:
    boss = empty.first_admin()
    boss.send("/setup/town", {"language": "zh", "timezone": "Asia/Shanghai"}, page="/setup/town")
    fresh = empty.app.test_client()
    assert "登录" in fresh.get("/login").text


@pytest.mark.parametrize("form", [{"timezone": "Mars/Olympus"}, {"language": "fr"}])
def test_a_bad_display_changes_nothing(empty: Empty, form: dict[str, str]) -> None:
    boss = empty.first_admin()
    before = (empty.place.folder / "hub.toml").read_bytes()
    answer = boss.send("/setup/town", {"language": "en", "timezone": "UTC"} | form, page="/setup/town")
    assert answer.status_code == 400
    assert (empty.place.folder / "hub.toml").read_bytes() == before
    assert boss.open("/setup").location == "/setup/town"


def test_the_operation_stands_in_the_form_again(empty: Empty) -> None:
    boss = empty.first_admin()
    boss.send("/setup/town", {"language": "en", "timezone": "Asia/Shanghai"}, page="/setup/town")
    form = OPERATION | {"disinfection": "optional", "ends": "2026-09-01T00:00", "asked": "driver"}
    assert boss.send("/setup/operation", form, page="/setup/operation").location == "/setup/gates"
    rules = Town.open(empty.place.folder).rules
    assert (rules.en, rules.asked, rules.ends) == ("Swine fever", ("driver",), "2026-08-31T16:00:00.000Z")
    page = boss.open("/setup/operation").text
    assert 'value="Swine fever"' in page
    assert 'value="2026-09-01T00:00"' in page
    assert re.search(r'<option selected value="optional">', page)
    park = OPERATION | {"template": "chemical_park", "en": "Park"}
    assert boss.send("/setup/operation", park, page="/setup/operation").location == "/setup/gates"
    assert [each.id for each in Town.open(empty.place.folder).rules.fields][:2] == ["x_waybill", "x_un_number"]
    assert re.search(r'<option selected value="chemical_park">', boss.open("/setup/operation").text)
    assert (
        boss.send("/setup/operation", OPERATION | {"template": "locusts"}, page="/setup/operation").status_code == 400
    )


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"ends": "2020-01-01T00:00"}, "later than now"),
        ({"ends": "soon"}, "Not a valid datetime"),
        ({"en": ""}, "Enter a name."),
        ({"disinfection": "sometimes"}, "Not a valid choice"),
        ({"asked": "blood group"}, ""),
    ],
)
def test_a_bad_operation_changes_nothing(empty: Empty, form: dict[str, str], says: str) -> None:
    boss = empty.first_admin()
    before = (empty.place.folder / "operation.toml").read_bytes()
    answer = boss.send("/setup/operation", OPERATION | form, page="/setup/operation")
    assert answer.status_code == 400
    assert says in text_of(answer)
    assert (empty.place.folder / "operation.toml").read_bytes() == before


def test_rules_of_ones_own_are_kept(empty: Empty) -> None:
    boss = empty.first_admin()
    file = empty.place.folder / "operation.toml"
    file.write_text(file.read_text("utf-8") + "# mine\n", "utf-8")
    before = file.read_bytes()
    assert "changed by hand" in text_of(boss.open("/setup/operation"))
    assert boss.send("/setup/operation", OPERATION, page="/setup/operation").status_code == 409
    assert boss.send("/setup/operation", {"keep": "1"}, page="/setup/operation").status_code == 302
    assert file.read_bytes() == before


def test_a_gate_is_added_and_its_bundle_given_out_once(empty: Empty) -> None:
    boss = empty.first_admin()
    form = {"gate": "east", "zh": "东门", "en": "East", "once": "a"}
    assert boss.send("/setup/gates", form, page="/setup/gates").status_code == 302
    boss.send("/setup/gates", form, page="/setup/gates")
    assert [row["gate"] for row in table(empty.place, "gates")] == ["east"], "the same form sent again adds none"
    answer = boss.send("/setup/gates/east/bundle", {}, page="/setup/gates")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == "attachment; filename=east.bundle.json"
    bundle = Bundle.model_validate_json(answer.data)
    assert (bundle.town, bundle.gate) == ("demo", "east")
    assert empty.actions()[-1] == ("u-1", "gate bundled")
    again = boss.send("/setup/gates/east/bundle", {}, page="/setup/gates")
    assert again.location == "/setup/gates"
    text = text_of(boss.open("/setup/gates"))
    assert "was downloaded at" in text
    assert "Bundle downloaded" in text
    assert boss.send("/setup/gates/nowhere/bundle", {}, page="/setup/gates").status_code == 404
    assert bundle.signing_key not in json.dumps(table(empty.place, "setups") + table(empty.place, "audit"))


@pytest.mark.parametrize(
    ("gate", "says"), [("East Gate", "expected 1 to 32"), ("hub", "not 'hub'"), ("", "Enter an id."), ("x" * 33, "32")]
)
def test_a_bad_gate_is_one_line(empty: Empty, gate: str, says: str) -> None:
    boss = empty.first_admin()
    answer = boss.send("/setup/gates", {"gate": gate}, page="/setup/gates")
    assert answer.status_code in (400, 409)
    assert says in text_of(answer)
    assert table(empty.place, "gates") == []


def test_a_gate_that_is_there_is_one_line(empty: Empty) -> None:
    boss = empty.first_admin()
    boss.send("/setup/gates", {"gate": "east"}, page="/setup/gates")
    assert "there is one already" in text_of(boss.send("/setup/gates", {"gate": "east"}, page="/setup/gates"))


def test_where_the_pages_may_not_make_keys_they_say_what_to_run(empty: Empty) -> None:
    boss = empty.first_admin()
    # as systemd hides it from kakou-web
    (empty.place.folder / "ca" / "ca.key").rename(empty.place.folder / "ca.key.hidden")
    answer = boss.send("/setup/gates", {"gate": "east", "zh": "东门; rm -rf /"}, page="/setup/gates")
    assert answer.status_code == 409
    text = text_of(answer)
    assert f"sudo kakou-hub --data {empty.place.folder} gate add east --zh '东门; rm -rf /'" in text
    assert "gate bundle east --out - > east.bundle.json" in text
    assert table(empty.place, "gates") == []


def test_a_step_that_is_left_out_is_not_finished(empty: Empty) -> None:
    boss = empty.first_admin()
    assert boss.send("/setup/done", {}, page="/setup/town").location == "/setup/town"
    assert table(empty.place, "setups")[0]["finished_at"] is None
    assert list(Step) == ["town", "operation", "gates"]


def test_a_town_of_the_command_line_never_opens_it(place: Place) -> None:
    with console(place) as app:
        browser = Browser(app)
        assert browser.open("/login").status_code == 200
        assert browser.open("/setup").status_code == 404
        assert Browser(app, Role.ADMIN).open("/setup/town").status_code == 404


def test_a_finished_town_whose_admins_are_gone_does_not_open_again(empty: Empty) -> None:
    boss = empty.all_done()
    boss.send("/setup/done", {}, page="/setup/done")
    with empty.place.engine.begin() as connection:
        add_user(
            empty.place.town, connection, login="li", name="李", role="admin", password=PASSWORD, by="cli", now=NOW
        )
        disable_user(empty.place.town, connection, "u-1", by="cli", now=NOW)
    assert empty.browser().open("/login").status_code == 200
    assert empty.browser().open("/setup").status_code == 404
