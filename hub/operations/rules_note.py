"""The note beside operation.toml while it is changed: what it said before, and what stands for what it is to say.

What becomes of it after a crash: `hub.operations.unfinished`. Tested in `tests/hub/operations/test_unfinished.py`.
"""

import base64
import binascii
import json
from pathlib import Path

from edge.contract.canonical import sha256_hex
from hub import generated_files

NOTE = "operation.toml.unfinished"


def announce(folder: Path, before: bytes, after: bytes) -> None:
    """Lays the note: what the file says now, and the digest of what it is to say."""
    said = {"before": base64.b64encode(before).decode("ascii"), "after": sha256_hex(after)}
    generated_files.put(folder / NOTE, json.dumps(said).encode(), 0o600)


def forget(folder: Path) -> None:
    """Takes the note away: the file is as it was."""
    (folder / NOTE).unlink(missing_ok=True)


def read(folder: Path) -> tuple[bytes, str] | None:
    """What a note says: the former bytes, and the digest of the new ones; None for none, or one that is torn."""
    try:
        said = json.loads((folder / NOTE).read_bytes())
        return base64.b64decode(said["before"], validate=True), str(said["after"])
    except (OSError, ValueError, KeyError, TypeError, binascii.Error):
        return None
