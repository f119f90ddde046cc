"""Signing in: what is counted before anything is hashed, who is kept out and for how long, what the audit says of it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.engine import Connection

from hub.accounts import audit_counts, counting, failures, sign_in, store
from hub.accounts.counting import Rule, Tally
from hub.accounts.hashing import BusyError, Turns
from hub.accounts.roles import Role
from hub.accounts.sign_in import Attempt, Door, Right, Wait, Wrong
from hub.database.engine import reader
from hub.database.schema import attempts
from hub.web.cookies import cookie_name, secret_key
from hub.web.origins import from_elsewhere
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import meddle, table
from tests.hub.towns import NOW, PASSWORD, Place

SECRET = "ab" * 32
OFFICE = "192.168.1.20"


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The logins whose password was really hashed, in order; instead of argon2, which takes its time."""
    found: list[str] = []

    def authenticate(connection: Connection, login: str, password: str) -> store.User | None:
        found.append(login)
        return store.find_login(connection, login) if password == PASSWORD else None

    monkeypatch.setattr(store, "authenticate", authenticate)
    return found


@pytest.fixture
def door(place: Place, hashed: list[str]) -> Iterator[Door]:
    reading = reader(place.town.settings.database_url)
    yield Door(reading, place.engine, SECRET, Turns())
    reading.dispose()


def wrong(login: str = "officer", address: str = OFFICE, device: str = "") -> Attempt:
    return Attempt(login, "guess", address, device)


def right(login: str = "officer", address: str = OFFICE, device: str = "") -> Attempt:
    return Attempt(login, PASSWORD, address, device)


def fail(door: Door, times: int, now: datetime = NOW, **how: str) -> None:
    for _ in range(times):
        assert isinstance(door.try_(wrong(**how), now), Wrong)


# --- counting before hashing --------------------------------------------------------------------------------------------


def test_the_eleventh_wrong_password_costs_no_hash(door: Door, hashed: list[str]) -> None:
    """Faults C: 40 parallel wrong passwords were 40 hashes."""
    answers = [door.try_(wrong(), NOW) for _ in range(40)]
    assert [type(each) for each in answers] == [Wrong] * 10 + [Wait] * 30
    assert len(hashed) == 10


def test_attempts_that_come_at_once_are_counted_one_by_one(door: Door, hashed: list[str]) -> None:
    with ThreadPoolExecutor(30) as pool:
        # a moment apart, and not in the order of their times
        moments = [NOW + timedelta(milliseconds=50 * (number % 7)) for number in range(30)]
        answers = list(pool.map(lambda now: door.try_(wrong(), now), moments))
    assert len(hashed) == 10
    assert sum(isinstance(each, Wait) for each in answers) == 20


def test_an_unknown_login_is_counted_and_hashed_as_a_known_one(door: Door, hashed: list[str]) -> None:
    known, unknown = ([type(door.try_(wrong(login), NOW)) for _ in range(12)] for login in ("officer", "nobody"))
    assert known == unknown
    assert hashed == ["officer"] * 10 + ["nobody"] * 10


def test_a_restart_forgets_no_attempt(door: Door, place: Place, hashed: list[str]) -> None:
    fail(door, 10)
    reading = reader(place.town.settings.database_url)
    again = Door(reading, place.engine, SECRET, Turns())
    assert isinstance(again.try_(wrong(), NOW), Wait)
    reading.dispose()


# --- nobody is locked out for good --------------------------------------------------------------------------------------


def test_waits_grow_and_are_short(door: Door) -> None:
    fail(door, 10)
    waits, now = [], NOW
    for _ in range(8):
        answer = door.try_(wrong(), now)
        assert isinstance(answer, Wait)
        waits.append(answer.seconds)
        now += timedelta(seconds=answer.seconds)
        fail(door, 1, now)
    assert waits[0] == 60
    assert waits == sorted(waits)
    assert waits[-1] == sign_in.PAIR.longest == 300


def test_refused_attempts_do_not_prolong_the_wait(door: Door) -> None:
    fail(door, 10)
    for _ in range(100):
        door.try_(wrong(), NOW + timedelta(seconds=59))
    assert isinstance(door.try_(right(), NOW + timedelta(seconds=60)), Right)


def test_an_attacker_elsewhere_keeps_an_officers_own_browser_in(door: Door) -> None:
    for number in range(90):
        door.try_(wrong(address=f"10.0.{number}.1"), NOW)
    assert isinstance(door.try_(right(address="10.9.9.9"), NOW), Wait), "an account has no limit"
    assert isinstance(door.try_(right(device="d1"), NOW), Right)


def test_an_attacker_at_the_next_desk_keeps_an_officers_own_browser_in(door: Door) -> None:
    for number in range(200):
        door.try_(wrong("officer" if number % 2 else f"u{number}"), NOW)
    assert isinstance(door.try_(right(), NOW), Wait)
    assert isinstance(door.try_(right(device="d1"), NOW), Right)
    assert isinstance(door.try_(right(address="192.168.1.21", login="supervisor"), NOW), Right)


def test_a_known_browser_has_a_limit_of_its_own(door: Door, hashed: list[str]) -> None:
    fail(door, 10, device="d1")
    assert isinstance(door.try_(wrong(device="d1"), NOW), Wait)
    assert len(hashed) == 10


def test_the_right_password_takes_the_attempts_back(door: Door) -> None:
    for _ in range(6):
        fail(door, 9)
        assert isinstance(door.try_(right(), NOW), Right)


def test_one_address_cannot_try_many_logins(door: Door) -> None:
    answers = [door.try_(wrong(f"guess{number}"), NOW) for number in range(61)]
    assert [type(each) for each in answers] == [Wrong] * 60 + [Wait]
    # a subscriber's whole /64 is one address
    answers = [door.try_(wrong(f"six{number}", address=f"2001:db8::{number:x}"), NOW) for number in range(61)]
    assert isinstance(answers[-1], Wait)


def test_a_new_password_clears_the_attempts(door: Door, place: Place) -> None:
    fail(door, 10)
    with place.engine.begin() as connection:
        officer = store.find_login(connection, "officer")
        assert officer is not None
        store.set_password(connection, officer, "winter radish moon", NOW)
    assert isinstance(door.try_(right(), NOW), Right)


def test_a_clock_that_is_set_back_keeps_nobody_out(door: Door) -> None:
    fail(door, 10, NOW + timedelta(days=400))
    assert isinstance(door.try_(right(), NOW), Right)


def test_tallies_are_bounded(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST", 200)
    with place.engine.begin() as connection:
        for number in range(1000):
            counting.keep(connection, {f"n{number}": Tally(1, number, 0)})
        assert len(connection.execute(attempts.select()).all()) < 300


def test_a_tally_empties_by_itself() -> None:
    rule, tally = Rule(free=3, first=10, longest=40, leak=100), Tally()
    for _ in range(3):
        tally = tally.one_more(rule, 1000.0)
    assert (tally.wait(1000.0), tally.wait(1010.0)) == (10.0, 0.0)
    assert tally.one_more(rule, 1310.0).count == 1


# --- turns --------------------------------------------------------------------------------------------------------------


def test_two_are_hashed_at_once_and_no_more() -> None:
    turns, now, most, lock = Turns(at_once=2, inside=20, patience=5), [0], [0], threading.Lock()

    def work() -> None:
        with turns.inside(), turns.turn():
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            threading.Event().wait(0.02)
            with lock:
                now[0] -= 1

    with ThreadPoolExecutor(12) as pool:
        for each in [pool.submit(work) for _ in range(12)]:
            each.result()
    assert most == [2]


def test_who_finds_no_place_or_no_turn_is_sent_away_and_the_place_is_given_back() -> None:
    turns = Turns(at_once=1, inside=2, patience=0.01)
    for _ in range(3):
        with turns.inside(), turns.turn():
            with turns.inside(), pytest.raises(BusyError), turns.turn():
                pass
            with turns.inside(), pytest.raises(BusyError), turns.inside():
                pass


def test_a_busy_hub_counts_nothing_against_who_is_sent_away(place: Place, hashed: list[str]) -> None:
    reading = reader(place.town.settings.database_url)
    door = Door(reading, place.engine, SECRET, Turns(at_once=0, patience=0.01))
    for _ in range(20):
        with pytest.raises(BusyError):
            door.try_(right(), NOW)
    assert {row["count"] for row in table(place, "attempts")} == {0.0}
    reading.dispose()


# --- the audit ----------------------------------------------------------------------------------------------------------


def failed(place: Place) -> list[dict[str, object]]:
    return [row for row in table(place, "audit") if row["action"] == failures.ACTION]


def test_failures_stand_in_the_audit_with_name_and_address_and_count(door: Door, place: Place) -> None:
    """Faults C: failed sign-ins left no row."""
    fail(door, 7)
    (row,) = failed(place)
    assert '"times": 1' in str(row["detail"])
    (count,) = table(place, "audit_counts")
    assert count["times"] == 7
    fail(door, 1, now=NOW + timedelta(minutes=16))
    first, row, _next = failed(place)
    assert '"times": 1' in str(first["detail"])
    assert (row["user"], row["object"]) == ("nobody", f"users/{place.users[Role.OFFICER]}")
    assert f'"address": "{OFFICE}"' in str(row["detail"])
    assert '"login": "officer"' in str(row["detail"])
    assert '"times": 7' in str(row["detail"])


def test_a_password_in_the_field_of_the_login_stands_nowhere(door: Door, place: Place) -> None:
    typed = "my secret\r\n password\x1b[31m"
    fail(door, 3, login=typed)
    (row,) = failed(place)
    assert row["object"] == "users/unknown"
    everything = str([table(place, name) for name in ("audit", "attempts", "audit_counts")])
    assert "secret" not in everything
    assert "guess" not in everything


def test_a_flood_writes_few_rows(door: Door, place: Place) -> None:
    for number in range(400):
        door.try_(wrong(f"guess{number}", address=f"10.{number % 250}.{number // 250}.1"), NOW)
    assert len(failed(place)) <= 61
    assert sum(row["times"] for row in table(place, "audit_counts")) == 400
    with place.engine.begin() as connection:
        audit_counts.close(connection, NOW + timedelta(hours=1))
        assert audit_counts.going_on(connection) == []
    sums = [str(row["detail"]) for row in failed(place) if '"since"' in str(row["detail"])]
    assert len(failed(place)) <= 62
    assert sum(int(each.split('"times": ')[1].split("}")[0].split(",")[0]) for each in sums) + 60 == 400


def test_no_row_of_the_audit_is_ever_changed(door: Door, place: Place) -> None:
    fail(door, 1)
    before = table(place, "audit")
    fail(door, 6)
    fail(door, 1, now=NOW + timedelta(minutes=16))
    assert table(place, "audit")[: len(before)] == before


# --- the page -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with console(place) as app:
        yield app


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Too many wrong passwords. Try again in 60 seconds."), ("zh", "60 秒")]
)
def test_the_page_says_how_long_to_wait(app: Flask, hashed: list[str], language: str, words: str) -> None:
    browser = Browser(app, language=language)
    codes = [browser.send("/login", {"login": "officer", "password": f"guess {n}"}).status_code for n in range(11)]
    assert codes == [401] * 10 + [429]
    answer = browser.send("/login", {"login": "officer", "password": PASSWORD})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert words in text_of(answer)
    Browser(app, Role.SUPERVISOR)


def test_a_browser_that_signed_in_before_is_known(app: Flask, hashed: list[str]) -> None:
    usual, attacker = Browser(app, Role.OFFICER), Browser(app)
    usual.send("/logout", {}, page="/")
    for number in range(12):
        attacker.send("/login", {"login": "officer", "password": f"guess {number}"})
    assert attacker.send("/login", {"login": "officer", "password": PASSWORD}).status_code == 429
    assert usual.send("/login", {"login": "officer", "password": PASSWORD}).status_code == 302
    # for that login alone
    name = f"{app.config['SESSION_COOKIE_NAME']}-device"
    cookie = usual.client.get_cookie(name, path="/login")
    assert cookie is not None
    forged = Browser(app)
    forged.client.set_cookie(name, cookie.value + "x", path="/login")
    assert forged.send("/login", {"login": "officer", "password": PASSWORD}).status_code == 429


def test_a_busy_hub_says_when_to_come_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.web.account_views.TURNS", Turns(inside=0))
    answer = Browser(app).send("/login", {"login": "officer", "password": PASSWORD})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3")


def test_a_head_is_answered_as_a_get(app: Flask) -> None:
    """Faults C: HEAD /login was 400."""
    for role, page in (
        (None, "/login"),
        (Role.SUPERVISOR, "/passes/import"),
        (Role.SUPERVISOR, "/passes/watched"),
        (Role.OFFICER, "/passes/new"),
    ):
        answer = Browser(app, role).client.head(page)
        assert (answer.status_code, answer.data) == (200, b""), page


# --- cookies ------------------------------------------------------------------------------------------------------------


def test_two_hubs_on_one_host_have_cookies_of_their_own(app: Flask) -> None:
    """Faults C: the cookies of two hubs overwrote each other."""
    names = {
        each.split("=")[0] for each in Browser(app, Role.OFFICER).client.get("/login").headers.getlist("Set-Cookie")
    }
    answer = Browser(app).send("/preferences", {"lang": "en", "theme": "dark", "next": "/"})
    names |= {each.split("=")[0] for each in answer.headers.getlist("Set-Cookie")}
    assert names
    assert all(name.startswith("kakou-demo-") for name in names), names
    assert cookie_name("demo", "ab" * 32) != cookie_name("demo", "cd" * 32)


@pytest.mark.parametrize("found", [b"", b"\0" * 64, b"garbage\n", b"ab" * 31, b"\xff\xfe" * 40, b"AB" * 33])
def test_a_damaged_key_of_the_cookies_is_made_anew(place: Place, found: bytes) -> None:
    """Faults C and D: `keys/web.key` of 0 bytes was 500 for ever."""
    key = place.folder / "keys" / "web.key"
    key.write_bytes(found)
    with console(place) as app:
        Browser(app, Role.OFFICER)
    made = key.read_text().strip()
    assert (len(made), secret_key(key)) == (64, made)
    assert key.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in key.parent.glob("web*")] == ["web.key"]


def test_a_folder_in_the_keys_place_is_moved_aside(place: Place) -> None:
    key = place.folder / "keys" / "web.key"
    key.unlink()
    key.mkdir()
    (key / "something").write_text("x")
    assert len(secret_key(key)) == 64
    assert key.is_file()
    (aside,) = place.folder.glob("web.key.damaged-*")
    assert (aside / "something").read_text() == "x"


def test_a_good_key_stays(place: Place) -> None:
    key = place.folder / "keys" / "web.key"
    before = key.read_text().strip()
    assert secret_key(key) == before


# --- a form from elsewhere ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("site", "code"), [("cross-site", 400), ("same-site", 400), ("same-origin", 401), ("none", 401)]
)
def test_a_form_that_another_site_sends_is_refused(app: Flask, hashed: list[str], site: str, code: int) -> None:
    browser = Browser(app)
    data = {"csrf_token": browser.token(), "login": "officer", "password": "guess"}
    assert browser.client.post("/login", data=data, headers={"Sec-Fetch-Site": site}).status_code == code


HERE = "http://localhost"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Origin": HERE}, 401),
        ({"Origin": f"{HERE}:80"}, 401),
        ({"Origin": "HTTP://LOCALHOST."}, 401),
        ({"Referer": f"{HERE}/login"}, 401),
        ({"Origin": HERE, "Referer": "https://evil.example/"}, 401),
        ({}, 401),
        ({"Origin": "https://evil.example"}, 400),
        ({"Origin": "http://localhost.evil.example"}, 400),
        ({"Origin": "http://localhost@evil.example"}, 400),
        ({"Origin": f"{HERE}:9000"}, 400),
        ({"Origin": "null"}, 400),
        ({"Origin": "file://"}, 400),
        ({"Origin": "http://[::1"}, 400),
        ({"Origin": f"{HERE}:99999"}, 400),
        ({"Referer": "https://evil.example/http://localhost/"}, 400),
        ({"Origin": "https://evil.example", "Referer": f"{HERE}/login"}, 400),
        ({"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example"}, 400),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, 401),
    ],
)
def test_a_browser_that_says_only_from_where_it_sends_is_believed(
    app: Flask, hashed: list[str], headers: dict[str, str], code: int
) -> None:
    """Faults C: a form of another site in a browser without `Sec-Fetch-Site`, as all are over plain http."""
    browser = Browser(app)
    data = {"csrf_token": browser.token(), "login": "officer", "password": "guess"}
    answer = browser.client.post("/login", data=data, headers=headers)
    assert answer.status_code == code
    assert ("Another site sent this form" in text_of(answer)) is (code == 400)


@pytest.mark.parametrize("host", ["hub:8000", "[2001:DB8::1]:8000", "192.168.1.10"])
def test_a_form_of_the_hubs_own_pages_is_taken_under_every_name_it_has(host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host.lower()}"}
    assert not from_elsewhere(headers, scheme="http", proxied=False, signed_in_at=None)


@pytest.mark.parametrize(("language", "says"), [("en", "Another site sent this form"), ("zh", "此表单来自其他网站")])
def test_the_refusal_says_what_it_is(app: Flask, language: str, says: str) -> None:
    browser = Browser(app, language=language)
    answer = browser.client.post(
        "/login", data={"csrf_token": browser.token()}, headers={"Origin": "https://evil.example"}
    )
    assert says in text_of(answer)


def test_behind_a_proxy_that_hides_the_host_forms_come_from_where_the_user_signed_in(place: Place) -> None:
    settings = place.town.settings
    web = settings.web.model_copy(update={"proxies": 1})
    (place.folder / "hub.toml").write_text(settings.model_copy(update={"web": web}).text(), encoding="utf-8")
    with console(place) as app:
        browser = Browser(app)
        data = {"csrf_token": browser.token(), "login": "officer", "password": PASSWORD}
        origin = "https://hub.example"
        assert browser.client.post("/login", data=data, headers={"Origin": origin}).status_code == 302
        form = {"csrf_token": browser.token(), "theme": "dark"}
        for sent, named, code in (
            (origin, {}, 302),
            ("https://evil.example", {}, 400),
            (f"{origin}:8443", {}, 400),
            (f"{origin}:8443", {"X-Forwarded-Host": "hub.example"}, 302),
            ("https://evil.example", {"X-Forwarded-Host": "hub.example"}, 400),
        ):
            headers = {"Origin": sent} | named
            assert browser.client.post("/preferences", data=form, headers=headers).status_code == code, headers


def test_a_login_that_was_pasted_with_blanks_counts_and_a_password_counts_as_it_was_typed(place: Place) -> None:
    with console(place) as app:
        browser = Browser(app)
        assert browser.send("/login", {"login": " officer\t", "password": f"{PASSWORD} "}).status_code == 401
        assert browser.send("/login", {"login": " officer\t", "password": PASSWORD}).status_code == 302


def test_what_is_too_large_is_said(app: Flask) -> None:
    answer = Browser(app).client.post("/login", data={"login": "x" * 70_000})
    assert answer.status_code == 413


def test_old_passwords_stay_good(place: Place, app: Flask) -> None:
    """Existing passwords keep working, however short."""
    from argon2 import PasswordHasher

    meddle(place, f"UPDATE users SET password = '{PasswordHasher().hash('12345678')}' WHERE login = 'officer'")
    assert Browser(app).send("/login", {"login": "officer", "password": "12345678"}).status_code == 302


def test_the_folder_of_keys_is_needed_for_no_more(tmp_path: Path) -> None:
    assert secret_key(tmp_path / "web.key") == secret_key(tmp_path / "web.key")
