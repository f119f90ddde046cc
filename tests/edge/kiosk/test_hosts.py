"""faults C: whoever speaks to the gate's screen must have opened it under a name of this machine, from a page of its own."""

import socket
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from edge.kiosk import Kiosk, create_app
from edge.kiosk.hosts import RefusedRequest, known_host, refusal
from tests.edge.gates import TestTown
from tests.edge.kiosk.test_app import KEY, TownDesk

OURS = (
    "127.0.0.1",
    "127.0.0.1:8100",
    "localhost",
    "localhost:9100",
    "LocalHost:8100",
    "[::1]",
    "[::1]:8100",
    "127.0.0.1:65535",
)
STRANGE = (
    "", " ", "evil.example", "evil.example:8100", "127.0.0.1.evil.example", "localhost.evil.example", "localhost.", "127.0.0.1.",
    "localhost.:8100", "evil@127.0.0.1", "127.0.0.1@evil.example", "127.0.0.1:8100@evil.example", "127.0.0.1:80:90", "127.0.0.1:",
    "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:99999", "127.0.0.1:1e3", "127.0.0.1:\uff18\uff11", "127.0.0.1:-1", "::1", "[::1",
    "::1]", "[::1]x", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::1%25lo]", "127.1", "2130706433", "0x7f.0.0.1",
    "0177.0.0.1", "127.0.0.2", "0.0.0.0", "127.0.0.1, evil.example", "127.0.0.1 evil.example", "127.0.0.1\tx", "127.0.0.1/",
    "127.0.0.1/../x", "127.0.0.1?x", "127.0.0.1#x", "localhost\\x", "lоcalhost", "ｌocalhost", "localhoſt", "local host",
    "http://127.0.0.1", "//127.0.0.1", "192.168.1.20", "raspberrypi.local", "gate",
)  # fmt: skip


@pytest.mark.parametrize("host", OURS)
def test_names_of_this_machine_are_known_with_any_port(host: str) -> None:
    """README's tunnel may end at another port: `ssh -L 9100:127.0.0.1:8100` makes it `localhost:9100`."""
    assert known_host(host)
    assert refusal("GET", "/", {"Host": host}) is None
    assert refusal("POST", "/emergency", {"Host": host, "Origin": f"http://{host}"}) is None


@pytest.mark.parametrize("host", STRANGE)
def test_every_other_spelling_is_refused(host: str) -> None:
    assert not known_host(host)
    assert refusal("GET", "/", {"Host": host}) is RefusedRequest.HOST


@pytest.mark.parametrize("target", ["http://127.0.0.1/", "http://evil.example/", "*", "evil.example:80", ""])
def test_a_request_that_names_a_host_beside_host_is_refused(target: str) -> None:
    assert refusal("GET", target, {"Host": "127.0.0.1"}) is RefusedRequest.TARGET


def test_a_request_without_a_host_is_refused() -> None:
    assert refusal("GET", "/", {}) is RefusedRequest.TARGET


HOST = {"Host": "127.0.0.1:8100"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "https://127.0.0.1:8100"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://127.0.0.1:8000"},  # the hub's own pages, in a demo
        {"Origin": "http://localhost:8100"},
        {"Origin": "http://127.0.0.1:8100.evil.example"},
        {"Origin": "http://127.0.0.1:8100, http://evil.example"},
        {"Origin": "http://127.0.0.1:8100/"},
        {"Referer": "http://evil.example/127.0.0.1:8100"},
        {"Referer": "http://127.0.0.1:8100@evil.example/"},
        {"Referer": "http://[127.0.0.1:8100/"},
        {"Referer": "//127.0.0.1:8100/"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8100"},
        {"Sec-Fetch-Site": "Same-Origin"},
    ],
)
def test_a_form_of_another_page_presses_no_button(headers: dict[str, str]) -> None:
    assert refusal("POST", "/emergency", {**HOST, **headers}) is RefusedRequest.PAGE


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}, None),  # typed, or the unit's own browser
        ({"Sec-Fetch-Site": "same-origin"}, None),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"}, None),  # a link on the hub's page in a demo
        ({"Referer": "http://evil.example/"}, None),
        (
            {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
            RefusedRequest.PAGE,
        ),  # the picture in another page
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, RefusedRequest.PAGE),
        ({"Origin": "http://evil.example"}, RefusedRequest.PAGE),
    ],
)
def test_what_only_reads(headers: dict[str, str], refused: RefusedRequest | None) -> None:
    assert refusal("GET", "/lane", {**HOST, **headers}) is refused


@pytest.fixture
def desk() -> TownDesk:
    return TownDesk(TestTown())


@pytest.fixture
def client(desk: TownDesk) -> FlaskClient:
    return create_app(desk, KEY).test_client()


ROUTES = sorted(
    {
        (method, rule.rule.replace("<lane>", "1").replace("<path:filename>", "kiosk.js"))
        for rule in create_app(TownDesk(TestTown()), KEY).url_map.iter_rules()
        for method in (rule.methods or set()) - {"OPTIONS"}
    }
)


def asked(client: FlaskClient, method: str, path: str, host: str) -> TestResponse:
    return client.open(path, method=method, headers={"Host": host, "Origin": f"http://{host}"})


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_asks_who_speaks(client: FlaskClient, desk: TownDesk, method: str, path: str) -> None:
    answer = asked(client, method, path, "evil.example")
    assert answer.status_code == 421
    assert answer.get_data(as_text=True).count("\n") == (0 if method == "HEAD" else 1)
    assert "Set-Cookie" not in answer.headers
    assert desk.made.journal.entries == []
    with asked(client, method, path, "127.0.0.1") as welcome:
        assert welcome.status_code != 421


@pytest.fixture
def port(desk: TownDesk) -> Iterator[int]:
    kiosk = Kiosk(create_app(desk, KEY), "127.0.0.1", 0)
    kiosk.start()
    yield kiosk.port
    kiosk.stop()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", 200),
        (b"GET / HTTP/1.1\r\n", 400),
        (b"GET / HTTP/1.0\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost:\r\n", 421),
        (b"GET http://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n", 400),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\nHost: 127.0.0.1\r\n", 421),
        (b"GET / HTTP/1.1\r\nX-Forwarded-Host: 127.0.0.1\r\nHost: evil.example\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\nForwarded: host=127.0.0.1\r\n", 421),
        (b"GET //evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\n", 404),
    ],
)
def test_the_served_page_reads_the_request_as_it_was_sent(port: int, sent: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(sent + b"Connection: close\r\n\r\n")
        answer = connection.makefile("rb").readline()
    assert int(answer.split()[1]) == status


def test_the_screens_own_forms_say_where_they_come_from(client: FlaskClient) -> None:
    """With `no-referrer` a browser says `Origin: null` to its own page."""
    headers = client.get("/").headers
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_cookies_of_two_gates_on_one_machine_stand_beside_each_other() -> None:
    """faults C: a browser does not tell ports apart; each gate's session, language and look have names of their own."""
    names = set()
    for town, gate, key in (
        ("demo", "east", KEY),
        ("demo", "west", KEY),
        ("other", "east", KEY),
        ("demo", "east", "another key"),
    ):
        desk = TownDesk(TestTown())
        desk.town, desk.gate_id = town, gate
        answer = create_app(desk, key).test_client().get("/?lang=en&look=sun")
        found = {line.partition("=")[0] for line in answer.headers.getlist("Set-Cookie")}
        assert len(found) == 3
        names |= found
    assert len(names) == 4 + 3 + 3, "language and look are a gate's, whatever its key; a session is a key's"
