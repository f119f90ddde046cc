"""Logs: one JSON object a line on standard error, times in UTC. Never a secret, a plate or a name.

Tested in `tests/scripts/test_fuzz_intake.py`.
"""

import sys
from contextlib import suppress

import structlog


class Lines(structlog.PrintLogger):
    """Writes lines; one that cannot be written (a log on a full disk) is lost, not the process that wrote it."""

    def msg(self, message: str) -> None:
        """Writes one line."""
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = fatal = failure = err = error = critical = exception = msg


def configure() -> None:
    """For a process of its own; a library never calls this."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=lambda *_: Lines(sys.stderr),
    )
