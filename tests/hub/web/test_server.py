"""The pages' server under those who send slowly, half, too much, or many at once."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from hub.web import server
from hub.web.app import LARGE
from tests.hub.serving import Client, Served, serving
from tests.hub.towns import build

HALVES = (
    b"GET /login HTTP/1.1\r\nHost: hub\r\nX-Half: ",
    b"POST /login HTTP/1.1\r\nHost: hub\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9000\r\n\r\nlogin=",
    b"POST /passes/import HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\nab",
    b"",
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    place = build(tmp_path_factory.mktemp("served") / "hub")
    with serving(place) as found:
        yield found
    place.engine.dispose()


def quickest(served: Served, path: str = "/login") -> float:
    """Seconds that a page takes; the best of three, for a test's machine does other things as well."""
    found = []
    for _ in range(3):
        began = time.monotonic()
        assert Client(served.port).get(path)[0] == 200
        found.append(time.monotonic() - began)
    return min(found)


@pytest.mark.parametrize("many", [130, 1000])
def test_half_sent_requests_hold_no_page_back(served: Served, many: int) -> None:
    """Faults C: 130 half-sent requests froze the pages."""
    open_ = []
    try:
        for number in range(many):
            link = socket.create_connection(("127.0.0.1", served.port), timeout=30)
            link.sendall(HALVES[number % len(HALVES)])
            open_.append(link)
        for _ in range(3):
            assert quickest(served) < 1.0
            assert quickest(served, "/healthz") < 1.0
            for link in open_:
                with suppress(OSError):
                    link.sendall(b"a")  # a byte at a time
    finally:
        for link in open_:
            link.close()
    assert served.memory < 400


def test_more_connections_than_are_held_keep_nobody_new_out(served: Served) -> None:
    open_ = []
    try:
        for _ in range(server.CONNECTIONS + 300):
            with suppress(OSError):
                open_.append(socket.create_connection(("127.0.0.1", served.port), timeout=30))
        assert quickest(served) < 2.0
    finally:
        for link in open_:
            link.close()


def test_who_does_not_finish_is_hung_up_on(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as link:
        link.sendall(HALVES[0])
        began = time.monotonic()
        while time.monotonic() - began < 3 * server.HEADERS:
            try:
                link.sendall(b"a")
                link.settimeout(1)
                if link.recv(10) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        assert time.monotonic() - began < 2 * server.HEADERS, "a byte a second holds a connection for ever"


def test_a_body_larger_than_a_form_is_not_read_from_who_is_not_signed_in(served: Served) -> None:
    """The answer comes before the body does."""
    for path in ("/login", "/passes/import"):
        with socket.create_connection(("127.0.0.1", served.port), timeout=30) as link:
            head = f"POST {path} HTTP/1.1\r\nHost: hub\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 14000000\r\n\r\n"
            link.sendall(head.encode())
            status = int(link.recv(100).split()[1])
        assert status == 413, path


def test_who_is_signed_in_may_upload_a_list(served: Served) -> None:
    client = Client(served.port)
    assert client.log_in("supervisor") == 302
    body = "x" * 200_000
    assert client.ask("POST", "/passes/import", body, Content_Type="multipart/form-data; boundary=x")[0] == 400
    assert client.ask("POST", "/login", body, Content_Type="multipart/form-data; boundary=x")[0] == 413


def test_the_addresses_that_take_more_are_pages_that_upload() -> None:
    lists = {
        "/roster/import/staff",
        "/roster/import/roster",
        "/orders/import",
        "/questions/import",
        "/runs/plans/import",
    }
    assert set(LARGE) == {"/passes/import", "/map/plan", "/organisation/import", "/villages/plan", *lists}


def test_the_server_does_not_say_what_it_is(served: Served) -> None:
    """Faults C: the `Server:` header."""
    client = Client(served.port)
    for path in ("/login", "/nowhere", "/static/kakou.css"):
        client.get(path)
        assert client.headers is not None
        assert client.headers["Server"] is None, path
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as link:
        link.sendall(b"nonsense\r\n\r\n")
        said = link.recv(4000).lower()
    assert b"waitress" not in said
    assert b"python" not in said


def test_wrong_passwords_at_once_cost_two_hashes_of_memory(served: Served) -> None:
    """Faults C: 40 at once took the process from 123 to 1,061 MB."""
    before = served.memory
    with ThreadPoolExecutor(40) as pool:
        codes = list(pool.map(lambda number: Client(served.port).log_in("officer", f"guess {number}"), range(40)))
    assert set(codes) <= {401, 429, 503}
    assert codes.count(401) <= 10
    assert codes.count(429) >= 10
    assert served.memory - before < 250, "MiB"


def test_a_stream_comes_as_it_is_written_and_stops_with_the_server(tmp_path: Path) -> None:
    place = build(tmp_path / "hub")
    with serving(place) as served:
        client = Client(served.port)
        assert client.log_in("viewer") == 302
        link = client.open()
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        link.request("GET", "/stream", headers={"Cookie": cookie})
        answer = link.getresponse()
        text = b""
        while b"event: beat" not in text:
            text += answer.read1(100)
        began = time.monotonic()
        served.process.terminate()
        served.process.wait(30)
        assert time.monotonic() - began < 10, "an open stream holds the server back"
        link.close()
    place.engine.dispose()
