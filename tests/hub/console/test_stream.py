"""The stream of the live page: what it says, when it beats, how it resumes, and that it never looks live when it is not."""

import itertools
import re
import threading
import time
from collections.abc import Callable, Iterator
from html import unescape

import pytest
from flask import Flask

from edge.contract.facts import Kind, ShiftEnded, ShiftStarted
from hub.accounts.roles import Role
from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.console.stream import EACH, SEATS, Feed, Snapshot, events
from tests.hub.consoles import Browser, console
from tests.hub.ledgers import send
from tests.hub.towns import NOW, Place


class World:
    """What the poller looks at, and how often it did."""

    def __init__(self) -> None:
        self.seen = Snapshot(5, "calm")
        self.fails = False
        self.looks = 0

    def look(self) -> Snapshot:
        self.looks += 1
        if self.fails:
            raise OSError("database is gone")
        return self.seen


def until(what: Callable[[], bool], seconds: float = 5.0) -> None:
    """Polls with a deadline."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def feed(world: World) -> Iterator[Feed]:
    # live is what answered within that: long enough for a busy machine
    feed = Feed(world.look, every=0.1, live_for=0.5, seats=2)
    yield feed
    until(lambda: not any(thread.name == "feed" for thread in threading.enumerate()))


@pytest.fixture
def seat(feed: Feed) -> Iterator[Feed]:
    assert feed.sit("a")
    yield feed
    feed.leave("a")


def stream(
    feed: Feed, entry: int = 5, alerts: str = "", *, allowed: Callable[[], bool] = lambda: True, beat: float = 0.05
) -> Iterator[str]:
    return events(feed, Snapshot(entry, "", alerts), allowed=allowed, beat_text=lambda: "12:30:00", beat=beat)


def next_of(text: Iterator[str], kind: str) -> str:
    """The next event of a kind."""
    return next(each for each in itertools.islice(text, 200) if f"event: {kind}\n" in each)


def test_news_of_the_ledger_carry_the_entrys_id(seat: Feed, world: World) -> None:
    text = stream(seat)
    assert next(text) == "retry: 2000\n\n"
    world.seen = Snapshot(9, "calm")
    assert next_of(text, "ledger") == "id: 9\nevent: ledger\ndata: 9\n\n"


def test_who_was_away_is_told_at_once_and_who_is_up_to_date_is_not(seat: Feed) -> None:
    until(lambda: seat.live)
    assert "event: ledger" in list(itertools.islice(stream(seat, entry=3), 2))[1]
    assert not any("event: ledger" in each for each in itertools.islice(stream(seat, entry=5), 6))


def test_a_gate_that_changes_is_news(seat: Feed, world: World) -> None:
    text = stream(seat)
    next_of(text, "gates")
    world.seen = Snapshot(5, "east went offline")
    assert next_of(text, "gates")


def test_an_alert_is_news_once(seat: Feed, world: World) -> None:
    text = stream(seat)
    world.seen = Snapshot(5, "calm", "2")
    assert next_of(text, "alerts") == "event: alerts\ndata: 2\n\n"
    assert not any("event: alerts" in each for each in itertools.islice(text, 6))
    assert not any("event: alerts" in each for each in itertools.islice(stream(seat, alerts="2"), 6))


def test_what_is_new_is_said_while_nobody_waits_for_a_beat(seat: Feed, world: World) -> None:
    text = stream(seat, beat=60)
    next_of(text, "beat")
    began = time.monotonic()
    world.seen = Snapshot(6, "calm")
    next_of(text, "ledger")
    assert time.monotonic() - began < 5


def test_nobody_is_woken_while_nothing_changes(seat: Feed, world: World) -> None:
    until(lambda: seat.live)
    began = time.monotonic()
    looks = world.looks
    assert seat.wait(world.seen, 0.5) == world.seen
    assert time.monotonic() - began >= 0.5
    assert world.looks > looks


def test_a_calm_stream_beats(seat: Feed) -> None:
    text = stream(seat)
    assert next_of(text, "beat") == "event: beat\ndata: 12:30:00\n\n"
    assert next_of(text, "beat")


def test_a_hub_that_cannot_read_its_ledger_stops_beating_and_recovers(seat: Feed, world: World) -> None:
    text = stream(seat)
    next_of(text, "beat")
    world.fails = True
    until(lambda: not seat.live)
    assert next(text) == ": waiting for the database\n\n"
    world.fails = False
    until(lambda: seat.live)
    assert next_of(text, "beat")


def test_a_stream_ends_with_its_session(seat: Feed) -> None:
    allowed = iter([True, False])
    assert len(list(stream(seat, allowed=lambda: next(allowed)))) < 10


def test_streams_end_when_the_server_is_to_stop(seat: Feed) -> None:
    until(lambda: seat.live)
    text = stream(seat, beat=60)
    next_of(text, "beat")
    seat.close()
    assert len(list(text)) <= 2


def test_one_poller_serves_all_and_rests_when_nobody_listens(feed: Feed, world: World) -> None:
    assert feed.sit("a")
    assert feed.sit("b")
    assert not feed.sit("c"), "there are two seats"
    assert [thread.name for thread in threading.enumerate()].count("feed") == 1
    feed.leave("a")
    feed.leave("b")
    until(lambda: not any(thread.name == "feed" for thread in threading.enumerate()))
    looks = world.looks
    assert feed.sit("a")
    until(lambda: world.looks > looks)
    feed.leave("a")


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with console(place) as app:
        yield app


def test_a_record_that_arrives_is_on_the_stream(app: Flask, place: Place) -> None:
    browser = Browser(app, Role.VIEWER)
    answer = browser.client.get("/stream?after=0")
    assert answer.mimetype == "text/event-stream"
    text = (chunk.decode() if isinstance(chunk, bytes) else chunk for chunk in answer.response)
    next_of(text, "gates")
    place.gates["east"].keep(Kind.SHIFT_STARTED, ShiftStarted(officer="u-3"), NOW)
    send(place, place.gates["east"])
    assert "id: 1\n" in next_of(text, "ledger")
    answer.close()


def test_a_stream_resumes_where_it_was(app: Flask, place: Place) -> None:
    gate = place.gates["east"]
    gate.keep(Kind.SHIFT_STARTED, ShiftStarted(officer="u-3"), NOW)
    gate.keep(Kind.SHIFT_ENDED, ShiftEnded(officer="u-3"), NOW)
    send(place, gate)
    answer = Browser(app, Role.VIEWER).client.get("/stream?after=0", headers={"Last-Event-ID": "1"})
    text = (chunk.decode() if isinstance(chunk, bytes) else chunk for chunk in answer.response)
    assert "id: 2\n" in next_of(text, "ledger")
    answer.close()


def test_an_alert_that_came_while_a_page_was_away_is_on_its_stream(app: Flask, place: Place) -> None:
    browser = Browser(app, Role.VIEWER)
    found = re.search(r'sse-connect="([^"]+)"', browser.open("/alerts").text)
    assert found
    address = unescape(found[1])
    with place.engine.begin() as connection:
        alerts.raise_(connection, place.town.id, AlertKind.FORK, "east", "epoch 1, record 2", NOW)
    # the browser that comes back names the entry that it knows, and the address what the page showed
    with browser.client.get(address, headers={"Last-Event-ID": "0"}) as answer:
        text = (chunk.decode() if isinstance(chunk, bytes) else chunk for chunk in answer.response)
        assert next_of(text, "alerts")
    found = re.search(r'sse-connect="([^"]+)"', browser.open("/alerts").text)
    assert found
    with browser.client.get(unescape(found[1])) as answer:
        text = (chunk.decode() if isinstance(chunk, bytes) else chunk for chunk in answer.response)
        said = list(itertools.islice(text, 2))
        assert said[0] == "retry: 2000\n\n"
        assert "event: beat" in said[1], "a page that shows all is told nothing again"


def test_more_streams_than_seats_are_told_to_wait(app: Flask) -> None:
    browser = Browser(app, Role.VIEWER)
    feed: Feed = app.extensions["kakou"].feed
    taken = [feed.sit(f"u-{number % 11}x") for number in range(SEATS)]
    assert all(taken)
    answer = browser.open("/stream")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    for number in range(SEATS):
        feed.leave(f"u-{number % 11}x")


def test_one_user_does_not_take_every_seat(app: Flask) -> None:
    """Faults C: streams are capped per user."""
    browser, other = Browser(app, Role.VIEWER), Browser(app, Role.OFFICER)
    open_ = [browser.client.get("/stream") for _ in range(EACH)]
    assert [answer.status_code for answer in open_] == [200] * EACH
    refused = browser.open("/stream")
    assert (refused.status_code, bool(refused.headers["Retry-After"])) == (503, True)
    with other.client.get("/stream") as answer:
        assert answer.status_code == 200
    for answer in open_:
        answer.close()
    with browser.client.get("/stream") as answer:
        assert answer.status_code == 200, "a seat is not given back"


def test_a_closed_stream_gives_its_seat_back(app: Flask) -> None:
    browser = Browser(app, Role.VIEWER)
    for _ in range(100):
        answer = browser.client.get("/stream")
        assert answer.status_code == 200
        answer.close()
