"""The map's page: who may see it, who may change it, and what it says of each gate."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from flask import Flask

from hub.accounts.roles import Role
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import table
from tests.hub.map.test_plan import geojson, png
from tests.hub.towns import Place


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with console(place) as app:
        yield app


def upload(browser: Browser, data: bytes, name: str = "town.png") -> str:
    answer = browser.send("/map/plan", {"plan": (BytesIO(data), name)}, page="/map")
    assert answer.status_code == 302
    return text_of(browser.open("/map"))


def test_an_admin_uploads_a_plan_and_places_a_gate_by_coordinates(app: Flask, place: Place) -> None:
    admin, viewer = Browser(app, Role.ADMIN), Browser(app, Role.VIEWER)
    assert "There is no plan yet." in text_of(viewer.open("/map"))
    assert "The plan is kept." in upload(admin, png())
    answer = admin.send("/map/places", {"gate": "east", "x": "250", "y": "125.5"}, page="/map")
    assert answer.status_code == 302
    page = viewer.open("/map")
    assert 'data-gate="east" data-x="250.0" data-y="125.5"' in page.text
    assert "not placed on the plan" in text_of(page)
    (row,) = table(place, "gate_places")
    assert (row["plan"], row["placed_by"]) == ("picture", place.users[Role.ADMIN])
    admin.send("/map/places", {"gate": "east", "off": "1"}, page="/map")
    assert table(place, "gate_places") == []


def test_the_plan_has_an_address_of_its_own_that_never_changes(app: Flask) -> None:
    admin = Browser(app, Role.ADMIN)
    upload(admin, png())
    page = admin.open("/map").text
    address = page.partition('data-plan="')[2].partition('"')[0]
    answer = admin.open(address)
    assert (answer.data, answer.mimetype) == (png(), "image/png")
    assert "immutable" in answer.headers["Cache-Control"]
    assert admin.open("/map/plan/0000000000000000").status_code == 404
    assert Browser(app).open(address).status_code == 302


def test_geojson_is_placed_by_degrees(app: Flask) -> None:
    admin = Browser(app, Role.ADMIN)
    page = upload(admin, geojson(), "town.geojson")
    assert "Longitude" in page
    admin.send("/map/places", {"gate": "east", "x": "120.15", "y": "99"}, page="/map")
    assert "expected -180 to 180, and -90 to 90" in text_of(admin.open("/map"))


def test_what_is_no_plan_and_no_number_says_so(app: Flask, place: Place) -> None:
    admin = Browser(app, Role.ADMIN)
    assert "expected a PNG or JPEG picture" in upload(admin, b"<svg/>", "town.svg")
    # what the reader of GeoJSON says is said in the page's language
    chinese = upload(Browser(app, Role.ADMIN, "zh"), geojson(features=[]), "town.geojson")
    assert "底图：features：数量不足" in chinese
    assert "Remove the uploaded plan" not in text_of(admin.open("/map"))
    assert admin.send("/map/places", {"gate": "east", "x": "1", "y": "1"}, page="/map").status_code == 409
    upload(admin, png())
    assert admin.send("/map/places", {"gate": "east", "x": "left", "y": "1"}, page="/map").status_code == 400
    assert admin.send("/map/places", {"gate": "moon", "x": "1", "y": "1"}, page="/map").status_code == 400
    assert table(place, "gate_places") == []


def test_others_look_and_change_nothing(app: Flask) -> None:
    supervisor = Browser(app, Role.SUPERVISOR)
    assert "Upload" not in text_of(supervisor.open("/map"))
    for address, form in (
        ("/map/plan", {"plan": (BytesIO(png()), "a.png")}), ("/map/plan/remove", {}), ("/map/places", {"gate": "east", "x": "1", "y": "1"}),
    ):  # fmt: skip
        assert supervisor.send(address, form, page="/map").status_code == 403


def test_the_list_says_the_state_in_words(app: Flask) -> None:
    assert text_of(Browser(app, Role.VIEWER).open("/map/gates")).count("Never heard") == 4
