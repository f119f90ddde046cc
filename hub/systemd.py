"""systemd's notification protocol (sd_notify(3)): ready, alive, stopping. Without systemd every call does nothing.

Tested in `tests/hub/lifecycle/test_upgrade.py`.
"""

import os
import socket
from collections.abc import Mapping


class Notifier:
    """Speaks to the socket that the environment names; `@` begins an abstract one."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.watchdog_seconds = _watchdog(environment)

    @classmethod
    def of_process(cls) -> "Notifier":
        """The one of this process; children don't inherit it."""
        notifier = cls(os.environ)
        os.environ.pop("NOTIFY_SOCKET", None)
        return notifier

    def ready(self) -> None:
        """The service does its work now."""
        self._send("READY=1")

    def alive(self) -> None:
        """Every loop has moved: systemd's watchdog may wait another while."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send(f"STATUS={text}")

    def stopping(self) -> None:
        """The service ends by itself."""
        self._send("STOPPING=1")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            try:
                out.sendto(text.encode(), self._address)
            except OSError:
                # a supervisor that does not listen is no reason to stop the ledger
                return


def _watchdog(environment: Mapping[str, str]) -> float | None:
    text = environment.get("WATCHDOG_USEC", "")
    if not text.isdigit() or environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(text) / 1_000_000
