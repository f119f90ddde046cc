"""The page of a vehicle: found from the search of every page, by what may be known to whom; what is done there is done once, for a reason."""

import json
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import unquote

import pytest
from flask import Flask
from sqlalchemy import update

from hub.accounts.roles import Role
from hub.conflicts.judge import judge
from hub.console.login import PLATES
from hub.console.sealed import seal, unseal
from hub.database.schema import passes as passes_table
from hub.database.schema import visits
from hub.passes.issue import issue_pass
from hub.passes.passlist import watch_plate
from hub.vehicles import find, known, store
from hub.vehicles.known import Vehicle
from hub.vehicles.orders import What, order_texts
from hub.vehicles.views.search import ROWS
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import check, send, table
from tests.hub.towns import NOW, Place

PASS = "00112233445566aa"


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    east, west = place.gates["east"], place.gates["west"]
    for n, (plate, direction) in enumerate((("鲁B12345", "in"), ("鲁B54321", "in"), ("鲁BD12345", "in"))):
        east.visit(plate, NOW - timedelta(minutes=90 - n), direction=direction)
    west.visit("鲁B54321", NOW - timedelta(minutes=10), direction="out")
    east.visit("", NOW - timedelta(minutes=5), pass_id=PASS)
    east.visit("鲁B12345", NOW - timedelta(minutes=4))
    for gate in (east, west):
        send(place, gate, *gate.sealed)
    with place.engine.begin() as connection:
        rows = [dict(row) for row in connection.execute(visits.select()).mappings()]
        judge(connection, "demo", rows, key=place.town.key, now=NOW)
    with console(place) as app:
        yield app


def issue(place: Place, plate: str) -> str:
    with place.engine.begin() as connection:
        return issue_pass(
            place.town, connection, plate=plate, vehicle_class="resident", allowed=None, not_before=NOW, expires=None,
            priority=None, by="u-1", now=NOW,
        ).id  # fmt: skip


def watch(place: Place, plate: str) -> None:
    with place.engine.begin() as connection:
        watch_plate(
            place.town, connection, plate, deny_in=True, deny_out=False, notify=True, why="stolen", by="u-1", now=NOW
        )


def address(app: Flask, plate: str) -> str:
    with app.app_context():
        return f"/vehicle/{seal('plate', plate)}"


def look_for(browser: Browser, text: str) -> str:
    answer = browser.send("/vehicle/search", {"search": text}, page="/")
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["Location"]


def audit(place: Place, action: str) -> list[dict[str, object]]:
    return [json.loads(row["detail"]) for row in table(place, "audit") if row["action"] == action]


# --- the search ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["鲁B54321", "54321", " b·543 ", "ｂ５４３２", "鲁B5"])
def test_one_hit_leads_straight_to_the_vehicle(app: Flask, text: str) -> None:
    there = look_for(Browser(app, Role.OFFICER), text)
    assert there == address(app, "鲁B54321")
    assert "54321" not in unquote(there)


def test_several_hits_are_a_list_and_none_is_said_in_one_line(app: Flask) -> None:
    browser = Browser(app, Role.OFFICER)
    found = text_of(browser.open(look_for(browser, "12345")))
    assert "鲁B·12345" in found
    assert "鲁B·D12345" in found
    assert "54321" not in found
    assert "Nothing found" in text_of(browser.open(look_for(browser, "999")))
    assert "Nothing found" in text_of(browser.open(look_for(browser, "%")))
    assert browser.send("/vehicle/search", {"search": " "}, page="/").status_code == 303
    assert browser.open("/vehicle/search").headers["Location"] == "/"


def test_a_long_list_has_pages(place: Place, app: Flask) -> None:
    plates = [f"鲁U{n:05}" for n in range(ROWS + 5)]
    for plate in plates:
        watch(place, plate)
    browser = Browser(app, Role.OFFICER)
    first = browser.open(look_for(browser, "鲁U"))
    following = first.text.split('rel="next" href="')[1].split('"')[0]
    second = text_of(browser.open(following))
    shown = [plate for plate in plates if f"鲁U·{plate[2:]}" in text_of(first)]
    assert shown == plates[:ROWS]
    assert [plate for plate in plates if f"鲁U·{plate[2:]}" in second] == plates[ROWS:]


def test_a_pass_and_a_visit_are_found_by_their_ids(place: Place, app: Flask) -> None:
    officer, viewer = Browser(app, Role.OFFICER), Browser(app, Role.VIEWER)
    id_ = issue(place, "鲁B99999")
    visit = table(place, "visits")[0]["visit_id"]
    assert look_for(officer, id_) == f"/passes/{id_}"
    assert look_for(officer, visit.upper()) == f"/visits/{visit}"
    assert look_for(viewer, visit) == f"/visits/{visit}"
    assert look_for(viewer, id_).startswith("/vehicle/search/"), "a pass is nothing that viewers look up"
    of_pass = look_for(viewer, PASS)
    assert of_pass.startswith("/vehicle/")
    assert PASS in text_of(viewer.open(of_pass)), "a vehicle without a plate is known by its pass"


def test_a_plate_that_never_came_is_found_by_its_pass_or_the_watch_list(place: Place, app: Flask) -> None:
    issue(place, "鲁B77777")
    watch(place, "鲁B88888")
    browser = Browser(app, Role.OFFICER)
    for part, plate in (("7777", "鲁B77777"), ("8888", "鲁B88888")):
        there = look_for(browser, part)
        assert there == address(app, plate)
        assert "It never came to a gate." in text_of(browser.open(there))


def test_a_viewer_finds_whole_plates_only_sees_none_and_is_counted(place: Place, app: Flask) -> None:
    issue(place, "鲁B77777")
    viewer = Browser(app, Role.VIEWER)
    assert look_for(viewer, "5432").startswith("/vehicle/search/")
    assert "Nothing found" in text_of(viewer.open(look_for(viewer, "鲁B77777"))), "who has a pass is none of theirs"
    page = viewer.open(look_for(viewer, "鲁B54321"))
    assert "54321" not in page.text
    assert "鲁B·•••21" in text_of(page)
    for n in range(PLATES.free - 3):
        look_for(viewer, f"{n}")
    assert viewer.send("/vehicle/search", {"search": "one more"}, page="/").status_code == 429


def test_nobody_can_make_an_address_and_none_stands_for_something_else(app: Flask) -> None:
    browser = Browser(app, Role.OFFICER)
    good = address(app, "鲁B12345")
    assert browser.open(good).status_code == 200
    for wrong in ("x", "AAAA", good[9:-4] + "AAAA", "鲁B12345"):
        assert browser.open(f"/vehicle/{wrong}").status_code == 404
    with app.app_context():
        sealed = seal("search", "鲁B12345")
        assert unseal("plate", sealed) is None
        assert unseal("search", sealed) == "鲁B12345"
    assert browser.open(f"/vehicle/{sealed}").status_code == 404


def test_a_lists_row_leads_to_the_vehicle_of_its_visit(place: Place, app: Flask) -> None:
    browser = Browser(app, Role.VIEWER)
    bare = next(row["visit_id"] for row in table(place, "visits") if row["plate"] == "鲁B54321")
    assert browser.open(f"/vehicle/of-visit/{bare}").headers["Location"] == address(app, "鲁B54321")
    for page in ("/ledger", "/inside", f"/visits/{bare}"):
        assert "/vehicle/of-visit/" in browser.open(page).text, page
    assert browser.open("/vehicle/of-visit/nobody").headers["Location"] == "/visits/nobody"


# --- the page -----------------------------------------------------------------------------------------------------------


def test_the_page_says_where_it_is_and_what_there_is_about_it(place: Place, app: Flask) -> None:
    id_ = issue(place, "鲁B12345")
    watch(place, "鲁B12345")
    browser = Browser(app, Role.OFFICER)
    page = browser.open(address(app, "鲁B12345"))
    text = text_of(page)
    for part in ("Inside", "Came in by East", "On the watch list", "stolen", "In twice", id_, "Visits 2"):
        assert part in text
    assert f"/passes/{id_}" in page.text
    assert "Left by West" in text_of(browser.open(address(app, "鲁B54321")))


def test_what_a_viewer_may_not_know_stands_on_no_page_of_theirs(place: Place, app: Flask) -> None:
    id_ = issue(place, "鲁B12345")
    watch(place, "鲁B12345")
    with place.engine.begin() as connection:
        store.add(connection, town="demo", vehicle="鲁B12345", text="drives at night", by="u-1", now=NOW)
    text = Browser(app, Role.VIEWER).open(address(app, "鲁B12345")).text
    for secret in ("12345", "drives at night", "stolen", id_):
        assert secret not in text
    assert Browser(app).open(address(app, "鲁B12345")).status_code == 302


def test_chinese_reads_chinese(app: Flask) -> None:
    text = text_of(Browser(app, Role.SUPERVISOR, "zh").open(address(app, "鲁B12345")))
    for part in ("区内", "通行记录", "疑点", "写备注", "就此车下达指令", "布控此车牌"):
        assert part in text


# --- what is done there ---------------------------------------------------------------------------------------------------


def act(app: Flask, role: Role, plate: str, name: str, form: dict[str, object], times: int = 1) -> int:
    browser, page = Browser(app, role), address(app, plate)
    codes = {browser.send(f"{page}/{name}", {"once": "abc", **form}, page=page).status_code for _ in range(times)}
    assert len(codes) == 1, codes
    return codes.pop()


def test_a_note_is_kept_once_however_often_it_is_sent(place: Place, app: Flask) -> None:
    assert act(app, Role.OFFICER, "鲁B12345", "note", {"note-text": "drives at night"}, times=3) == 303
    (row,) = table(place, "vehicle_notes")
    assert (row["vehicle"], row["text"], row["by"]) == ("鲁B12345", "drives at night", place.users[Role.OFFICER])
    assert audit(place, "vehicle noted") == [{"note": "drives at night"}]
    assert "drives at night" in text_of(Browser(app, Role.OFFICER).open(address(app, "鲁B12345")))
    assert act(app, Role.OFFICER, "鲁B12345", "note", {"note-text": " "}) == 400
    assert act(app, Role.VIEWER, "鲁B12345", "note", {"note-text": "x"}) == 403


def test_an_order_goes_to_all_gates_or_some_and_once(place: Place, app: Flask) -> None:
    form: dict[str, object] = {"order-what": "stop", "order-why": "stolen", "order-hours": "4"}
    assert act(app, Role.SUPERVISOR, "鲁B12345", "order", form, times=2) == 303
    rows = table(place, "orders")
    assert sorted(row["gate"] for row in rows) == sorted(place.gates)
    assert {(row["zh"], row["en"]) for row in rows} == {("拦停 鲁B·12345：stolen", "Stop 鲁B·12345: stolen")}
    some = {**form, "order-to": ["west"], "order-what": "pass", "once": "other"}
    assert act(app, Role.SUPERVISOR, "鲁B12345", "order", some) == 303
    assert [row["gate"] for row in table(place, "orders") if row["en"].startswith("Let pass")] == ["west"]
    assert act(app, Role.SUPERVISOR, "鲁B12345", "order", {**form, "order-why": ""}) == 400
    assert act(app, Role.SUPERVISOR, "鲁B12345", "order", {**form, "order-what": "explode"}) == 400
    assert act(app, Role.OFFICER, "鲁B12345", "order", form) == 403


def test_every_order_has_words_in_both_languages() -> None:
    for what in What:
        zh, en = order_texts(what, PASS, "why")
        assert zh != en
        assert PASS in zh
        assert PASS in en


def test_a_plate_is_watched_and_no_more_for_a_reason_that_the_audit_keeps(place: Place, app: Flask) -> None:
    form: dict[str, object] = {"watch-deny_in": "y", "watch-why": "stolen"}
    assert act(app, Role.SUPERVISOR, "鲁B12345", "watch", form, times=2) == 303
    assert [row["plate"] for row in table(place, "watched")] == ["鲁B12345"]
    assert len(audit(place, "plate watched")) == 1
    assert act(app, Role.SUPERVISOR, "鲁B12345", "watch", {"watch-why": "stolen"}) == 400, "nothing is to be done"
    assert act(app, Role.SUPERVISOR, "鲁B12345", "unwatch", {"unwatch-why": " "}) == 400
    assert len(table(place, "watched")) == 1
    assert act(app, Role.SUPERVISOR, "鲁B12345", "unwatch", {"unwatch-why": "found"}, times=2) == 303
    assert table(place, "watched") == []
    assert audit(place, "plate unwatched") == [
        {
            "reason": "found",
            "before": {"deny_in": True, "deny_out": False, "notify": False, "why": "stolen"},
            "after": {},
        }
    ]
    assert act(app, Role.OFFICER, "鲁B12345", "watch", form) == 403


def test_its_pass_is_blocked_and_counts_again(place: Place, app: Flask) -> None:
    id_, other = issue(place, "鲁B12345"), issue(place, "鲁B54321")
    form: dict[str, object] = {"pass_id": id_, "how": "block", "block-why": "lent"}
    assert act(app, Role.OFFICER, "鲁B12345", "block", form, times=2) == 303
    assert [row["id"] for row in table(place, "passes") if row["blocked_at"]] == [id_]
    assert act(app, Role.OFFICER, "鲁B12345", "block", {**form, "once": "again"}) == 409, "blocked already"
    assert act(app, Role.OFFICER, "鲁B12345", "block", {**form, "how": "unblock", "block-why": "cleared"}) == 303
    assert not [row["id"] for row in table(place, "passes") if row["blocked_at"]]
    assert act(app, Role.OFFICER, "鲁B12345", "block", {**form, "pass_id": other}) == 404
    assert act(app, Role.OFFICER, "鲁B12345", "block", {**form, "block-why": ""}) == 400


def test_a_vehicle_without_a_plate_is_no_plate_to_watch(app: Flask) -> None:
    with app.app_context():
        page = f"/vehicle/{seal('pass', PASS)}"
    browser = Browser(app, Role.SUPERVISOR)
    assert "Watch this plate" not in text_of(browser.open(page))
    form = {"watch-deny_in": "y", "watch-why": "x"}
    assert browser.send(f"{page}/watch", form, page=page).status_code == 404
    assert browser.send(f"{page}/note", {"note-text": "no plate"}, page=page).status_code == 303
    assert "no plate" in text_of(browser.open(page))


def test_the_pass_of_a_vehicle_without_a_plate_stands_on_its_page(place: Place, app: Flask) -> None:
    id_ = issue(place, "鲁B12345")
    with app.app_context():
        page = f"/vehicle/{seal('pass', id_)}"
    browser = Browser(app, Role.OFFICER)
    assert f'href="/passes/{id_}"' in browser.open(page).text
    form = {"pass_id": id_, "how": "block", "block-why": "lent"}
    assert browser.send(f"{page}/block", form, page=page).status_code == 303
    assert table(place, "passes")[0]["blocked_at"] is not None


# --- beneath ---------------------------------------------------------------------------------------------------------------


def test_a_list_names_the_best_state_of_its_passes(place: Place, app: Flask) -> None:
    ended, _valid = issue(place, "鲁B12345"), issue(place, "鲁B12345")
    with place.engine.begin() as connection:
        connection.execute(update(passes_table).where(passes_table.c.id == ended).values(revoked_at="2026-01-01"))
        (row,) = find.described(connection, "demo", ["鲁B12345"], NOW)
        assert (row.passes, row.watched, row.inside_since is not None) == ("valid", False, True)
        assert known.whereabouts(connection, "demo", Vehicle(plate="鲁B00000")).at is None
        assert known.count_visits(connection, "demo", Vehicle(plate="鲁B12345")) == 2
        assert known.latest(connection, "demo", Vehicle(plate="鲁B00000")) is None
    check(place)
