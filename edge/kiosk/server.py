"""The web server of the gate's screen: waitress on a thread, and a socket that is given back when it stops.

Tested in `tests/edge/kiosk/test_app.py`.
"""

import socket
import threading
from contextlib import suppress
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

PATIENCE = 10
"""Seconds after which a connection that neither asks nor reads is closed: a browser that hangs must not use all of them up."""


class KioskError(OSError):
    """The page cannot be served; the text is one line."""


class Kiosk:
    """The web server of the gate's screen, on a thread of its own."""

    def __init__(self, app: Flask, host: str, port: int, patience: int = PATIENCE) -> None:
        # bound here: waitress leaves its sockets open when the port is taken
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
        except OSError as error:
            self._socket.close()
            raise KioskError(f"kiosk: {host}:{port} cannot be had: {error.strerror or error}") from None
        self.port: int = self._socket.getsockname()[1]
        self._server: Any = create_server(
            app, sockets=[self._socket], threads=4, ident="kakou", channel_timeout=patience, cleanup_interval=patience
        )
        self._thread = threading.Thread(target=self._server.run, name="kiosk", daemon=True)

    def start(self) -> None:
        """Begins to answer requests."""
        self._thread.start()

    def stop(self) -> None:
        """Stops answering and gives the port back."""
        # on the server's own thread: it must not poll a socket that somebody else closes
        with suppress(OSError):  # awake for another reason, it may have closed everything before it is woken
            self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._server._map))
        self._thread.join(timeout=5)
        self._server.task_dispatcher.shutdown()
