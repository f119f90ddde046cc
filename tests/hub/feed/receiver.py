"""Another system that receives the feed: writes each entry down before it answers. Run as a process, so that it can be killed.

`python -m tests.hub.feed.receiver PORT FILE [CERTIFICATE KEY]`; each line of FILE is one entry as it came.
"""

import json
import os
import ssl
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Answer = Callable[[Mapping[str, str], bytes], tuple[int, dict[str, str]]]
SLOW = 0.3
"""Seconds that a batch takes, so that there is time to be killed in."""


@contextmanager
def receiving(answer: Answer, port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server in this process; gives its port. `answer`: headers and body -> status and headers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers = answer(dict(self.headers), data)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def context(certificate: str, key: str) -> ssl.SSLContext:
    """A server's TLS."""
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(certificate, key)
    return found


def main(port: int, file: str, *tls: str) -> None:
    """The process."""
    out = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def keep(_headers: Mapping[str, str], data: bytes) -> tuple[int, dict[str, str]]:
        for entry in json.loads(data)["entries"]:
            os.write(out, json.dumps(entry).encode() + b"\n")
        time.sleep(SLOW)
        return 204, {}

    with receiving(keep, port, context(*tls) if tls else None):
        while True:
            time.sleep(60)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], *sys.argv[3:])
