"""The web pages' server: requests are received whole on one thread, and only then answered on threads of a pool (waitress).

A client that sends slowly, or half a request, therefore costs a connection and no thread. A connection is bounded too:

* headers must be there in `HEADERS` seconds, a body in `BODY` seconds and as long as it takes at `SLOWEST` bytes a second;
* one that sends nothing between two requests, or takes nothing of its answer, ends after `IDLE` seconds;
* beyond `CONNECTIONS` those that have waited longest without a whole request make room for new ones: nobody new is kept out;
* a body of more than a form's size is received only where the app knows who sends it (`room`), else it is not read.

`python -m hub.web.server --bind=HOST:PORT`, with the town's folder in the environment, as `serve` and `kakou-hub web` start it.
"""

import argparse
import gc
import logging
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer

from hub.console.stream import SEATS
from hub.systemd import Notifier
from hub.web.app import FORM_BYTES, body_room, create_app, let_streams_end

THREADS = SEATS + 64
"""That answer: above the streams' seats and the sign-ins that may wait for a hash."""
CONNECTIONS = 1500
HEADER_BYTES = 16 * 1024
HEADERS, BODY, IDLE = 10.0, 20.0, 60.0
SLOWEST = 50_000
LISTENING = 1024
"""Connections that the kernel holds until they are taken."""
ACCEPTED = 100
"""Connections that are taken in one turn: each turn looks at every connection that there is."""
SPARE_FILES = 400
"""Of the files that the process may open: for databases, temporary files, logs."""

Room = Callable[[HTTPRequestParser], int]
"""How many bytes of body the sender of these headers may send."""


class Request(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """One request as it is received. A body that is too large is not read: the app sees its length, and says so on a page."""

    def __init__(self, adj: Adjustments, room: Room) -> None:
        super().__init__(adj)
        self._room = room

    def received(self, data: bytes) -> int:
        """Takes bytes, says how many were this request's."""
        before = self.headers_finished
        taken: int = super().received(data)
        if self.headers_finished and not before and not self.error and not self.empty and self._too_large():
            self.body_rcv = None
            self.expect_continue = False
            self.completed = self.connection_close = True
        return taken

    def _too_large(self) -> bool:
        return bool(self.content_length > FORM_BYTES and self.content_length > self._room(self))


class Channel(HTTPChannel):  # type: ignore[misc]
    """One client's connection, which knows since when it has owed the rest of a request."""

    since = 0.0

    def parser_class(self, adj: Adjustments) -> Request:
        """The parser of the next request."""
        self.since = time.monotonic()
        return Request(adj, self.server.room)

    def late(self, now: float, wall: float) -> bool:
        """Returns True if the connection has had the time that it gets."""
        request = self.request
        if self.total_outbufs_len or request is None:
            # an answer on its way, or a pause; a thread that still works on an answer has all the time it needs
            return bool((not self.requests or self.total_outbufs_len > 0) and wall - self.last_activity > IDLE)
        if self.requests:
            return False
        allowed = BODY + request.content_length / SLOWEST if request.headers_finished else HEADERS
        return bool(now - self.since > allowed)

    @property
    def waiting(self) -> bool:
        """Returns True if nothing is lost by ending it: no whole request has come that is not answered."""
        return not (self.requests or self.total_outbufs_len)


class Server(TcpWSGIServer):  # type: ignore[misc]
    """waitress, which ends connections that are late, and those that wait where there are too many."""

    channel_class = Channel

    def __init__(
        self, app: Any, listening: socket.socket, room: Room, *, threads: int = THREADS, connections: int = CONNECTIONS
    ):
        self.room = room
        self._most = connections
        adjustments = Adjustments(
            sockets=[listening],
            threads=threads,
            ident="",
            backlog=LISTENING,
            # where there are more, some are ended, and new ones are never left unanswered
            connection_limit=2 * connections + SPARE_FILES,
            cleanup_interval=1,
            max_request_header_size=HEADER_BYTES,
            max_request_body_size=64 * 1024 * 1024,
            # a stream whose listener has gone is noticed while it is being answered
            channel_request_lookahead=1,
            # the app decides whose word it takes
            clear_untrusted_proxy_headers=False,
            asyncore_use_poll=True,
        )
        family, kind = listening.family, listening.type
        super().__init__(
            app,
            _sock=listening,
            adj=adjustments,
            bind_socket=False,
            sockinfo=(family, kind, None, listening.getsockname()),
        )

    def maintenance(self, now: float) -> None:
        """Once a second: ends the connections that are late."""
        monotonic = time.monotonic()
        for channel in tuple(self.active_channels.values()):
            if channel.late(monotonic, now):
                channel.will_close = True

    def handle_accept(self) -> None:
        """New connections, as many as are there; where there are too many, room is made first."""
        for _ in range(ACCEPTED):
            if (before := len(self.active_channels)) >= self._most:
                self._make_room()
                before = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == before:
                return

    def _make_room(self) -> None:
        # a twentieth at once: choosing costs a look at every connection
        waiting = [channel for channel in self.active_channels.values() if channel.waiting]
        waiting.sort(key=lambda channel: channel.since or channel.creation_time - time.time() + time.monotonic())
        for channel in waiting[: max(1, self._most // 20)]:
            channel.handle_close()

    def serve(self, grace: float) -> None:
        """Answers until SIGTERM or SIGINT; then waits that many seconds for what is under way."""
        try:
            wasyncore.loop(timeout=1, map=self._map, use_poll=True)
        except (SystemExit, KeyboardInterrupt):
            self.task_dispatcher.shutdown(timeout=grace)


def listen(host: str, port: int) -> socket.socket:
    """The socket of the pages; `OSError` if the port is taken."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    return listening


def may_connect() -> int:
    """How many connections the limit on open files leaves, which is raised as far as it may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 2 * CONNECTIONS + 2 * SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < most:
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return CONNECTIONS if soft == resource.RLIM_INFINITY else min(CONNECTIONS, max(64, soft - SPARE_FILES))


def run(app: Flask, host: str, port: int, grace: float) -> None:
    """Serves the app until the process gets a signal to end."""
    for name, level in (("waitress", logging.WARNING), ("waitress.queue", logging.ERROR)):
        logging.getLogger(name).setLevel(level)
    server = Server(
        app,
        listen(host, port),
        lambda request: body_room(app, request.path, request.headers),
        connections=may_connect(),
    )

    def end(_signal: int, _frame: FrameType | None) -> None:
        let_streams_end(app)
        raise SystemExit(0)

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, end)
    # what stands now stays: a look at all of it for garbage would hold up a page for a tenth of a second, again and again
    gc.collect()
    gc.freeze()
    Notifier.of_process().ready()
    server.serve(grace)


def main(words: list[str]) -> None:
    """Starts the web server's process."""
    parser = argparse.ArgumentParser(prog="hub.web.server")
    parser.add_argument("--bind", required=True, metavar="HOST:PORT")
    parser.add_argument("--graceful-timeout", type=float, default=5.0, metavar="SECONDS")
    arguments = parser.parse_args(words)
    host, _between, port = arguments.bind.rpartition(":")
    run(create_app(), host.strip("[]"), int(port), arguments.graceful_timeout)


if __name__ == "__main__":
    main(sys.argv[1:])
