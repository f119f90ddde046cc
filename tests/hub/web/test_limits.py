"""An account that is limited to a branch: every address of the console is walked, and none shows anything of another branch."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from hub.accounts.roles import Role
from hub.accounts.store import find_login
from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.console.sealed import seal
from hub.organisation import changes
from hub.organisation.units import Said
from hub.passes.passlist import watch_plate
from hub.web.limits import OPEN
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import send, settle, table
from tests.hub.towns import NOW, Place
from tests.hub.web.test_roles import EXPECTED

MINE, OTHERS = "鲁B11111", "鲁B99999"
TREE = (
    ("town", "大集镇", "", "daji"),
    ("village", "王家村", "daji", "wangjia"),
    ("village", "李家村", "daji", "lijia"),
)


def fill(place: Place) -> None:
    """East belongs to one village, west to another; a vehicle came to each of them, and nowhere else."""
    for gate, plate in (("east", MINE), ("west", OTHERS)):
        visiting = place.gates[gate]
        visiting.visit(plate, NOW - timedelta(minutes=20))
        send(place, visiting)
    came = {row["gate"]: row["visit_id"] for row in table(place, "visits")}
    with place.engine.begin() as connection:
        for level, zh, parent, id_ in TREE:
            changes.add(connection, town="demo", said=Said(level, zh, parent=parent, id=id_), by="u-5", now=NOW)
        for gate, unit in (("east", "wangjia"), ("west", "lijia")):
            changes.put_gate(connection, town="demo", gate=gate, unit=unit, by="u-5", now=NOW)
            about = alerts.About(subject=f"{gate}-subject", visit=came[gate])
            alerts.raise_(connection, "demo", AlertKind.HELP, gate, f"help at {gate}", NOW, about=about)
        watch_plate(
            place.town, connection, OTHERS, deny_in=True, deny_out=True, notify=True, why="secret reason", by="u-5", now=NOW
        )  # fmt: skip


def confine(place: Place, login: str, unit: str | None = "wangjia") -> None:
    with place.engine.begin() as connection:
        user = find_login(connection, login)
        assert user is not None
        changes.put_user(connection, town="demo", user=user.id, unit=unit, confined=unit is not None, by="u-5", now=NOW)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = settle(tmp_path_factory.mktemp("limits"))
    fill(place)
    for login in ("viewer", "officer", "supervisor"):
        confine(place, login)
    yield place
    place.engine.dispose()


@pytest.fixture
def app(town: Place) -> Iterator[Flask]:
    with console(town) as app:
        app.config["WTF_CSRF_ENABLED"] = False
        yield app


def of(place: Place, name: str, gate: str, column: str) -> str:
    return str(next(row for row in table(place, name) if row["gate"] == gate)[column])


def values(app: Flask, place: Place, gate: str, plate: str) -> dict[str, str]:
    """What addresses name of a gate."""
    with app.test_request_context():
        return {
            "visit_id": of(place, "visits", gate, "visit_id"),
            "alert_id": of(place, "alerts", gate, "id"),
            "vehicle": seal("plate", plate),
            "asked": seal("search", plate[1:-1]),
            "unit_id": {"east": "wangjia", "west": "lijia"}[gate],
            "user_id": place.users[Role.VIEWER],
            "list_name": "visits",
            "filename": "kakou.css",
        }


def addresses(known: dict[str, str], method: str) -> dict[str, str]:
    """Every address of the table of roles -> the same with these values in it."""
    return {
        address: re.sub(r"<(?:\w+:)?(\w+)>", lambda found: known.get(found[1], "0"), address)
        for each, address in EXPECTED
        if each == method and address not in ("/logout", "/shift/next-officer")
    }


def secrets(place: Place) -> list[str]:
    """What only the other branch has."""
    return [
        OTHERS, OTHERS[1:], "99999", of(place, "visits", "west", "visit_id"), "help at west", "secret reason", "西门", "李家村",
    ]  # fmt: skip


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OFFICER, Role.SUPERVISOR])
def test_no_address_shows_a_limited_account_anything_of_another_branch(app: Flask, town: Place, role: Role) -> None:
    browser, hidden = Browser(app, role, "zh"), secrets(town)
    shown: dict[str, list[str]] = {}
    for gate, plate in (("east", MINE), ("west", OTHERS)):
        for address, path in addresses(values(app, town, gate, plate), "GET").items():
            if address == "/stream":
                continue
            answer = browser.open(path)
            assert answer.status_code < 500, path
            text = answer.text.replace(path, "")
            if found := [each for each in hidden if each in text]:
                shown[path] = found
    assert shown == {}


@pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR])
def test_no_form_of_a_limited_account_changes_anything_of_another_branch(app: Flask, town: Place, role: Role) -> None:
    browser = Browser(app, role)
    names = (
        "entries",
        "alerts",
        "vehicle_notes",
        "pictures",
        "passes",
        "watched",
        "users",
        "units",
        "gates",
        "conflicts",
    )
    before = {name: table(town, name) for name in names}
    for address, path in addresses(values(app, town, "west", OTHERS), "POST").items():
        if address.startswith(("/login", "/account", "/session", "/preferences", "/setup")):
            continue
        form = {
            "reason": "x",
            "comment": "x",
            "pause": "hour",
            "field": "remark",
            "value": "x",
            "why": "x",
            "note-text": "x",
        }
        answer = browser.client.post(path, data=form)
        assert answer.status_code in (200, 302, 303, 400, 401, 403, 404), (path, answer.status_code)
        assert not [each for each in secrets(town) if each in answer.text.replace(path, "")], path
    after = {name: table(town, name) for name in names}
    sent = [{k: v for k, v in row.items() if k not in ("signed_in_at",)} for row in after["users"]]
    assert sent == [{k: v for k, v in row.items() if k not in ("signed_in_at",)} for row in before["users"]]
    assert {name: after[name] for name in names if name != "users"} == {
        name: before[name] for name in names if name != "users"
    }


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/visits/{visit_id}", 404),
        ("/api/v1/visits/{visit_id}", 404),
        ("/vehicle/{vehicle}", 404),
        ("/vehicle/of-visit/{visit_id}", 404),
        ("/alerts/{alert_id}", 404),
        ("/organisation/units/lijia", 404),
        ("/ledger?unit=lijia", 404),
        ("/ledger?unit=daji", 404),
        ("/figures?unit=lijia", 404),
        ("/?unit=lijia", 404),
        ("/runs", 403),
        ("/conflicts", 403),
        ("/passes", 403),
        ("/audit", 403),
        ("/reports", 403),
        ("/api/v1/entries", 403),
        ("/shifts", 403),
    ],
)
def test_what_is_not_the_branchs_answers_as_if_it_were_not_there(
    app: Flask, town: Place, address: str, status: int
) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    assert browser.open(address.format(**values(app, town, "west", OTHERS))).status_code == status


def test_the_own_branch_is_all_there(app: Flask, town: Place) -> None:
    browser = Browser(app, Role.OFFICER, "zh")
    known = values(app, town, "east", MINE)
    for address in (
        "/",
        "/live/board",
        "/ledger",
        "/inside",
        "/visits/{visit_id}",
        "/vehicle/{vehicle}",
        "/export/visits.csv",
    ):
        answer = browser.open(address.format(**known))
        assert answer.status_code == 200, address
        assert "11111" in answer.text, address
    assert "help at east" in browser.open("/alerts").text
    assert [row["plate"] for row in browser.client.get("/api/v1/visits").get_json()["items"]] == [MINE]
    assert [row["gate"] for row in browser.client.get("/api/v1/gates").get_json()["items"]] == ["east"]
    assert {row["gate"] for row in browser.client.get("/api/v1/figures").get_json()["items"]} == {"east"}


def test_the_header_leads_to_no_page_that_is_closed(app: Flask) -> None:
    tabs = re.search(r'<nav class="tabs".*?</nav>', Browser(app, Role.SUPERVISOR).open("/").text, re.S)
    assert tabs
    assert 'href="/passes"' not in tabs[0]
    assert 'href="/ledger"' in tabs[0]


def test_an_unlimited_account_narrows_by_the_address(app: Flask, town: Place) -> None:
    browser = Browser(app, Role.ADMIN, "zh")
    for address, mine, others in (
        ("/ledger", "11111", "99999"),
        ("/live/board", "11111", "99999"),
        ("/inside", "11111", "99999"),
        ("/alerts", "help at east", "help at west"),
    ):
        assert others in browser.open(address).text, address
        page = browser.open(f"{address}?unit=wangjia").text
        main = page[page.find("<main") : page.find("</main")] if "<main" in page else page
        assert mine in main, address
        assert others not in main, address
    assert browser.open("/ledger?unit=nowhere").status_code == 404
    assert "99999" in browser.open("/ledger?unit=daji").text


def test_figures_of_a_branch_are_those_of_its_gates(app: Flask, town: Place) -> None:
    browser = Browser(app, Role.ADMIN)

    def numbers(address: str) -> list[str]:
        found = re.search(r'<dl class="key-figures">.*?</dl>', browser.open(address).text, re.S)
        assert found
        return re.findall(r">(\d[\d,.]*)<", found[0])

    assert numbers("/figures?unit=wangjia") == [*numbers("/figures?gate=east")[:-1], "1"]
    assert numbers("/figures?unit=daji") == numbers("/figures")


def test_an_account_limited_to_a_unit_that_is_gone_sees_nothing(town: Place, app: Flask) -> None:
    confine(town, "viewer", "lijia")
    with town.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE users SET unit = 'gone' WHERE login = 'viewer'")
    browser = Browser(app, Role.VIEWER)
    assert "99999" not in browser.open("/ledger").text
    assert "11111" not in text_of(browser.open("/"))
    confine(town, "viewer")


def test_every_endpoint_that_is_open_to_limited_accounts_exists(app: Flask) -> None:
    assert sorted(OPEN - {rule.endpoint for rule in app.url_map.iter_rules()}) == []
