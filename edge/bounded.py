"""The rungs of the ladder in a process of their own: one that takes too long is killed, one that breaks takes no gate with it.

Some frames keep a decoder busy for seconds (a sheet full of finder patterns does), and nothing in Python stops a thread in C++.
So a rung that has not answered within its limit has read nothing, and the process is replaced; until the new one is ready,
rungs read nothing either. The lane goes on by hand meanwhile. What decoders print goes nowhere.
"""

import os
import pickle
import signal
import threading
from collections import OrderedDict
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import structlog

from edge.ladder import LARGEST_FRAME, RUNGS, Patch, Reading, Rung
from edge.places import Place

log = structlog.get_logger()

LIMIT = 0.5
"""Seconds for one rung. The slowest takes a tenth of it on an ordinary frame of a Pi."""
STARTING = 20.0
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
    """Runs rungs in the process, each within `limit` seconds. Not for two threads at once."""

    def __init__(self, limit: float = LIMIT, target: Callable[[Connection, Any], None] = serve) -> None:
        self._limit = limit
        self._target = target
        # spawned, not forked: a fork copies the locks of this process's threads
        self._context = get_context("spawn")
        # pixels go through memory, so that a message is small: one that nobody takes must not hold its sender up
        self._shared = self._context.RawArray("B", LARGEST_FRAME * LARGEST_FRAME)
        self._numbers: WeakKeyDictionary[Patch, int] = WeakKeyDictionary()
        self._known: list[int] = []
        self._made = 0
        self._ready = False
        self._closing = threading.Event()
        self.kills = 0
        self._start()

    def __call__(self, rung: Rung, patch: Patch) -> list[Reading]:
        """What the rung reads in the patch; nothing if it did not answer in time, or the process is not ready again."""
        if self._closing.is_set() or not self._is_ready():
            return []
        try:
            self._pipe.send(self._message(rung, patch))
            if self._pipe.poll(self._limit):
                answer: Answer = self._pipe.recv()
                return list(answer)
            fault = "took too long"
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            fault = f"broke: {error}"
        log.warning("decoder killed", rung=rung.name, fault=fault)
        self._replace()
        return []

    @property
    def pid(self) -> int:
        """The process's number."""
        return int(self._process.pid)

    def wait(self, seconds: float = STARTING) -> bool:
        """Waits until the process is ready; whether it is."""
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
        if not self._ready:
            try:
                self._ready = self._pipe.poll(seconds) and self._pipe.recv() == "ready"
            except (EOFError, OSError):
                self._replace()
        return self._ready

    def _start(self) -> None:
        self._pipe, there = self._context.Pipe()
        self._process: Any = self._context.Process(
            target=self._target, args=(there, self._shared), name="decoder", daemon=True
        )
        self._process.start()
        there.close()
        self._known, self._ready = [], False

    def _replace(self) -> None:
        self.kills += 1
        self._end()
        if not self._closing.is_set():
            self._start()

    def _end(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()
