"""A person's page shows the passes and crossings of the person's plates, masked by role; pages of vehicles and visits lead to the person."""

from collections.abc import Iterator

import pytest

from hub.accounts.roles import Role
from hub.persons import store
from hub.registers.rows import Draft, Links, RegisterRow
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import send, table
from tests.hub.needs.asked import ask, give, keeper, writer
from tests.hub.towns import NOW, Place

PLATE = "鲁B66K21"


@pytest.fixture
def officer(place: Place) -> Iterator[Browser]:
    with console(place) as app:
        yield Browser(app, Role.OFFICER)


def person(place: Place) -> RegisterRow:
    with place.engine.begin() as connection:
        homes, persons = keeper(connection, "households"), keeper(connection, "persons")
        home = homes.add(connection, Draft({"address": "南村1号", "head": "刘强"}), writer(place))
        wife = Draft({"name": "张敏", "kind": "resident", "relation": "spouse"}, Links(parent=home.id))
        persons.add(connection, wife, writer(place))
        said = {
            "name": "刘强", "kind": "stranded", "plates": f"{PLATE}、鲁U1234X", "phone": "13800000099",
            "came_from": "山东省青岛市",
        }  # fmt: skip
        return persons.add(connection, Draft(said, Links(parent=home.id)), writer(place))


def visit(place: Place) -> str:
    _row, issued = give(place, ask(place))
    found = place.gates["east"].visit(
        PLATE, NOW, direction="out", reason="priority", pass_id=issued.id, sprayed=False, private={"driver": "刘强"}
    )
    send(place, place.gates["east"])
    return found


def test_a_person_s_page_shows_the_passes_and_crossings_of_every_plate(place: Place, officer: Browser) -> None:
    there, row = visit(place), person(place)
    page = officer.open(f"/persons/{row.id}")
    text = text_of(page)
    for words in (
        "刘强",
        "Stranded",
        "南村1号",
        "张敏",
        "鲁B·66K21",
        "Valid",
        "Out East",
        "鲁U·1234X",
        "It never came to a gate.",
    ):
        assert words in text, words
    assert f"/visits/{there}" in page.text
    assert "138•••99" in text, "a phone is masked for an officer, too"
    assert "山东省青岛市" not in text


def test_pages_of_a_vehicle_and_of_a_visit_lead_to_the_person_for_who_may_see_the_name(place: Place) -> None:
    there, row = visit(place), person(place)
    with console(place) as app:
        for role, expected in ((Role.OFFICER, True), (Role.VIEWER, False)):
            browser = Browser(app, role)
            vehicle = browser.open(f"/vehicle/of-visit/{there}").location
            for address in (f"/visits/{there}", vehicle):
                page = browser.open(address)
                assert (f"/persons/{row.id}" in page.text) is expected
                assert ("刘强" in text_of(page)) is expected


def test_a_plate_leads_to_its_persons_and_a_part_of_it_to_nobody(place: Place) -> None:
    row = person(place)
    with place.engine.connect() as connection:
        (owner,) = store.owners(connection, "demo", "鲁U1234X")
        assert (owner.id, owner.name) == (row.id, "刘强")
        for nobody in ("鲁U1234", "1234X", "", None):
            assert store.owners(connection, "demo", nobody) == []


def test_who_has_special_needs_has_the_same_page_with_what_was_asked(place: Place, officer: Browser) -> None:
    request = ask(place)
    page = text_of(officer.open(f"/persons/{request.links.parent}"))
    for words in ("孙桂兰", "Dialysis", "Assigned", "No vehicle is written down."):
        assert words in page, words


def test_what_is_no_person_is_404(place: Place, officer: Browser) -> None:
    request = ask(place)
    for there in (request.id, 999, 10**30):
        assert officer.open(f"/persons/{there}").status_code == 404


def test_a_person_twice_is_one_clear_line_on_the_page_and_no_row(place: Place, officer: Browser) -> None:
    row = person(place)
    form = {
        "parent": str(row.links.parent),
        "v-name": "刘强",
        "v-kind": "stranded",
        "v-phone": "13800000099",
        "v-relation": "",
        "v-coming": "",
        "v-measure": "",
    }
    answer = officer.send("/registers/persons/new", form)
    assert answer.status_code == 409
    assert f"there already, in row {row.number}" in text_of(answer)
    assert [each["register"] for each in table(place, "register_rows")].count("persons") == 2
