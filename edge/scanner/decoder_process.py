"""The rungs of the ladder in a process of their own: one that takes too long is killed, one that breaks takes no gate with it.

Some frames keep a decoder busy for seconds (a sheet full of finder patterns does), and nothing in Python stops a thread in C++.
So a rung that has not answered within its limit has read nothing, and the process is replaced; until the new one is ready,
rungs read nothing either. A process that does not start is tried again after 1, 2, 4 … 30 s, and `fault` says so. The lane
goes on by hand meanwhile. What decoders print goes nowhere.
"""

import os
import pickle
import signal
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import structlog

from edge.scanner.decoders import Reading
from edge.scanner.filters import LARGEST_FRAME, Patch
from edge.scanner.ladder import RUNGS, Rung
from edge.scanner.places import Place

log = structlog.get_logger()

LIMIT = 0.5
"""Seconds for one rung. The slowest takes a tenth of it on an ordinary frame of a Pi."""
STARTING = 20.0
NEVER = 60.0
"""Seconds after which a process that is not ready will not be: a busy Pi takes ten."""
LONGEST_PAUSE = 30.0
"""Seconds between two starts of a process that does not come up, at most."""
KEPT = 8
"""Patches that the process remembers: the rungs of one place share what is made of it."""

Answer = tuple[Reading, ...]


Task = tuple[str, int, Place, float, tuple[int, ...] | None]
"""A rung's name; a patch's number, place, scale, and the shape of its pixels in the shared memory, None if they are known."""


def serve(pipe: Connection, shared: Any) -> None:
    """The process: tasks in, readings out, until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    rungs = {each.name: each for each in RUNGS}
    patches: OrderedDict[int, Patch] = OrderedDict()
    pipe.send("ready")
    while True:
        try:
            name, number, place, scale, shape = pipe.recv()
        except (EOFError, OSError):
            return
        if shape is not None:
            patches[number] = patch_of(place, scale, shape, shared)
            while len(patches) > KEPT:
                patches.popitem(last=False)
        pipe.send(tuple(rungs[name].read(patches[number])))


def patch_of(place: Place, scale: float, shape: tuple[int, ...], shared: Any) -> Patch:
    """The patch whose pixels lie in the shared memory."""
    patch = Patch.__new__(Patch)
    size = int(np.prod(shape))
    patch.place, patch.scale = place, scale
    patch.gray = np.frombuffer(shared, np.uint8, size).reshape(shape).copy()
    return patch


class Bounded:
    """Runs rungs in the process, each within `limit` seconds. Not for two threads at once.

    `fault`: why nothing can be read, in one line, while the process does not come up; None: it is ready, or is just starting.
    """

    def __init__(
        self,
        limit: float = LIMIT,
        target: Callable[[Connection, Any], None] = serve,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._target = target
        self._clock = clock
        # spawned, not forked: a fork copies the locks of this process's threads
        self._context = get_context("spawn")
        # pixels go through memory, so that a message is small: one that nobody takes must not hold its sender up
        self._shared: Any = None
        self._numbers: WeakKeyDictionary[Patch, int] = WeakKeyDictionary()
        self._known: list[int] = []
        self._made = 0
        self._ready = False
        self._closing = threading.Event()
        self._process: Any = None
        self._pipe: Connection | None = None
        self._failed_starts = 0
        self._next_start = self._started = float("-inf")
        self.fault: str | None = None
        self.kills = 0
        self._start()

    def __call__(self, rung: Rung, patch: Patch) -> list[Reading]:
        """What the rung reads in the patch; nothing if it did not answer in time, or the process is not ready again."""
        pipe = self._pipe if not self._closing.is_set() and self._is_ready() else None
        if pipe is None:
            return []
        try:
            pipe.send(self._message(rung, patch))
            if pipe.poll(self._limit):
                answer: Answer = pipe.recv()
                return list(answer)
            fault = "took too long"
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            fault = f"broke: {error}"
        log.warning("decoder killed", rung=rung.name, fault=fault)
        self._replace()
        return []

    @property
    def pid(self) -> int:
        """The process's number; 0 while there is none."""
        return 0 if self._process is None else int(self._process.pid)

    def wait(self, seconds: float = STARTING) -> bool:
        """Waits until the process is ready. Returns True if it is."""
        return self._is_ready(seconds)

    def close(self) -> None:
        """Ends the process."""
        self._closing.set()
        self._end()

    def _message(self, rung: Rung, patch: Patch) -> Task:
        number = self._numbers.get(patch)
        if number is None:
            self._made += 1
            number = self._numbers[patch] = self._made
        if number in self._known:
            return rung.name, number, patch.place, patch.scale, None
        self._known = [*self._known, number][-KEPT:]
        np.frombuffer(self._shared, np.uint8, patch.gray.size)[:] = patch.gray.ravel()
        return rung.name, number, patch.place, patch.scale, patch.gray.shape

    def _is_ready(self, seconds: float = 0.0) -> bool:
        if self._ready:
            return True
        if self._pipe is None:
            if self._clock() < self._next_start:
                return False
            self._start()
        if self._pipe is None:
            return False
        try:
            self._ready = self._pipe.poll(seconds) and self._pipe.recv() == "ready"
        except (EOFError, OSError):
            self._fail("ended while it started")
        else:
            if self._ready:
                self._failed_starts, self.fault = 0, None
            elif self._clock() - self._started > NEVER:
                self._fail(f"was not ready after {NEVER:g} s")
        return self._ready

    def _start(self) -> None:
        self._known, self._ready, self._started = [], False, self._clock()
        here, there = self._context.Pipe()
        try:
            if self._shared is None:
                self._shared = self._context.RawArray("B", LARGEST_FRAME * LARGEST_FRAME)
            process = self._context.Process(
                target=self._target, args=(there, self._shared), name="decoder", daemon=True
            )
            process.start()
        except OSError as error:
            # no memory, no process more: the lane must come up all the same
            here.close()
            self._fail(error.strerror or str(error))
        else:
            self._pipe, self._process = here, process
        finally:
            there.close()

    def _fail(self, why: str) -> None:
        """The process did not come up: the next one is started after a pause that grows."""
        self._end()
        pause = min(2.0**self._failed_starts, LONGEST_PAUSE)
        self._failed_starts += 1
        self._next_start = self._clock() + pause
        if self.fault is None:
            log.error("decoder does not start", why=why)
        self.fault = f"the decoder's process does not start: {why}"

    def _replace(self) -> None:
        self.kills += 1
        self._end()
        if not self._closing.is_set():
            self._start()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._pipe is not None:
            self._pipe.close()
        self._process, self._pipe, self._ready = None, None, False
