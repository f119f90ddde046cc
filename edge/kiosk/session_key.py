"""The key that signs the sessions of the gate's screen: a file of 64 hexadecimal digits.

Tested in `tests/edge/kiosk/test_app.py`.
"""

import os
import re
import secrets
from pathlib import Path

import structlog

from edge.contract.files import set_aside, write_whole

log = structlog.get_logger()


def secret(path: Path) -> str:
    """The key of the page's sessions, made once (mode 0600): a form on the screen outlives a restart of the gate.

    A key that cannot be used is made anew: that costs a form on the screen, which is then pressed again. Where the disk takes
    no file, the key lives until the next start.
    """
    try:
        kept = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        kept = ""
        fault: object = error
    else:
        fault = "expected 64 hexadecimal digits"
    if re.fullmatch(r"[0-9a-f]{64}", kept):
        return kept
    made = secrets.token_hex(32)
    try:
        if os.path.lexists(path):
            log.warning("key of the screen made anew", path=str(path), fault=str(fault), before=str(set_aside(path)))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, made)
    except OSError as error:
        log.error("key of the screen is not kept", path=str(path), error=str(error))
    return made
