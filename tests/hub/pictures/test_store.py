"""A crossing's picture comes when an officer asks, appears by itself, and each look is audited: nobody else sees it, and no other picture."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from edge.contract.canonical import sha256_hex
from edge.contract.message import MAX_MESSAGE
from edge.contract.messages import MAX_PICTURE, Picture
from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.database.schema import receipts
from hub.database.statements import upsert
from hub.downlink import signed_lists
from hub.orders import pending
from hub.pictures import store
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import send, settle, table
from tests.hub.towns import NOW, Place

JPEG = bytes.fromhex("ffd8ffe0") + b"a picture of a car" + bytes.fromhex("ffd9")
HASH = sha256_hex(JPEG)


class Clock:
    """The hub's clock, moved by hand."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Place]:
    found = settle(tmp_path)
    yield found
    found.engine.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(town: Place, clock: Clock) -> Iterator[Flask]:
    with console(town, clock) as app:
        yield app


def visit(town: Place, picture: str | None = HASH) -> str:
    """A visit whose picture the gate keeps."""
    found = town.gates["east"].visit("鲁B12345", NOW, picture=picture)
    send(town, town.gates["east"], *town.gates["east"].sealed)
    return found


def answer(town: Place, data: bytes | None = JPEG, gate: str = "east", hash_: str = HASH) -> bool:
    """The gate answers."""
    picture = Picture.model_construct(hash=hash_, jpeg=data, at=wall_text(NOW))
    with town.engine.begin() as connection:
        return store.take(connection, "demo", gate, picture, NOW)


def audit(town: Place) -> list[str]:
    return [row["action"] for row in table(town, "audit") if row["action"].startswith("picture")]


def ask(app: Flask, visit: str, role: Role = Role.OFFICER) -> Browser:
    """An officer touches the button, without htmx: the page of the visit comes again."""
    browser, page = Browser(app, role), f"/visits/{visit}"
    answer = browser.send(f"{page}/picture", {}, page=page)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{page}?look=1#picture")
    return browser


def test_an_officer_asks_with_one_touch_and_the_picture_comes_by_itself(town: Place, app: Flask) -> None:
    shown = visit(town)
    page, box, file = f"/visits/{shown}", f"/visits/{shown}/picture", f"/visits/{shown}/picture.jpg"
    browser = Browser(app, Role.OFFICER)
    before = browser.open(page)
    assert "Ask the gate for the picture" in text_of(before)
    assert "every 2s" not in before.text
    browser.client.environ_base["HTTP_HX_REQUEST"] = "true"
    waiting = browser.send(box, {}, page=page).text
    assert f'hx-get="{box}?look=1" hx-trigger="every 2s"' in waiting
    assert "<html" not in waiting
    assert browser.open(file).status_code == 404
    assert audit(town) == ["picture asked for"]
    assert answer(town)
    there = browser.open(f"{box}?look=1").text
    assert f'<img src="{file}"' in there
    assert "every 2s" not in there
    seen = browser.open(file)
    assert (seen.data, seen.mimetype, seen.headers["Cache-Control"]) == (JPEG, "image/jpeg", "no-store")
    assert audit(town) == ["picture asked for", "picture seen"]
    browser.open(file)
    assert audit(town) == ["picture asked for", "picture seen", "picture seen"], "each look"


def test_a_picture_that_is_here_is_shown_to_nobody_who_has_not_asked(town: Place, app: Flask) -> None:
    shown = visit(town)
    ask(app, shown)
    other = Browser(app, Role.SUPERVISOR)
    assert f'hx-get="/visits/{shown}/picture"' in other.open(f"/visits/{shown}").text, "waits with the first one"
    assert answer(town)
    page = other.open(f"/visits/{shown}")
    assert "picture.jpg" not in page.text
    assert "Show the picture" in text_of(page)
    assert audit(town) == ["picture asked for"]
    page = ask(app, shown, Role.SUPERVISOR).open(f"/visits/{shown}?look=1")
    assert "picture.jpg" in page.text


def test_asking_twice_asks_the_gate_once(town: Place, app: Flask) -> None:
    shown = visit(town)
    ask(app, shown)
    ask(app, shown, Role.SUPERVISOR)
    assert commands(town) == [f"p-{shown}-1"]
    assert audit(town) == ["picture asked for"]


def test_a_gate_that_never_answered_may_be_asked_again(town: Place, app: Flask, clock: Clock) -> None:
    shown = visit(town)
    ask(app, shown)
    clock.now = NOW + store.WAITS
    assert "The gate was asked and did not answer" in text_of(Browser(app, Role.OFFICER).open(f"/visits/{shown}"))
    ask(app, shown)
    assert commands(town, clock.now) == [f"p-{shown}-2"]


def test_a_viewer_neither_asks_nor_sees(town: Place, app: Flask) -> None:
    shown = visit(town)
    ask(app, shown)
    assert answer(town)
    browser = Browser(app, Role.VIEWER)
    assert 'id="picture"' not in browser.open(f"/visits/{shown}").text
    assert browser.open(f"/visits/{shown}/picture.jpg").status_code == 403
    assert browser.open(f"/visits/{shown}/picture").status_code == 403
    assert browser.send(f"/visits/{shown}/picture", {}, page=f"/visits/{shown}").status_code == 403


def test_a_visit_without_a_picture_offers_none(town: Place, app: Flask) -> None:
    shown = visit(town, picture=None)
    browser = Browser(app, Role.SUPERVISOR)
    text = text_of(browser.open(f"/visits/{shown}"))
    assert "Ask the gate" not in text
    assert "The gate took no picture of this crossing." in text
    assert browser.send(f"/visits/{shown}/picture", {}, page=f"/visits/{shown}").status_code == 404
    assert browser.send(f"/visits/{'0' * 32}/picture", {}, page=f"/visits/{shown}").status_code == 404


def test_a_picture_that_is_gone_is_said_to_be_gone_and_may_be_asked_for_again(town: Place, app: Flask) -> None:
    shown = visit(town)
    browser = ask(app, shown)
    assert answer(town, None)
    text = text_of(browser.open(f"/visits/{shown}"))
    assert "The gate no longer has the picture." in text
    assert "Ask the gate for the picture" in text
    ask(app, shown)
    assert commands(town) == [f"p-{shown}-2"]


def commands(town: Place, now: datetime = NOW) -> list[str]:
    with town.engine.begin() as connection:
        return [each.id for each in store.pending(connection, "demo", "east", now)]


def test_a_gate_is_asked_until_it_answers_or_a_week_is_over(town: Place) -> None:
    shown = visit(town)
    with town.engine.begin() as connection:
        store.ask(connection, "demo", shown, "east", HASH, by="u-3", now=NOW)
    assert commands(town) == [f"p-{shown}-1"]
    assert commands(town, NOW + store.WAITS) == []
    assert answer(town)
    assert commands(town) == []
    with town.engine.begin() as connection:
        store.ask(connection, "demo", shown, "east", HASH, by="u-3", now=NOW)
    assert commands(town) == [f"p-{shown}-2"], "a gate does each command once: asking again is another one"


def test_a_gate_that_says_that_it_cannot_is_asked_no_more_and_the_page_says_why(town: Place, app: Flask) -> None:
    shown = visit(town)
    browser = ask(app, shown)
    for result, detail in (("started", ""), ("failed", "the gate ended in the middle of it")):
        receipt = {
            "town": "demo", "gate": "east", "order": f"p-{shown}-1", "result": result, "officer": "", "detail": detail,
            "at": wall_text(NOW), "received_at": wall_text(NOW),
        }  # fmt: skip
        with town.engine.begin() as connection:
            upsert(connection, receipts, [receipt])
        assert commands(town) == ([f"p-{shown}-1"] if result == "started" else [])
    text = text_of(browser.open(f"/visits/{shown}"))
    assert "The gate cannot send the picture: the gate ended in the middle of it" in text
    assert "Ask the gate for the picture" in text


def test_asking_tells_the_gate_in_the_same_transaction(town: Place, app: Flask) -> None:
    shown = visit(town)
    ask(app, shown)
    with town.engine.begin() as connection:
        (message,) = signed_lists.commands(connection, "demo").values()
        pending.publish(connection, "demo", "east", key=town.town.key, now=NOW + timedelta(hours=1))
        assert signed_lists.commands(connection, "demo") == {"east": message}, "nothing new, no new version"
    assert message.holds(town.town.key.public_key())
    assert [each.visit for each in message.commands().commands] == [shown]


def test_nobody_elses_answer_counts(town: Place) -> None:
    shown = visit(town)
    assert not answer(town), "nobody has asked yet"
    with town.engine.begin() as connection:
        store.ask(connection, "demo", shown, "east", HASH, by="u-3", now=NOW)
    assert not answer(town, gate="west")
    assert not answer(town, hash_="ab" * 32)
    assert answer(town)
    assert answer(town, None), "an answer again is heard, and changes nothing"
    (row,) = table(town, "pictures")
    assert row["jpeg"] == JPEG


def test_a_picture_is_whole_only_if_it_is_the_one_that_was_recorded() -> None:
    assert Picture.model_construct(hash=HASH, jpeg=JPEG, at=wall_text(NOW)).whole
    assert not Picture.model_construct(hash=HASH, jpeg=JPEG + b"x", at=wall_text(NOW)).whole
    page = b"<script>"
    assert not Picture.model_construct(hash=sha256_hex(page), jpeg=page, at=wall_text(NOW)).whole


def test_the_largest_picture_fits_a_message_and_a_larger_one_is_refused() -> None:
    largest = Picture.model_construct(hash=HASH, jpeg=bytes(MAX_PICTURE), at=wall_text(NOW)).encode()
    assert len(largest) < MAX_MESSAGE
    assert Picture.parse(largest).jpeg == bytes(MAX_PICTURE)
    larger = Picture.model_construct(hash=HASH, jpeg=bytes(MAX_PICTURE + 1), at=wall_text(NOW)).encode()
    with pytest.raises(ValueError, match=r"^jpeg"):
        Picture.parse(larger)
