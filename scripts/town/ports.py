"""Free ports on the loopback, below the range that outgoing connections are given (they could take one meanwhile)."""

import socket
from collections.abc import Iterator

LOOPBACK = "127.0.0.1"
LAST = 32767


def is_free(port: int) -> bool:
    """Returns True if somebody may listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_ports(first: int) -> Iterator[int]:
    """Free ports from `first` on, each once; `OSError` when there are no more."""
    for port in range(first, LAST + 1):
        if is_free(port):
            yield port
    raise OSError(f"no free port from {first} to {LAST}")
