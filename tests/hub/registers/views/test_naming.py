"""The pages of a crossing and of a pass name the rows of registers that name them, masked and only to who may read the register."""

import pytest

from hub.accounts.roles import Role
from hub.registers.rows import Draft, Links, RegisterRow
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import send
from tests.hub.needs.asked import PLATE, ask, give, keeper, writer
from tests.hub.towns import NOW, Place


@pytest.fixture
def crossed(place: Place) -> tuple[str, str, RegisterRow]:
    """A request with its one-trip pass, a crossing of it, and a finding that names the crossing."""
    _request, issued = give(place, ask(place))
    visit = place.gates["east"].visit(PLATE, NOW, direction="out", reason="priority", pass_id=issued.id, sprayed=False)
    send(place, place.gates["east"])
    with place.engine.begin() as connection:
        findings = keeper(connection, "inspections")
        said = {"problem": "未登记同车人", "category": "duty", "how": "at_once", "responsible": "", "person": "王小明"}
        row = findings.add(
            connection, Draft({name: each for name, each in said.items() if each}, Links(visit=visit, gate="east")),
            writer(place, Role.SUPERVISOR),
        )  # fmt: skip
    return visit, issued.id, row


def test_the_page_of_a_crossing_leads_to_the_rows_that_name_it(
    place: Place, crossed: tuple[str, str, RegisterRow]
) -> None:
    visit, _pass_id, row = crossed
    with console(place) as app:
        page = Browser(app, Role.OFFICER).open(f"/visits/{visit}")
        chinese = Browser(app, Role.OFFICER, "zh").open(f"/visits/{visit}")
        viewer = Browser(app, Role.VIEWER).open(f"/visits/{visit}")
        back = Browser(app, Role.OFFICER).open(f"/registers/inspections/{row.id}")
    assert f'href="/registers/inspections/{row.id}"' in page.text
    assert "In the registers" in text_of(page)
    assert "登记台账中的记录" in text_of(chinese)
    assert "王小明" not in viewer.text, "a viewer sees no name"
    assert f'href="/visits/{visit}"' in back.text, "and the row leads back"


def test_the_page_of_a_pass_leads_to_its_request_and_its_people(
    place: Place, crossed: tuple[str, str, RegisterRow]
) -> None:
    _visit, pass_id, _row = crossed
    with place.engine.begin() as connection:
        home = keeper(connection, "households").add(
            connection, Draft({"address": "南村1号", "head": "刘强"}), writer(place)
        )
        said = {"name": "刘强", "kind": "stranded", "plates": PLATE}
        person = keeper(connection, "persons").add(connection, Draft(said, Links(parent=home.id)), writer(place))
    with console(place) as app:
        page = Browser(app, Role.OFFICER).open(f"/passes/{pass_id}")
    assert 'href="/registers/need_requests/' in page.text
    assert f'href="/persons/{person.id}"' in page.text, "a person is linked to the pass of the plate"


def test_who_may_not_read_a_register_is_not_told_of_its_rows(
    place: Place, crossed: tuple[str, str, RegisterRow]
) -> None:
    visit, *_ = crossed
    with place.engine.begin() as connection:
        least = keeper(connection, "inspections").register.read
    with console(place) as app:
        for role in Role:
            shown = "/registers/inspections/" in Browser(app, role).open(f"/visits/{visit}").text
            assert shown == role.may(least), role
