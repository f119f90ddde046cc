"""The pages of passes: what becomes of one, many from a list, plates watched, keys changed; who may, and what is kept."""

import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pypdfium2
import pytest
from flask import Flask

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.console.carried import pack, unpack
from hub.passes import codes
from hub.passes.issue import issue_pass, revoke_pass
from hub.passes.passlist import watch_plate
from hub.passes.store import Issued
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import send, table
from tests.hub.towns import NOW, Place

GOOD = "车牌,类别,卡口,申请编号\n鲁B11111,居民,东门,A-1\n鲁B22222,过境,,A-2\n"


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with console(place) as app:
        yield app


def issue(place: Place, plate: str = "鲁B12345", vehicle_class: str = "resident", *, days: int = 0) -> Issued:
    with place.engine.begin() as connection:
        return issue_pass(
            place.town,
            connection,
            plate=plate,
            vehicle_class=vehicle_class,
            allowed=None,
            not_before=NOW + timedelta(days=days),
            expires=None,
            priority=None,
            by="cli",
            now=NOW,
        )


def passlist(place: Place) -> str:
    return str(next(row["message"] for row in table(place, "published") if row["kind"] == "passlist"))


def state_of(browser: Browser, id_: str) -> str:
    found = re.search(
        r'<div class="head"><h1>.*?<span class="mark.*?</svg><span>([^<]+)', browser.open(f"/passes/{id_}").text, re.S
    )
    assert found
    return found[1]


def list_form(text: str, name: str = "list.csv") -> dict[str, object]:
    return {"list": (io.BytesIO(text.encode("gb18030")), name)}


def kept(page: str) -> str:
    found = re.search(r'name="kept" value="([^"]+)"', page)
    assert found
    return found[1]


def test_an_empty_end_gives_what_the_class_has(app: Flask, place: Place) -> None:
    form = {"plate": "鲁B77777", "vehicle_class": "transit", "not_before": "2026-03-01T12:00", "expires": ""}
    assert Browser(app, Role.OFFICER).send("/passes/new", form).status_code == 302
    (row,) = table(place, "passes")
    assert row["expires"] == "2026-03-02T04:00:00.000Z"


@pytest.mark.parametrize(("language", "says"), [("en", "3 days at most"), ("zh", "最长有效 3 天")])
def test_more_than_the_class_allows_is_refused_at_the_field(app: Flask, place: Place, language: str, says: str) -> None:
    form = {
        "plate": "鲁B77777",
        "vehicle_class": "transit",
        "not_before": "2026-03-01T12:00",
        "expires": "2026-03-09T12:00",
    }
    answer = Browser(app, Role.OFFICER, language).send("/passes/new", form)
    assert answer.status_code == 400
    assert says in text_of(answer)
    assert 'value="2026-03-09T12:00"' in answer.text
    assert table(place, "passes") == []


def test_a_pass_is_blocked_and_counts_again(app: Flask, place: Place) -> None:
    issued, officer = issue(place), Browser(app, Role.OFFICER)
    here = f"/passes/{issued.id}"
    assert officer.send(f"{here}/block", {"reason": ""}).status_code == 400
    assert officer.send(f"{here}/block", {"reason": "核实中"}).status_code == 302
    assert state_of(officer, issued.id) == "Blocked"
    assert "核实中" in text_of(officer.open(here))
    assert issued.id in passlist(place)
    twice = officer.send(f"{here}/block", {"reason": "again"})
    assert twice.status_code == 409
    assert "blocked already, at 2026-03-01 12:30:00" in text_of(twice)
    assert officer.send(f"{here}/unblock", {"reason": "无误"}).status_code == 302
    assert state_of(officer, issued.id) == "Valid"
    assert [row["action"] for row in table(place, "audit")][-2:] == ["pass blocked", "pass unblocked"]


def test_a_pass_is_renewed_and_both_name_each_other(app: Flask, place: Place) -> None:
    issued, officer = issue(place), Browser(app, Role.OFFICER)
    late = officer.send(f"/passes/{issued.id}/renew", {"expires": "2029-01-01T00:00"})
    assert late.status_code == 400
    assert "366 days at most" in text_of(late)
    answer = officer.send(f"/passes/{issued.id}/renew", {"expires": ""})
    assert answer.status_code == 302
    new = answer.location.removeprefix("/passes/")
    assert issued.id in text_of(officer.open(answer.location))
    assert new in text_of(officer.open(f"/passes/{issued.id}"))
    assert state_of(officer, issued.id) == "Valid"
    assert officer.send(f"/passes/{issued.id}/renew", {"expires": ""}).status_code == 409


def test_a_lost_card_is_replaced_by_a_supervisor(app: Flask, place: Place) -> None:
    issued, supervisor = issue(place), Browser(app, Role.SUPERVISOR)
    assert Browser(app, Role.OFFICER).send(f"/passes/{issued.id}/replace", {"reason": "遗失"}).status_code == 403
    answer = supervisor.send(f"/passes/{issued.id}/replace", {"reason": "遗失"})
    assert state_of(supervisor, issued.id) == "Revoked"
    assert state_of(supervisor, answer.location.removeprefix("/passes/")) == "Valid"


def test_passes_are_listed_by_state_and_class(app: Flask, place: Place) -> None:
    issue(place, "鲁B00001")
    issue(place, "鲁B00002", "transit", days=2)
    officer = Browser(app, Role.OFFICER)
    later = text_of(officer.open("/passes?state=not_yet"))
    assert "鲁B·00002" in later
    assert "鲁B·00001" not in later
    assert "鲁B·00001" in text_of(officer.open("/passes?vehicle_class=resident"))
    assert "No pass found." in text_of(officer.open("/passes?state=blocked"))
    assert officer.open("/passes?state=lost").status_code == 200


def test_every_scan_stands_on_the_page_in_pages(app: Flask, place: Place) -> None:
    issued, east = issue(place), place.gates["east"]
    for minute in range(25):
        east.visit("鲁B12345", NOW - timedelta(hours=2, minutes=-minute), pass_id=issued.id)
    send(place, east)
    officer = Browser(app, Role.OFFICER)
    first = officer.open(f"/passes/{issued.id}").text
    assert first.count('href="/visits/') == 20
    older = re.search(rf'href="(/passes/{issued.id}\?older=[^"#]+)', first)
    assert older
    second = officer.open(older[1]).text
    assert second.count('href="/visits/') == 5
    assert not set(re.findall(r"/visits/\w+", first)) & set(re.findall(r"/visits/\w+", second))


def test_a_list_is_looked_at_and_then_issued_once(app: Flask, place: Place) -> None:
    supervisor = Browser(app, Role.SUPERVISOR)
    seen = supervisor.send("/passes/import", list_form(GOOD))
    assert "2 new passes, 0 issued before" in text_of(seen)
    assert table(place, "passes") == []
    form = {"name": "list.csv", "kept": kept(seen.text)}
    assert supervisor.send("/passes/import", form).status_code == 302
    assert {row["reference"] for row in table(place, "passes")} == {"A-1", "A-2"}
    assert supervisor.send("/passes/import", form).status_code == 302
    assert len(table(place, "passes")) == 2
    assert "2 issued before" in text_of(supervisor.send("/passes/import", list_form(GOOD)))
    assert "passes imported" in {row["action"] for row in table(place, "audit")}


@pytest.mark.parametrize(
    ("language", "says"), [("en", "there is no such class"), ("zh", "没有此类别（现有：居民、包村、")]
)
def test_each_bad_row_is_named_and_nothing_can_be_issued(app: Flask, place: Place, language: str, says: str) -> None:
    text = GOOD + "鲁B33333,坦克,,A-3\n"
    seen = Browser(app, Role.SUPERVISOR, language).send("/passes/import", list_form(text))
    assert seen.status_code == 400
    assert says in text_of(seen)
    assert "坦克" in text_of(seen)
    assert 'name="kept"' not in seen.text


def test_a_list_that_fills_more_than_one_line_of_the_page_is_carried_whole(app: Flask, place: Place) -> None:
    supervisor = Browser(app, Role.SUPERVISOR)
    rows = "".join(f"鲁B{number:05},resident\n" for number in range(40_000, 40_300))
    seen = supervisor.send("/passes/import", list_form(f"plate,class\n{rows}"))
    form = {"name": "list.csv", "kept": kept(seen.text)}
    assert supervisor.send("/passes/import", form).status_code == 302
    assert len(table(place, "passes")) == 300


def test_a_large_list_fits_and_a_larger_one_is_refused(app: Flask) -> None:
    supervisor = Browser(app, Role.SUPERVISOR)
    rows = "".join(f"鲁B{number:05},居民,东门,R-{number}\n" for number in range(5000))
    seen = supervisor.send("/passes/import", list_form("车牌,类别,卡口,申请编号\n" + rows))
    assert "5000 new passes" in text_of(seen)
    huge = {"list": (io.BytesIO(b"x" * (11 * 1024 * 1024)), "huge.csv")}
    refused = supervisor.send("/passes/import", huge)
    assert refused.status_code == 400
    assert "at most 10 MB" in text_of(refused)


@pytest.mark.parametrize("text", ["@@@", "AAAA", pack(b"x" * (11 * 1024 * 1024)), pack(b"plate")[:-8]])
def test_a_list_that_no_page_of_ours_carried_is_refused(app: Flask, text: str) -> None:
    assert Browser(app, Role.SUPERVISOR).send("/passes/import", {"name": "x", "kept": text}).status_code == 400


def test_a_carried_list_comes_back_whole() -> None:
    assert unpack(pack(b"\x00plate" * 100), 10_000) == b"\x00plate" * 100


def test_no_file_is_one_line(app: Flask) -> None:
    answer = Browser(app, Role.SUPERVISOR).send("/passes/import", {})
    assert answer.status_code == 400
    assert "Choose a file" in text_of(answer)


def test_a_plate_is_watched_searched_and_let_go(app: Flask, place: Place) -> None:
    supervisor = Browser(app, Role.SUPERVISOR)
    wrong = supervisor.send("/passes/watched", {"plate": "鲁B66666", "why": "套牌"})
    assert wrong.status_code == 400
    assert "Tick at least one." in text_of(wrong)
    assert 'value="套牌"' in wrong.text
    assert supervisor.send("/passes/watched", {"plate": "鲁b·66666", "deny_in": "y", "why": "套牌"}).status_code == 302
    page = text_of(supervisor.open("/passes/watched?search=6666"))
    assert "鲁B·66666" in page
    assert "Stop in" in page
    assert "套牌" in passlist(place)
    assert supervisor.send("/passes/watched/remove", {"plate": "鲁B66666"}).status_code == 302
    assert len(table(place, "watched")) == 1, "nobody said why"
    assert supervisor.send("/passes/watched/remove", {"plate": "鲁B66666", "reason": "错报"}).status_code == 302
    assert table(place, "watched") == []
    assert [row["action"] for row in table(place, "audit")][-2:] == ["plate watched", "plate unwatched"]
    detail = json.loads(table(place, "audit")[-1]["detail"])
    assert (detail["reason"], detail["before"]["why"], detail["after"]) == ("错报", "套牌", {})


def test_the_watch_list_has_pages(app: Flask, place: Place) -> None:
    with place.engine.begin() as connection:
        for number in range(60):
            watch_plate(
                place.town,
                connection,
                f"鲁B{number:05}",
                deny_in=True,
                deny_out=False,
                notify=True,
                why="x",
                by="cli",
                now=NOW,
            )
    supervisor = Browser(app, Role.SUPERVISOR)
    first = supervisor.open("/passes/watched").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = supervisor.open(following[1]).text
    assert (first.count('class="cell-plate"'), second.count('class="cell-plate"')) == (50, 10)


def test_keys_are_rotated_and_revoked_by_an_admin(app: Flask, place: Place) -> None:
    issued, admin = issue(place), Browser(app, Role.ADMIN)
    assert Browser(app, Role.SUPERVISOR).send("/passes/keys/rotate", {}).status_code == 403
    past = admin.send("/passes/keys/rotate", {"keep_until": "2026-01-01T00:00"})
    assert past.status_code == 400
    assert "Enter a time in the future" in text_of(past)
    current = admin.send("/passes/keys/revoke", {"kid": issued.kid, "reason": "leaked"})
    assert current.status_code == 409
    assert admin.send("/passes/keys/rotate", {"keep_until": "2026-03-10T00:00"}).status_code == 302
    old = next(row for row in table(place, "pass_keys") if row["kid"] == issued.kid)
    assert old["until"] == "2026-03-09T16:00:00.000Z"
    assert "1 of its passes say longer" in text_of(admin.open("/passes/keys"))
    empty = admin.send("/passes/keys/revoke", {"kid": issued.kid, "reason": " "})
    assert empty.status_code == 400
    assert "Say why" in text_of(empty)
    assert admin.send("/passes/keys/revoke", {"kid": issued.kid, "reason": "leaked"}).status_code == 302
    assert "leaked" in text_of(admin.open("/passes/keys"))
    assert issued.kid in passlist(place)


@pytest.mark.parametrize("query", ["size=id1", "size=id2", "size=id1&sheet=1"])
def test_a_card_is_a_pdf_and_the_print_is_noted(app: Flask, place: Place, query: str) -> None:
    issued = issue(place)
    answer = Browser(app, Role.OFFICER).open(f"/passes/{issued.id}/card.pdf?{query}")
    assert answer.mimetype == "application/pdf"
    assert len(pypdfium2.PdfDocument(answer.data)) == 1
    assert [row["object"] for row in table(place, "audit") if row["action"] == "pass printed"] == [
        f"passes/{issued.id}"
    ]


def test_a_sheet_prints_what_a_search_finds_and_still_holds(app: Flask, place: Place) -> None:
    wanted, revoked, _other = issue(place, "鲁B00001"), issue(place, "鲁B00002"), issue(place, "鲁B00003", "transit")
    with place.engine.begin() as connection:
        revoke_pass(place.town, connection, revoked.id, by="cli", reason="x", now=NOW)
    officer = Browser(app, Role.OFFICER)
    assert officer.open("/passes/cards.pdf?vehicle_class=resident&size=id1").status_code == 200
    printed = [row["object"] for row in table(place, "audit") if row["action"] == "pass printed"]
    assert printed == [f"passes/{wanted.id}"]
    assert officer.open("/passes/cards.pdf?search=ZZZ").status_code == 409
    assert officer.open("/passes/cards.pdf?size=a4").status_code == 409
    assert officer.open(f"/passes/{revoked.id}/card.pdf").status_code == 404


def test_pictures_and_the_phone_page_are_there(app: Flask, place: Place) -> None:
    issued, officer = issue(place), Browser(app, Role.OFFICER)
    assert officer.open(f"/passes/{issued.id}.png").data.startswith(b"\x89PNG")
    assert "鲁B·12345" in text_of(officer.open(f"/passes/{issued.id}/phone"))
    assert wall_text(issued.expires)[:7] in text_of(officer.open(f"/passes/{issued.id}/phone"))
    assert officer.open("/passes/0123456789abcdef/phone").status_code == 404


def test_a_viewer_sees_no_pass(app: Flask, place: Place) -> None:
    issued, viewer = issue(place), Browser(app, Role.VIEWER)
    for end in ("", "/phone", "/card.pdf", ".png", ".svg"):
        assert viewer.open(f"/passes/{issued.id}{end}").status_code == 403
    assert viewer.open("/passes/cards.pdf").status_code == 403


def test_whoever_sees_a_code_stands_in_the_audit(app: Flask, place: Place) -> None:
    """Faults C: codes were copied without a row: each way, each time, who and which pass."""
    with place.engine.begin() as connection:
        issued = issue_pass(place.town, connection, plate="鲁B12345", vehicle_class="resident", allowed=None, not_before=NOW, expires=None,
            priority=None, by="cli", now=NOW,
        )  # fmt: skip
    browser = Browser(app, Role.OFFICER)
    for end in (".png", ".svg", ".svg?level=q", "/phone", ".png"):
        assert browser.open(f"/passes/{issued.id}{end}").status_code == 200
    browser.client.head(f"/passes/{issued.id}.png")
    rows = [row for row in table(place, "audit") if row["action"] == codes.ACTION]
    assert {(row["user"], row["object"]) for row in rows} == {(place.users[Role.OFFICER], f"passes/{issued.id}")}
    hows = [json.loads(row["detail"])["how"] for row in rows]
    assert hows == ["png", "svg", "svg", "phone page", "png"], "who asks for the head alone sees no code"
    Browser(app, Role.VIEWER).open(f"/passes/{issued.id}.png")
    assert len([row for row in table(place, "audit") if row["action"] == codes.ACTION]) == len(rows), "nothing was seen"
