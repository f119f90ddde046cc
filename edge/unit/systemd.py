"""What the unit says to systemd: READY, STOPPING, and that it lives, over the socket in NOTIFY_SOCKET (sd_notify(3)).

The watchdog is fed only when every loop that must not stand still (cameras, lanes, link) has moved since the last time: a
gate whose camera thread hangs is started anew, however lively the rest of it looks.
"""

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress

Beat = Callable[[], int]
"""A number that changes while its loop lives."""


def notify(message: str, address: str | None = None) -> bool:
    """Sends a line to systemd. Returns True if there was somebody to send it to. `@` begins an abstract address."""
    address = os.environ.get("NOTIFY_SOCKET", "") if address is None else address
    if not address or address[0] not in "/@":
        return False
    name = "\0" + address[1:] if address[0] == "@" else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        # systemd reads at once; should it not, a gate does not wait for it
        sender.setblocking(False)
        sender.sendto(message.encode(), name)
        return True
    return False


def ready() -> bool:
    """Says that the unit is up: its lanes work."""
    return notify("READY=1")


def stopping() -> bool:
    """Says that the unit ends in good order."""
    return notify("STOPPING=1")


class Watchdog:
    """Feeds systemd's watchdog while all of `loops` move. Call `feed` from the main thread as often as it likes."""

    def __init__(self, loops: Mapping[str, Beat], send: Callable[[str], bool] = notify) -> None:
        self._loops = loops
        self._send = send
        self._fed_at = {name: beat() for name, beat in loops.items()}

    def feed(self) -> tuple[str, ...]:
        """Feeds the watchdog if every loop has moved since it was last fed; returns the names of those that have not."""
        now = {name: beat() for name, beat in self._loops.items()}
        still = tuple(name for name, beat in now.items() if beat == self._fed_at[name])
        if not still:
            self._fed_at = now
            self._send("WATCHDOG=1")
        return still
