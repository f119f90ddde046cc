"""The demo's link: it carries bytes, can be cut, and carries them again on the same port."""

import socket
import threading
from collections.abc import Iterator

import pytest

from scripts.town.proxy import Proxy


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that says everything back; its port."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                while data := connection.recv(1000):
                    connection.sendall(data)

    thread = threading.Thread(target=serve)
    thread.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(timeout=5)


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def test_bytes_go_through_both_ways(echo: int) -> None:
    with Proxy(echo) as proxy, connect(proxy) as link:
        link.sendall(b"hello")
        assert link.recv(100) == b"hello"


def test_a_cut_ends_what_stood_and_refuses_what_comes(echo: int) -> None:
    with Proxy(echo) as proxy, connect(proxy) as link:
        link.sendall(b"hello")
        link.recv(100)
        proxy.cut()
        assert ended(link)
        with pytest.raises(ConnectionRefusedError):
            connect(proxy)


def test_a_restored_link_carries_again_on_the_same_port(echo: int) -> None:
    with Proxy(echo) as proxy:
        before = proxy.port
        proxy.cut()
        proxy.restore()
        assert proxy.port == before
        with connect(proxy) as link:
            link.sendall(b"again")
            assert link.recv(100) == b"again"


def test_a_broker_that_is_away_hangs_up_the_caller() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with Proxy(port) as proxy, connect(proxy) as link:
        assert ended(link)


def ended(link: socket.socket) -> bool:
    """Whether the other side hung up, in order or not."""
    try:
        return link.recv(100) == b""
    except ConnectionError:
        return True
