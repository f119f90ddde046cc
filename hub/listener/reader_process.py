"""Batches are read in a process of their own while the listener writes those before: the same `ingest`, on another core.

    arrival --begin--> [queue] --> the process: read_records --> [bytes] --take--> the listener

What holds comes back as plain values. All else (poison, a bridge, what was sent ahead, another key) comes back as nothing, and the
listener reads it itself, as it does while there is no such process: one that dies is started again, one that hangs is killed, and
nothing depends on it but speed. It knows no database, keeps nothing, and ends when the listener does.
"""

import marshal
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from fcntl import F_SETPIPE_SZ, fcntl
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.contract.canonical import public_from_hex, public_hex
from edge.contract.topics import Name, Topic
from hub.ledger.intake import Keys, read_records
from hub.ledger.projections.good_record import Good
from hub.ledger.projections.visit_facts import Tells
from hub.ledger.projections.visit_row import Whole
from hub.ledger.received import Received

log = structlog.get_logger()

WORTH_IT = 8 * 1024
"""Bytes of a message from which on it is handed over; some ten records are read sooner than sent."""
PATIENCE = 5.0
"""Seconds after which a process that has not answered is killed. It reads a batch in some ten milliseconds."""
AGAIN_AFTER = 5.0
"""Seconds between two starts at least."""
PIPE = 1 << 20
"""Bytes that a pipe holds: what any user may ask for. A batch has an eighth of it."""
READY = b"ready"

Answer = Future[bytes]
"""The batch as plain values; empty if it must be read where everything is known."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A batch that is being read, and the key that it is checked with."""

    key: Ed25519PublicKey
    answer: Answer


def serve(questions: Connection, answers: Connection, town: str) -> None:
    """The process: batches in, plain values out, until the listener is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        answers.send_bytes(READY)
        while True:
            topic, data, key = marshal.loads(questions.recv_bytes())  # noqa: S302 -- from our own other half
            read = read_records(topic, data, town=town, keys={_gate(topic): public_from_hex(key)})
            answers.send_bytes(plain(read))
    except (EOFError, OSError):
        return


def plain(read: object) -> bytes:
    """A batch as bytes, if all of it is good and nothing is to be decided about it; else none."""
    if not isinstance(read, Received) or read.bridge is not None or read.live is not None:
        return b""
    items = [(*each[:-1], each.tells and tuple(each.tells)) for each in read.items if isinstance(each, Good)]
    if len(items) < len(read.items):
        return b""
    return marshal.dumps((read.gate, read.epoch, read.first, read.sig, read.topic, items))


def received(data: bytes) -> Received:
    """The batch that `plain` made bytes of."""
    gate, epoch, first, sig, topic, items = marshal.loads(data)  # noqa: S302 -- from our own other half
    good = tuple(Good._make(each if each[-1] is None else (*each[:-1], _told(each[-1]))) for each in items)
    return Received(gate=gate, epoch=epoch, first=first, items=good, sig=sig, topic=topic)


def _told(values: tuple[Any, ...]) -> Tells | Whole:
    """The facts of a record from their plain values: each type has another number of them."""
    return Whole._make(values) if len(values) == len(Whole._fields) else Tells._make(values)


class Reading:
    """The process and its two threads. `keys`: of the gates, as the listener last saw them. `begin` and `take` never fail."""

    def __init__(self, town: str, command: Sequence[str] = (sys.executable, "-P", "-m", "hub.listener.reader_process")):
        self.keys: Keys = {}
        self._town, self._command = town, command
        self._process: _Process | None = None
        self._started = float("-inf")
        self._closed = False
        self._start()

    @property
    def pid(self) -> int | None:
        """The process's number; None while there is none that is ready."""
        return self._process.pid if self._process is not None and self._process.ready else None

    def begin(self, topic: str, data: bytes) -> Begun | None:
        """Begins to read a message; None if the listener does so better itself."""
        if len(data) < WORTH_IT or not topic.endswith(f"/{Name.RECORDS}"):
            return None
        process, key = self._process, self.keys.get(_gate(topic))
        if process is None or not process.alive:
            self._start()
            return None
        if key is None or not process.ready:
            return None
        return Begun(key, process.ask(marshal.dumps((topic, data, public_hex(key)))))

    def take(self, begun: Begun, key: Ed25519PublicKey | None) -> Received | None:
        """The batch, if it holds and `key` is still the gate's; waits for the process."""
        try:
            answer = begun.answer.result(PATIENCE)
        except TimeoutError:
            log.warning("reading takes too long: the process is killed")
            if self._process is not None:
                self._process.kill()
            return None
        except _GoneError:
            return None
        return received(answer) if answer and begun.key == key else None

    def close(self) -> None:
        """Ends the process."""
        self._closed = True
        if self._process is not None:
            self._process.kill()

    def _start(self) -> None:
        if self._closed or time.monotonic() - self._started < AGAIN_AFTER:
            return
        self._started = time.monotonic()
        try:
            self._process = _Process([*self._command, self._town])
        except OSError as error:
            log.warning("no process to read in", error=str(error))


class _GoneError(Exception):
    """The process ended before it answered."""


class _Process:
    """One life of the process. Questions are answered in the order in which they were asked."""

    def __init__(self, command: Sequence[str]):
        self.ready, self.alive = False, True
        self._lock = threading.Lock()
        self._asked: queue.SimpleQueue[tuple[bytes, Answer] | None] = queue.SimpleQueue()
        self._waiting: deque[Answer] = deque()
        questions, self._questions = wide_pipe()
        self._answers, answers = wide_pipe()
        with questions, answers:
            ends = (questions.fileno(), answers.fileno())
            self._child = subprocess.Popen([*command, *map(str, ends)], pass_fds=ends, stdin=subprocess.DEVNULL)
        self.pid = self._child.pid
        # a thread each way, so that neither paho's thread nor the listener's ever waits for a pipe
        for name, work in (("ask", self._send), ("answer", self._receive)):
            threading.Thread(target=work, name=f"reading-{name}", daemon=True).start()

    def ask(self, question: bytes) -> Answer:
        """Puts a question; its answer may be a `_GoneError`."""
        answer: Answer = Future()
        with self._lock:
            if self.alive:
                self._asked.put((question, answer))
            else:
                answer.set_exception(_GoneError())
        return answer

    def kill(self) -> None:
        """Kills the process; a caller that waits for it gets an error."""
        self._child.kill()

    def _send(self) -> None:
        while (asked := self._asked.get()) is not None:
            question, answer = asked
            with self._lock:
                if not self.alive:
                    answer.set_exception(_GoneError())
                    continue
                self._waiting.append(answer)
            # a pipe that broke is seen by whoever receives, too
            with suppress(OSError):
                self._questions.send_bytes(question)
        self._questions.close()

    def _receive(self) -> None:
        try:
            self.ready = self._answers.recv_bytes() == READY
            while True:
                data = self._answers.recv_bytes()
                self._waiting.popleft().set_result(data)
        except (EOFError, OSError):
            self._end()

    def _end(self) -> None:
        with self._lock:
            self.ready = self.alive = False
            self._asked.put(None)
            while self._waiting:
                self._waiting.popleft().set_exception(_GoneError())
        self._child.kill()
        log.info("the process that reads ended", code=self._child.wait())
        self._answers.close()


def wide_pipe() -> tuple[Connection, Connection]:
    """The two ends of a pipe, for reading and for writing, that takes some batches before whoever writes must wait."""
    reading, writing = Pipe(duplex=False)
    with suppress(OSError):  # a user may be allowed no more than there is
        fcntl(writing.fileno(), F_SETPIPE_SZ, PIPE)
    return reading, writing


def _gate(topic: str) -> str:
    return Topic.parse(topic).owner


if __name__ == "__main__":
    serve(Connection(int(sys.argv[2]), writable=False), Connection(int(sys.argv[3]), readable=False), sys.argv[1])
