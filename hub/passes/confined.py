"""Runs a function over a stranger's bytes in a process of its own, with little time, little memory, no keys and an empty environment.

A small file can be made to unpack, or to be computed on, for minutes and gigabytes: then this process ends, and the hub goes on. One runs
at a time. What goes in and comes out are files without a name; a `RefusedError` of the function is raised here as well.
"""

import importlib
import json
import resource
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

import structlog

from hub.errors import RefusedError, Words

log = structlog.get_logger()

MEMORY = 512 * 1024 * 1024
CPU = 20
WALL = 45.0
"""Seconds: a hub that is busy lets the process wait."""
RESULT = 16 * 1024 * 1024
"""Bytes that may come out."""
QUEUE = 20.0
"""Seconds that one waits for the one before it."""
COMMAND = (sys.executable, "-I", "-X", "utf8", "-m", "hub.passes.confined")
"""`-I`: nothing of the folder it is started in is loaded, nor of the environment."""

_ONE = threading.Lock()
_DONE, _REFUSED = b"D", b"R"


@dataclass(frozen=True, slots=True)
class Room:
    """What the process may take: bytes of memory, seconds of a processor, bytes that may come out."""

    memory: int = MEMORY
    cpu: int = CPU
    result: int = RESULT


ROOM = Room()


def run(
    function: Callable[[bytes, str], bytes], data: bytes, name: str, *, wall: float = WALL, room: Room = ROOM
) -> bytes:
    """Runs a module's function over the bytes of a file called `name`. Returns its result; `RefusedError` if it refuses, or takes too much."""
    if not _ONE.acquire(timeout=QUEUE):
        raise RefusedError("%(file)s: another list is being read; try again in a moment", file=name)
    try:
        with tempfile.TemporaryFile() as taken, tempfile.TemporaryFile() as given:
            taken.write(
                json.dumps(
                    [function.__module__, function.__qualname__, name, room.memory, room.cpu, room.result]
                ).encode()
                + b"\n"
                + data
            )
            taken.seek(0)
            code = _run(taken, given, wall)
            given.seek(0)
            answer = given.read(room.result + 1)
    finally:
        _ONE.release()
    kind, rest = answer[:1], answer[1:]
    if code == 0 and kind == _DONE:
        return rest
    if code == 0 and kind == _REFUSED:
        raise _refusal(json.loads(rest))
    log.warning("a file was too much to be read", code=code, bytes=len(data))
    raise RefusedError(
        "%(file)s: takes more time or memory than a list may; save it anew as CSV, or make several files of it",
        file=name,
    )


def _run(taken: IO[bytes], given: IO[bytes], wall: float) -> int:
    """Runs the process; gives its exit code, negative for a signal."""
    with subprocess.Popen(COMMAND, stdin=taken, stdout=given, stderr=subprocess.DEVNULL, env={}, cwd="/") as process:
        try:
            return process.wait(wall)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def _refusal(said: Any) -> RefusedError:
    line, values = said
    return RefusedError(line, **{name: _value(value) for name, value in values.items()})


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        line, values = value["text"], value["values"]
        return Words(line, **{name: _value(each) for name, each in values.items()})
    return tuple(value) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Words):
        return {"text": value.text, "values": {name: _plain(each) for name, each in value.values.items()}}
    return value


def _limit(room: Room) -> None:
    """From here on: so much memory and time, no file larger than a result, no other process, no core."""
    for what, most in (
        (resource.RLIMIT_AS, room.memory),
        (resource.RLIMIT_CPU, room.cpu),
        (resource.RLIMIT_FSIZE, room.result),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def main() -> None:
    """In the process: reads what to run and on what, and writes what comes of it."""
    module, function, name, *room = json.loads(sys.stdin.buffer.readline())
    _limit(Room(*room))
    # openpyxl takes numpy where it is there, which wants threads and memory of its own
    sys.modules["numpy"] = None  # type: ignore[assignment]
    data = sys.stdin.buffer.read()
    run_ = getattr(importlib.import_module(module), function)
    try:
        answer = _DONE + run_(data, name)
    except RefusedError as refused:
        values = {key: _plain(value) for key, value in refused.words.values.items()}
        answer = _REFUSED + json.dumps([refused.words.text, values]).encode()
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
