"""The console's process under its server: it dies with its parent, and its endless answers end when it is to stop."""

import ctypes
import signal
import sys
import threading
from types import FrameType

from hub.stream import Feed

_PR_SET_PDEATHSIG = 1


def join(feed: Feed) -> None:
    """Called once in a process that a server (gunicorn) forked for us, before it answers anything."""
    _die_with_parent()
    _end_streams_on_stop(feed)


def _die_with_parent() -> None:
    # a killed gunicorn leaves its worker behind, which would hold the port as long as somebody listens to a stream
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end_streams_on_stop(feed: Feed) -> None:
    if threading.current_thread() is not threading.main_thread():
        return
    before = signal.getsignal(signal.SIGTERM)

    def stop(number: int, frame: FrameType | None) -> None:
        feed.close()
        if callable(before):
            before(number, frame)
        else:
            raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
