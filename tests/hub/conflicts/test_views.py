"""The pages and commands of conflicts: found, looked into, settled; who may, and what stays."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from edge.contract.plates import spoken
from hub.accounts.roles import Role
from hub.conflicts.rules import What
from hub.console.labels import LABELS
from tests.hub.commands.test_cli import Output, refused, run
from tests.hub.conflicts.test_store import CAR, OTHER, conflicts, minutes, rules, send, settle_one, ways_unknown
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import check, table
from tests.hub.towns import NOW, Place

MASKED = "鲁B•••45"


@pytest.fixture
def town(place: Place) -> Place:
    """A car that came in twice, and one that went out twice; the first by a gate that was cut off."""
    rules(place, ways_unknown)
    place.gates["east"].visit(CAR, NOW - minutes(180))
    place.gates["west"].visit(CAR, NOW - minutes(60))
    place.gates["north"].visit(OTHER, NOW - minutes(90), direction="out")
    place.gates["south"].visit(OTHER, NOW - minutes(50), direction="out")
    send(place, "west", "north", now=NOW - minutes(2))
    send(place, "east", now=NOW - minutes(1))
    send(place, "south", now=NOW)
    return place


@pytest.fixture
def app(town: Place) -> Iterator[Flask]:
    with console(town) as app:
        yield app


def address(town: Place, what: str) -> str:
    return next(f"/conflicts/{each.id}" for each in conflicts(town, "") if each.what == what)


def listed(browser: Browser, query: str = "") -> set[str]:
    return set(re.findall(r'href="(/conflicts/[0-9a-f]{32})"', browser.open(f"/conflicts{query}").text))


def test_the_list_shows_what_is_open_weighty_ones_first_and_newest(app: Flask, town: Place) -> None:
    page = text_of(Browser(app, Role.OFFICER).open("/conflicts"))
    assert page.index("Out twice", page.index("Times")) < page.rindex("In twice")
    assert spoken(CAR) in page
    assert spoken(OTHER) in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?search=b 12345", {"in_twice"}),
        ("?what=out_twice", {"out_twice"}),
        ("?gate=west", {"in_twice"}),
        ("?gate=east", set()),
        ("?state=settled", set()),
        ("?state=all", {"in_twice", "out_twice"}),
        ("?older=nonsense", {"in_twice", "out_twice"}),
    ],
)
def test_conflicts_are_searched(app: Flask, town: Place, query: str, found: set[str]) -> None:
    assert listed(Browser(app, Role.OFFICER), query) == {address(town, what) for what in found}


def test_a_viewer_finds_conflicts_by_a_whole_plate_only(app: Flask, town: Place) -> None:
    viewer = Browser(app, Role.VIEWER)
    assert listed(viewer, f"?search={CAR[2:]}") == set()
    assert listed(viewer, f"?search={CAR}") == {address(town, "in_twice")}


def test_a_wrong_search_says_so(app: Flask) -> None:
    answer = Browser(app, Role.OFFICER).open("/conflicts?what=nothing")
    assert answer.status_code == 400
    assert "Not a valid choice" in text_of(answer)


def test_a_conflict_shows_its_evidence_with_links(app: Flask, town: Place) -> None:
    answer = Browser(app, Role.OFFICER).open(address(town, "in_twice"))
    first, then = (row["visit_id"] for row in table(town, "visits") if row["plate"] == CAR)
    assert {first, then} == set(re.findall(r"/visits/([0-9a-f]{32})", answer.text))
    page = text_of(answer)
    assert page.index("East") < page.index("West")
    assert "It came in while it was inside." in page
    for entry in conflicts(town, "")[-1].entries:
        assert re.search(rf"\b{entry} (Arrived and judged|Ended)", page)


@pytest.mark.parametrize("page", ["list", "show"])
def test_a_viewer_sees_no_whole_plate_and_settles_nothing(app: Flask, town: Place, page: str) -> None:
    viewer = Browser(app, Role.VIEWER)
    where = address(town, "in_twice")
    body = text_of(viewer.open("/conflicts" if page == "list" else where))
    assert MASKED in body.replace("·", "").replace(" ", "")
    assert CAR not in body.replace("·", "").replace(" ", "")
    assert "Settle it" not in body
    assert viewer.send(f"{where}/settle", {"reason": "x"}, page="/").status_code == 403


def test_an_officer_settles_it_with_a_reason(app: Flask, town: Place) -> None:
    officer, where = Browser(app, Role.OFFICER), address(town, "in_twice")
    assert officer.send(f"{where}/settle", {"reason": "from the north gate, by night"}, page="/").status_code == 302
    page = text_of(officer.open(where))
    assert "from the north gate, by night" in page
    assert "王伟" in page
    assert "Settle it" not in page
    assert listed(officer) == {address(town, "out_twice")}
    note = table(town, "audit")[-1]
    assert (note["action"], note["object"]) == ("conflict settled", where.removeprefix("/"))
    assert table(town, "entries")[-1]["kind"] == "conflict_settled"
    check(town)


def test_settling_needs_a_reason_and_keeps_nothing_without(app: Flask, town: Place) -> None:
    officer, where = Browser(app, Role.OFFICER), address(town, "in_twice")
    answer = officer.send(f"{where}/settle", {"reason": "  "}, page="/")
    assert answer.status_code == 400
    assert "Say why" in text_of(answer)
    assert len(conflicts(town)) == 2


def test_who_is_second_reads_what_the_first_said(app: Flask, town: Place) -> None:
    officer, where = Browser(app, Role.OFFICER), address(town, "in_twice")
    officer.open(where)
    settle_one(town, where.rpartition("/")[2], "spoke to the driver")
    answer = officer.send(f"{where}/settle", {"reason": "me too"}, page="/")
    assert answer.status_code == 409
    assert "spoke to the driver" in text_of(answer)
    assert "settled already" in text_of(answer)


def test_what_late_records_explain_says_so_in_both_languages(app: Flask, town: Place) -> None:
    where = address(town, "in_twice")
    town.gates["north"].visit(CAR, NOW - minutes(100), direction="out")
    send(town, "north")
    for language, says in (("en", "Explained by records that came later."), ("zh", "后到的记录已作出解释。")):
        assert says in text_of(Browser(app, Role.VIEWER, language).open(where))


def test_every_page_says_how_many_are_open(app: Flask, town: Place) -> None:
    browser = Browser(app, Role.VIEWER)
    for page in ("/", "/ledger", "/conflicts"):
        assert "2 open" in text_of(browser.open(page)), page
    assert "Open conflicts 2" in text_of(browser.open("/"))
    # the stream's part of the live page brings the navigation's number along
    assert 'hx-swap-oob="true"' not in browser.open("/").text
    part = browser.client.get("/live/board", headers={"HX-Request": "true"}).text
    assert re.search(r'id="open-conflicts" hx-swap-oob="true"', part)


def test_a_conflict_that_is_not_there_is_not_found(app: Flask) -> None:
    officer = Browser(app, Role.OFFICER)
    assert officer.open("/conflicts/" + "0" * 32).status_code == 404
    assert officer.send("/conflicts/" + "0" * 32 + "/settle", {"reason": "x"}, page="/").status_code == 404


def test_who_came_in_a_day_ago_is_listed_apart(town: Place) -> None:
    town.gates["east"].visit("鲁B00001", NOW - timedelta(hours=30))
    send(town, "east")
    with console(town) as app:
        page = text_of(Browser(app, Role.OFFICER).open("/inside"))
        apart, rest = page.index("Exit not recorded"), page.index(spoken(CAR))
        assert apart < page.index(spoken("鲁B00001")) < rest
    with console(town, clock=lambda: NOW - timedelta(hours=10)) as app:
        assert "Exit not recorded" not in text_of(Browser(app, Role.OFFICER).open("/inside"))


def test_every_kind_has_its_words_and_shape() -> None:
    kinds = {each.value for each in What}
    assert set(LABELS["conflict"]) == set(LABELS["conflict_says"]) == kinds


def test_the_command_lists_and_settles(town: Place, capsys: Output) -> None:
    assert run(town.folder, "conflict", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[2] for line in lines] == ["out_twice", "in_twice"]
    id_ = lines[1].split()[0]
    assert run(town.folder, "conflict", "settle", id_, "--reason", "seen on the camera") == 0
    assert capsys.readouterr().out == f"conflict {id_} settled\n"
    assert run(town.folder, "conflict", "list", "--state", "settled", "--what", "in_twice") == 0
    assert "by cli: seen on the camera" in capsys.readouterr().out
    assert refused(capsys, town.folder, "conflict", "settle", id_, "--reason", "x").startswith(
        f"conflict {id_}: settled already"
    )
    assert (
        refused(capsys, town.folder, "conflict", "settle", "none", "--reason", "x")
        == "conflict 'none': there is no such conflict"
    )
    assert run(town.folder, "verify") == 0


def test_pages_lead_through_every_conflict_once(town: Place) -> None:
    for number in range(45):
        town.gates["east"].visit(f"鲁B{number:05d}", NOW - minutes(200))
        town.gates["west"].visit(f"鲁B{number:05d}", NOW - minutes(100))
        if number % 20 == 19 or number == 44:
            send(town, "east", "west", now=NOW)
    with console(town) as app:
        browser, where, seen = Browser(app, Role.VIEWER), "/conflicts?what=in_twice", []
        while True:
            page = browser.open(where).text
            seen += re.findall(r'href="/conflicts/([0-9a-f]{32})"', page)
            older = re.search(r'rel="next" href="([^"]+)"', page)
            if older is None:
                break
            where = older[1].replace("&amp;", "&")
        assert len(seen) == len(set(seen)) == 46


def test_many_are_settled_from_the_list_and_the_search_stays(app: Flask, town: Place) -> None:
    officer = Browser(app, Role.OFFICER)
    every = re.findall(r'name="group" value="([0-9a-f]{32})"', officer.open("/conflicts").text)
    assert len(every) == 2
    answer = officer.send("/conflicts/settle?gate=west", {"group": every, "reason": "spoke to both"}, page="/")
    assert answer.status_code == 302
    assert answer.location.endswith("/conflicts?gate=west")
    page = text_of(officer.open("/conflicts"))
    assert "Settled: 2. The reason is in the ledger, once for each." in page
    assert conflicts(town) == []
    officer.send("/conflicts/settle", {"group": every, "reason": "spoke to both"}, page="/")
    assert "Settled before, by 王伟: 2. Nothing was changed there." in text_of(officer.open("/conflicts"))
    assert len([row for row in table(town, "entries") if row["kind"] == "conflict_settled"]) == 2


def test_a_settled_one_leads_to_the_next_until_none_is_open(app: Flask, town: Place) -> None:
    officer = Browser(app, Role.OFFICER)
    first = officer.open("/conflicts/next").location
    officer.send(f"{first}/settle", {"reason": "x"}, page="/")
    second = officer.open("/conflicts/next").location
    assert {first, second} == {address(town, "in_twice"), address(town, "out_twice")}
    officer.send(f"{second}/settle", {"reason": "x"}, page="/")
    assert officer.open("/conflicts/next").location == "/conflicts"


def test_one_vehicles_conflicts_of_one_cause_are_a_row_with_a_page(app: Flask, town: Place) -> None:
    town.gates["west"].visit(CAR, NOW - minutes(10))
    send(town, "west", now=NOW)
    officer = Browser(app, Role.OFFICER)
    (where,) = re.findall(r'href="(/conflicts/[0-9a-f]{32}/group)"', officer.open("/conflicts").text)
    page = officer.open(where)
    assert len(re.findall(r'name="id" value="[0-9a-f]{32}"', page.text)) == 2
    assert "All 2 of this vehicle and cause" in text_of(page)
    (whole,) = re.findall(r'name="group" value="([0-9a-f]{32})"', page.text)
    answer = officer.send("/conflicts/settle", {"group": whole, "of": whole, "reason": "a loop"}, page="/")
    assert answer.location.endswith("/conflicts/next")
    assert [each.what for each in conflicts(town)] == ["out_twice"]


def test_nothing_ticked_or_no_reason_settles_nothing(app: Flask, town: Place) -> None:
    officer = Browser(app, Role.OFFICER)
    officer.send("/conflicts/settle", {"reason": "all of it"}, page="/")
    assert "Tick what is to be settled." in text_of(officer.open("/conflicts"))
    officer.send("/conflicts/settle", {"reason": " ", "id": [each.id for each in conflicts(town)]}, page="/")
    assert "Say why" in text_of(officer.open("/conflicts"))
    assert len(conflicts(town)) == 2


def test_a_viewer_ticks_nothing(app: Flask, town: Place) -> None:
    viewer = Browser(app, Role.VIEWER)
    assert "One reason" not in text_of(viewer.open("/conflicts"))
    assert viewer.send("/conflicts/settle", {"id": "x", "reason": "x"}, page="/").status_code == 403
