"""One batch sent to whatever answers: it is confirmed by a 2xx and by nothing else, and every other end is one line."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hub.feed import post as module
from hub.feed.post import Confirmed, InVain, post
from tests.hub.feed.receiver import receiving
from tests.ports import free_port


@contextmanager
def saying(answer: bytes | None) -> Iterator[str]:
    """A server that says these bytes to whoever comes, whatever is asked, and hangs up; None: nothing, and it does not."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        over = threading.Event()

        def serve() -> None:
            there, _address = listening.accept()
            with there:
                there.recv(65536)
                if answer is None:
                    over.wait(20)
                else:
                    there.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            over.set()
            thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"\xff\x00nonsense\r\n\r\n", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 99999 x\r\n\r\n", b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200 + b"\r\n", b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000 + b"\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_no_http_confirms_nothing(answer: bytes) -> None:
    with saying(answer) as url:
        found = post(url, None, b"{}", {})
    assert isinstance(found, InVain)
    assert found.why
    assert "\n" not in found.why.strip()


def test_a_target_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READ", 0.3)
    with saying(None) as url:
        found = post(url, None, b"{}", {})
    assert isinstance(found, InVain)
    assert "timed out" in found.why.lower()


def test_an_endless_answer_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READ", 5.0)
    with saying(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n" + b"x" * 10_000) as url:
        assert post(url, None, b"{}", {}) == Confirmed()


def test_nobody_there_and_no_such_host_are_said() -> None:
    for url in (f"http://127.0.0.1:{free_port()}/", "https://no-such-host.invalid/"):
        found = post(url, None, b"{}", {})
        assert isinstance(found, InVain)
        assert found.why.startswith("Failed to ")


@pytest.mark.parametrize(
    ("headers", "wait"),
    [({}, None), ({"Retry-After": "7"}, 7.0), ({"Retry-After": "999999"}, 3600.0), ({"Retry-After": "Mon"}, None)],
)
def test_a_target_may_say_when_to_come_again(headers: dict[str, str], wait: float | None) -> None:
    with receiving(lambda _headers, _data: (503, headers)) as port:
        assert post(f"http://127.0.0.1:{port}/", None, b"{}", {}) == InVain("answers 503", wait)


def test_a_file_that_is_no_certificate_is_said() -> None:
    found = post("https://127.0.0.1:9/", __file__, b"{}", {})
    assert isinstance(found, InVain)
    assert found.why
