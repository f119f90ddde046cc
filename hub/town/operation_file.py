"""DIR/operation.toml as a file: its bytes and its text, whatever stands in its place.

Tested in `tests/hub/town/test_rules_broken.py`.
"""

import os
import stat
from pathlib import Path

from hub.errors import HubError

FILE = "operation.toml"
LONGEST = 1 << 20
"""Bytes of the file: a town's has some five thousand, and a backup takes no more than these."""


def content(file: Path) -> bytes:
    """The file's bytes; `HubError` for whatever else stands in its place, and none of it holds us up."""
    try:
        # without O_NONBLOCK a pipe would wait for somebody to write into it
        handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise HubError(f"{file}: a folder, or something else that is no file, stands there")
        with os.fdopen(handle, "rb") as opened:
            data = opened.read(LONGEST + 1)
    except FileNotFoundError:
        raise HubError(f"{file}: not found") from None
    except OSError as error:
        raise HubError(f"{file}: {error.strerror}") from None
    if len(data) > LONGEST:
        raise HubError(f"{file}: expected {LONGEST} bytes at most")
    return data


def text(file: Path) -> str:
    """The file's text; `HubError` also for a line that is not UTF-8."""
    data = content(file)
    try:
        # editors of Windows put a mark before the text
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise HubError(f"{file}: not UTF-8, in line {line}") from None
