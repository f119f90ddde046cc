"""A command run in the test's own process: the same `main`, without the seconds that an interpreter takes to load what it imports.

For what ends by itself. What must be a process (signals, a kill, a folder's lock) is started as one, and so is each program at least once.
"""

import io
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout

import structlog

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(main: Callable[[Sequence[str]], int], *arguments: str) -> subprocess.CompletedProcess[str]:
    """The exit status and what was written; no thread may be left that would keep a process from its end."""
    out, said = io.StringIO(), io.StringIO()
    handlers = {each: signal.getsignal(each) for each in SIGNALS}
    before, logging = set(threading.enumerate()), structlog.get_config()
    try:
        with redirect_stdout(out), redirect_stderr(said):
            code = _status(main, arguments)
    finally:
        structlog.configure(**logging)
        for each, handler in handlers.items():
            signal.signal(each, handler)
    left = [each for each in threading.enumerate() if each not in before and not each.daemon]
    assert left == []
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), said.getvalue())


def _status(main: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    try:
        return main(arguments)
    except SystemExit as end:  # argparse's way
        return end.code if isinstance(end.code, int) else int(end.code is not None)
