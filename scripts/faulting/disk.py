"""A disk under a folder that can lose its power: `powerdisk.c`, compiled here, mounted through FUSE."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from scripts.faulting.needs import CannotRunError, need_command, need_success

SOURCE = Path(__file__).with_name("powerdisk.c")
STARTING = 10.0


@dataclass(frozen=True)
class Lost:
    """What went with the power: sectors of 512 bytes that were not synced, of them lost, and folders whose names were not."""

    lost: int
    unsynced: int
    folders: int


def compile_disk(target: Path) -> Path:
    """The program; `CannotRunError` names what is missing."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        raise CannotRunError("/dev/fuse: not there or not ours: power cuts need FUSE")
    need_command("fusermount3", "fuse3")
    compiler = need_command("cc", "gcc libc6-dev")
    flags = need_success(
        [need_command("pkg-config", "pkg-config"), "--cflags", "--libs", "fuse3"], "apt install libfuse3-dev"
    )
    command = [compiler, "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", str(SOURCE), "-o", str(target)]
    need_success([*command, *flags.split()], SOURCE.name)
    return target


class Disk:
    """The disk of one folder, which is put on it with everything that it holds, synced."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program, self._folder = program, folder
        self._store = folder.with_name(f"{folder.name}.store")
        self._store.mkdir()
        prepared = folder.rename(folder.with_name(f"{folder.name}.prepared"))
        folder.mkdir()
        self._process = self._mount()
        shutil.copytree(prepared, folder, dirs_exist_ok=True)
        for path in (folder, *folder.rglob("*")):
            _sync(path)
        shutil.rmtree(prepared)

    def cut(self, *, half: bool) -> Lost:
        """The power goes, and comes again. Whoever had files open must be dead by now.

        `half`: of what was not synced, half had got to the disk by chance, out of order and torn.
        """
        self._process.send_signal(signal.SIGUSR2 if half else signal.SIGUSR1)
        said, _ = self._process.communicate(timeout=STARTING)
        lost = Lost(*(int(word) for word in said.split()))
        self._unmount()
        self._process = self._mount()
        return lost

    def close(self) -> None:
        """Unmounts it."""
        self._process.kill()
        self._process.communicate()
        self._unmount()

    def _mount(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [str(self._program), str(self._store), str(self._folder), "-f", "-s"],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )
        end = time.monotonic() + STARTING
        while not os.path.ismount(self._folder):
            if process.poll() is not None or time.monotonic() > end:
                process.kill()
                raise CannotRunError(f"{self._folder}: FUSE does not mount it")
            time.sleep(0.01)
        return process

    def _unmount(self) -> None:
        subprocess.run(["fusermount3", "-u", "-z", str(self._folder)], check=True, capture_output=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
