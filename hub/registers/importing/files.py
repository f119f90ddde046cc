"""The files of imports that take longer, in a folder of the town that only its owner may enter, and the lock of the process that reads one.

Where nobody holds the lock any more, nobody imports. Tested in `tests/hub/registers/importing/test_run.py`.
"""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from hub import generated_files

COMMAND = (sys.executable, "-P", "-m", "hub.registers.importing.job_process")


def path_of(folder: Path, id_: str) -> Path:
    """Where the file of an import stands while it is read."""
    return folder / f"{id_}.list"


def keep(folder: Path, id_: str, data: bytes) -> None:
    """Keeps the file of an import until it is done."""
    generated_files.folder(folder)
    generated_files.put(path_of(folder, id_), data, 0o600)


def lock(folder: Path, id_: str) -> int:
    """The lock of an import as an open file, to be inherited by the process that imports."""
    generated_files.folder(folder)
    file = os.open(folder / f"{id_}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return file


def is_running(folder: Path, id_: str) -> bool:
    """Returns True if a process holds the lock of this import."""
    try:
        file = os.open(folder / f"{id_}.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


def start(town: Path, log: Path, id_: str, held: int) -> subprocess.Popen[bytes]:
    """Starts the process of an import, whose row is committed; it inherits the lock."""
    generated_files.folder(log)
    with (log / "imports.log").open("ab") as out:
        return subprocess.Popen(
            [*COMMAND, str(town), id_], stdin=subprocess.DEVNULL, stdout=out, stderr=out, pass_fds=(held,)
        )


def erase(folder: Path, id_: str) -> None:
    """Removes everything of one import."""
    for each in (path_of(folder, id_), folder / f"{id_}.lock"):
        each.unlink(missing_ok=True)
