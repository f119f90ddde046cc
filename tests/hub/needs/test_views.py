"""The pages of requests: a call taken down, found by any part of a name, its steps at one click, its pass, what is refused in one line."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from hub.accounts.roles import Role
from hub.needs import store as needs
from hub.registers.rows import Draft, Links
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import send, table
from tests.hub.needs.asked import PLATE, Looks, again, ask, give, keeper, person, writer
from tests.hub.towns import NOW, Place

CALL = {"caller": "孙大伟", "caller_phone": "138 0000 0078", "who": "桂兰", "need": "dialysis", "due": "2"}


@pytest.fixture
def officer(place: Place) -> Iterator[Browser]:
    with console(place) as app:
        yield Browser(app, Role.OFFICER)


def requests(place: Place) -> list[dict[str, object]]:
    return [dict(row) for row in table(place, "register_rows") if row["register"] == needs.REQUESTS]


def test_a_call_about_somebody_known_is_taken_down_with_one_form(place: Place, officer: Browser) -> None:
    with place.engine.begin() as connection:
        known = person(connection, place)
    answer = officer.send("/needs/new", CALL, page="/needs/new")
    assert answer.status_code == 303, text_of(answer)
    (row,) = requests(place)
    assert (row["parent"], row["due_at"]) == (known.id, "2026-03-01T06:30:00.000Z")
    page = text_of(officer.open(answer.location))
    for words in ("Dialysis · 孙桂兰", "13800000078", "2 h left", "王伟"):
        assert words in page, words


def test_a_form_that_is_sent_twice_is_one_request(place: Place, officer: Browser) -> None:
    with place.engine.begin() as connection:
        person(connection, place)
    first, again_ = (officer.send("/needs/new", {**CALL, "once": "x"}, page="/needs/new") for _ in range(2))
    assert first.location == again_.location
    assert len(requests(place)) == 1


def test_of_several_who_may_be_meant_one_is_ticked_and_what_was_typed_stays(place: Place, officer: Browser) -> None:
    with place.engine.begin() as connection:
        person(connection, place, "孙桂兰")
        person(connection, place, "李桂兰")
    answer = officer.send("/needs/new", CALL, page="/needs/new")
    assert answer.status_code == 409
    keys = re.findall(r'name="person" id="[^"]+" value="([^"]+)"', answer.text)
    assert len(keys) == 2
    assert 'value="孙大伟"' in answer.text
    assert requests(place) == []
    assert officer.send("/needs/new", {**CALL, "person": keys[0]}, page="/needs/new").status_code == 303


def test_somebody_of_a_household_is_found_and_written_down_among_the_people(place: Place, officer: Browser) -> None:
    with place.engine.begin() as connection:
        home = keeper(connection, "households").add(connection, Draft({"address": "北村9号"}), writer(place))
        who = Draft({"name": "周老根", "kind": "resident", "phone": "13900000001"}, Links(parent=home.id))
        keeper(connection, "persons").add(connection, who, writer(place))
    for part in ("老根", "13900000001", "老根"):
        assert officer.send("/needs/new", {**CALL, "who": part}, page="/needs/new").status_code == 303
    assert officer.send("/needs/new", {**CALL, "who": "1390000"}, page="/needs/new").status_code == 303, (
        "of one whose phone is seen"
    )
    people = [row for row in table(place, "register_rows") if row["register"] == needs.PEOPLE]
    assert len(people) == 1
    assert "北村9号" in people[0]["private"]


def test_nobody_found_is_said_and_somebody_new_is_written_down_with_the_same_form(
    place: Place, officer: Browser
) -> None:
    answer = officer.send("/needs/new", CALL, page="/needs/new")
    assert (answer.status_code, "Nobody is found" in text_of(answer)) == (409, True)
    new = {**CALL, "name": "吴桂兰", "address": "东村3号"}
    assert "Tick at least one." in text_of(officer.send("/needs/new", new, page="/needs/new"))
    answer = officer.send("/needs/new", {**new, "kinds": "old"}, page="/needs/new")
    assert answer.status_code == 303, text_of(answer)
    assert "吴桂兰" in text_of(officer.open("/needs"))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"caller": ""}, "Enter who calls."),
        ({"caller_phone": "none"}, "expected a telephone number"),
        ({"caller": "a\u202eb"}, "holds characters that can't be seen"),
        ({"need": "moon"}, "Not a valid choice."),
        ({"due_at": "12026-01-01T00:00"}, "Not a valid datetime value"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_nothing_is_kept(
    place: Place, officer: Browser, wrong: dict[str, str], words: str
) -> None:
    with place.engine.begin() as connection:
        person(connection, place)
    answer = officer.send("/needs/new", {**CALL, **wrong}, page="/needs/new")
    assert answer.status_code == 400
    assert words in text_of(answer)
    assert requests(place) == []


def test_what_is_looked_for_stands_in_no_address(place: Place, officer: Browser) -> None:
    answer = officer.send("/needs/new", {"find": "1", "who": "桂兰"}, page="/needs/new")
    assert answer.status_code == 200
    assert "who=" not in str(answer.headers)


def test_overdue_requests_come_first(place: Place, officer: Browser) -> None:
    ask(place, due_hours=3, name="丙")
    ask(place, due_hours=-1, name="甲")
    ask(place, due_hours=1, name="乙")
    page = text_of(officer.open("/needs"))
    assert "Overdue 1" in page
    assert "1 h overdue" in page
    assert page.index("甲") < page.index("乙") < page.index("丙")


def test_a_request_is_assigned_at_one_click_and_goes_its_way_to_the_end(place: Place, officer: Browser) -> None:
    with place.engine.begin() as connection:
        known = keeper(connection, needs.PEOPLE).add(
            connection,
            Draft({"name": "孙桂兰", "address": "1", "kinds": ("old",), "grid_worker": "孙丽"}),
            writer(place),
        )
        draft = Draft({"need": "food", "caller": "王", "due": "2026-03-01T05:00:00.000Z"}, Links(parent=known.id))
        row = keeper(connection).add(connection, draft, writer(place))
    assert "Assign to 孙丽" in text_of(officer.open("/needs"))
    here = f"/needs/{row.id}"

    def step(to: str, **said: str) -> None:
        there = f"{here}/{'assign' if to == 'assigned' else 'move'}"
        answer = officer.send(there, {"to": to, "version": str(again(place, row).version), **said}, page="/needs")
        assert answer.status_code == 303
        assert again(place, row).state == to, text_of(officer.open(here))

    step("assigned", assigned_to="孙丽")
    step("on_the_way")
    officer.send(f"{here}/move", {"to": "delivered", "version": str(again(place, row).version)}, page="/needs")
    assert "Signed for by: needed for this step" in text_of(officer.open(here))
    step("delivered", signed_by="孙桂兰")
    step("closed", follow_up="well")
    assert again(place, row).values["delivered_at"] == "2026-03-01T04:30:00.000Z"
    assert [row["action"] for row in table(place, "audit")][-4:].count("register row moved") == 4


def test_somebody_else_s_change_in_the_meantime_is_said_and_nothing_is_overwritten(
    place: Place, officer: Browser
) -> None:
    row = ask(place)
    officer.send(f"/needs/{row.id}/move", {"to": "on_the_way", "version": "1"}, page="/needs")
    assert "changed by somebody else in the meantime" in text_of(officer.open(f"/needs/{row.id}"))
    assert again(place, row) == row


PASS = {"plate": PLATE, "driver": "刘强", "shape": "out", "vehicle_class": "resident", "start": "2026-03-01T12:30", "back": "2026-03-01T18:00"}  # fmt: skip


def test_a_pass_is_issued_on_the_request_s_page_and_its_crossings_stand_there(place: Place, officer: Browser) -> None:
    row = ask(place)
    here = f"/needs/{row.id}"
    answer = officer.send(f"{here}/pass", {**PASS, "version": str(row.version)}, page=here)
    assert answer.status_code == 303, text_of(answer)
    (issued,) = table(place, "passes")
    assert (issued["plate"], issued["priority"], issued["expires"]) == (PLATE, True, "2026-03-01T22:00:00.000Z")
    place.gates["east"].visit(PLATE, NOW, direction="out", reason="priority", pass_id=issued["id"], sprayed=False)
    send(place, place.gates["east"])
    Looks(place)()
    page = officer.open(here)
    assert "Set out at 12:30:00 East" in text_of(page)
    assert f"/visits/{again(place, row).links.visit}" in page.text


def test_doubts_about_a_plate_are_confirmed_first(place: Place, officer: Browser) -> None:
    give(place, ask(place))
    row = ask(place, name="李丽")
    here = f"/needs/{row.id}"
    form = {**PASS, "version": str(row.version)}
    answer = officer.send(f"{here}/pass", form, page=here)
    assert (answer.status_code, "nothing is issued yet" in text_of(answer)) == (409, True)
    assert len(table(place, "passes")) == 1
    mark = re.search(r'name="mark" value="([^"]+)"', answer.text)
    assert mark
    assert officer.send(f"{here}/pass", {**form, "mark": mark[1]}, page=here).status_code == 303


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"plate": ""}, "Enter the plate."),
        ({"back": "2026-03-01T12:00"}, "The end must be later than the beginning."),
        ({"gates": "moon"}, "not a valid choice"),
    ],
)
def test_a_pass_that_cannot_stand_is_said(place: Place, officer: Browser, wrong: dict[str, str], words: str) -> None:
    row = ask(place)
    answer = officer.send(f"/needs/{row.id}/pass", {**PASS, "version": str(row.version), **wrong}, page="/needs")
    assert answer.status_code == 400
    assert words in text_of(answer)
    assert table(place, "passes") == []


def test_the_help_phone_is_published_where_nobody_needs_to_sign_in(place: Place) -> None:
    (place.folder / "hub.toml").write_text(
        (place.folder / "hub.toml").read_text("utf-8").replace('phone = ""', 'phone = "0532-8888 0000"'), "utf-8"
    )
    with console(place) as app:
        assert "Help phone for people with special needs 0532-8888 0000" in text_of(Browser(app).open("/login"))
        assert "0532-8888 0000" in text_of(Browser(app, Role.VIEWER).open("/needs/sheet"))


def test_a_request_that_is_not_there_is_404_and_a_town_without_any_has_an_empty_page(officer: Browser) -> None:
    assert "No request is open." in text_of(officer.open("/needs"))
    for there in ("/needs/1", f"/needs/{10**30}"):
        assert officer.open(there).status_code == 404


def test_ended_requests_are_listed_below(place: Place, officer: Browser) -> None:
    row = ask(place)
    form = {"to": "refused", "why": "moved away", "version": str(row.version)}
    assert officer.send(f"/needs/{row.id}/move", form, page="/needs").status_code == 303
    page = text_of(officer.open("/needs"))
    assert "Ended last" in page
    assert "Refused" in page
    assert (NOW + timedelta(hours=8)).strftime("%H:%M") in page
