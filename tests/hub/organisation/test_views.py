"""The organisation's pages: the tree, a unit, its forms, the levels, the import of a list."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from hub.accounts.roles import Role
from hub.organisation import store
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import settle, table
from tests.hub.organisation.test_importing import BY_LEVEL
from tests.hub.organisation.test_store import fill, unit
from tests.hub.towns import Place


@pytest.fixture
def place(tmp_path: object) -> Iterator[Place]:
    found = settle(tmp_path)  # type: ignore[arg-type]  # a path
    fill(found)
    yield found
    found.engine.dispose()


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with console(place) as app:
        yield app


@pytest.fixture
def admin(app: Flask) -> Browser:
    return Browser(app, Role.ADMIN)


def form(browser: Browser, address: str, **changed: str) -> dict[str, str]:
    """The values of a unit's form, with some changed."""
    page = browser.open(address).text
    version = re.search(r'name="version" value="(\d+)"', page)
    shown = {"zh": "王家村", "en": "Wangjia", "level": "village", "parent": "east", "position": "0", "remark": ""}
    return {**shown, **changed, **({"version": version[1]} if version else {})}


def test_the_tree_is_shown_to_everybody_and_changed_by_admins(app: Flask, admin: Browser) -> None:
    viewer = Browser(app, Role.VIEWER)
    page = text_of(viewer.open("/organisation"))
    assert page.index("West area") < page.index("East area") < page.index("Wangjia")
    assert "Add a unit" not in page
    assert "Add a unit" in text_of(admin.open("/organisation"))
    assert viewer.send("/organisation/new", {"level": "village", "zh": "新村"}).status_code == 403


def test_a_branch_and_a_search(admin: Browser) -> None:
    branch = text_of(admin.open("/organisation?unit=wangjia"))
    assert "Grid 1" in branch
    assert "West area" not in branch.partition("Search")[2]
    found = text_of(admin.open("/organisation?search=grid"))
    assert "Daji / East area / Wangjia / Grid 1" in found
    assert admin.open("/organisation?unit=nowhere").status_code == 404


def test_a_unit_is_added_below_another(admin: Browser, place: Place) -> None:
    assert 'value="wangjia" selected' in re.sub(
        r"selected value=(\S+)>", r"value=\1 selected>", admin.open("/organisation/new?parent=wangjia").text
    )
    sent = {"level": "grid", "zh": "第二网格", "parent": "wangjia", "id": "wangjia-g2", "position": "2"}
    answer = admin.send("/organisation/new", sent)
    assert answer.headers["Location"] == "/organisation/units/wangjia-g2"
    assert unit(place, "wangjia-g2").path == "daji/east/wangjia/wangjia-g2/"
    again = admin.send("/organisation/new", sent)
    assert again.status_code == 409
    assert "there is one already" in text_of(again)


def test_a_unit_is_moved_closed_and_opened_again(admin: Browser, place: Place) -> None:
    here = "/organisation/units/wangjia"
    admin.send(f"{here}/change", form(admin, here, parent="west"))
    assert unit(place, "wangjia-g1").path == "daji/west/wangjia/wangjia-g1/"
    admin.send(f"{here}/close", form(admin, here))
    assert "1 units below it are open" in text_of(admin.open(here))
    below = "/organisation/units/wangjia-g1"
    admin.send(f"{below}/close", form(admin, below))
    assert unit(place, "wangjia-g1").closed_at is not None
    admin.send(f"{below}/close", {**form(admin, below), "open": "1"})
    assert unit(place, "wangjia-g1").closed_at is None


def test_a_form_for_an_older_version_changes_nothing(admin: Browser, place: Place) -> None:
    here = "/organisation/units/wangjia"
    old = form(admin, here, zh="甲村")
    admin.send(f"{here}/change", form(admin, here, zh="乙村"))
    admin.send(f"{here}/change", old)
    assert unit(place, "wangjia").zh == "乙村"
    assert "somebody else changed this unit" in text_of(admin.open(here))


def test_gates_are_ticked_into_a_unit(admin: Browser, place: Place) -> None:
    admin.send("/organisation/units/wangjia/gates", {"gate": "east"})
    with place.engine.begin() as connection:
        assert store.units_of_gates(connection, "demo")["east"] == "wangjia"
    admin.send("/organisation/units/wangjia/gates", {})
    with place.engine.begin() as connection:
        assert store.units_of_gates(connection, "demo")["east"] is None


def test_levels_are_named_by_the_town(admin: Browser, place: Place) -> None:
    token = admin.token("/organisation/levels")
    rows = [
        ("town", "镇", "Town"),
        ("area", "社区", "Community"),
        ("village", "村", "Village"),
        ("grid", "网格", "Grid"),
    ]
    data: dict[str, list[str]] = {"csrf_token": [token], "id": [], "zh": [], "en": [], "place": []}
    for number, (id_, zh, en) in enumerate(rows):
        for name, value in (("id", id_), ("zh", zh), ("en", en), ("place", str(number))):
            data[name].append(value)
    admin.client.post("/organisation/levels", data=data)
    assert "Community" in text_of(admin.open("/organisation"))
    assert len(table(place, "unit_levels")) == 4


def test_a_list_is_looked_at_then_added(admin: Browser, place: Place) -> None:
    looked = admin.send("/organisation/import", {"list": (open_(BY_LEVEL), "units.csv")})
    assert looked.status_code == 200, text_of(looked)
    assert "4 new units, 3 there already" in text_of(looked)
    kept = re.search(r'name="kept" value="([^"]+)"', looked.text)
    assert kept
    assert "赵家村" not in text_of(admin.open("/organisation"))
    admin.send("/organisation/import", {"name": "units.csv", "kept": kept[1]})
    assert "赵家村" in text_of(admin.open("/organisation"))


def test_a_wrong_list_is_said_in_one_line(admin: Browser) -> None:
    looked = admin.send("/organisation/import", {"list": (open_("甲,乙\n1,2\n"), "units.csv")})
    assert looked.status_code == 400
    assert "no heading found" in text_of(looked)
    unknown = admin.send("/organisation/import", {"list": (open_("层级,名称,上级\n村,甲村,无\n"), "units.csv")})
    assert unknown.status_code == 400
    assert "there is no unit '无'" in text_of(unknown)
    assert 'name="kept"' not in unknown.text


def open_(text: str) -> object:
    import io

    return io.BytesIO(text.encode())


def test_an_account_is_limited_on_its_page(admin: Browser, place: Place) -> None:
    user = place.users[Role.OFFICER]
    here = f"/accounts/{user}"
    version = re.search(r'name="version" value="(\d+)"', admin.open(here).text)
    assert version
    admin.send(f"{here}/unit", {"version": version[1], "unit": "wangjia", "confined": "1"})
    row = next(each for each in table(place, "users") if each["id"] == user)
    assert (row["unit"], row["confined"]) == ("wangjia", True)
    boss = f"/accounts/{place.users[Role.ADMIN]}"
    admin.send(f"{boss}/unit", {"version": "1", "unit": "wangjia", "confined": "1"})
    assert "can't be limited" in text_of(admin.open(boss))
