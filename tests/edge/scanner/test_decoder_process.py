"""A decoder that takes too long or breaks is killed, and the lane reads again as soon as another is there."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

import edge.scanner.decoder_process
from edge.camera.frames import Image
from edge.scanner.decoder_process import Bounded, patch_of, serve
from edge.scanner.decoders import Found, zxing
from edge.scanner.filters import Patch
from edge.scanner.ladder import RUNGS
from edge.scanner.scanner import Scanner, to_gray
from scripts.roadside.picture import picture
from scripts.roadside.shot import Shot
from tests.edge.pictures import pass_text

TEXT = pass_text()
CLEAN = to_gray(picture(TEXT, Shot()))
BLURRED = to_gray(picture(TEXT, Shot(module=3.0, defocus=1.6)))


def hangs(pipe: Connection, shared: Any) -> None:
    """A decoder that is ready and never answers."""
    pipe.send("ready")
    threading.Event().wait()


def hangs_on_dark(pipe: Connection, shared: Any) -> None:
    """A decoder that hangs at black pictures only."""
    pipe.send("ready")
    while True:
        _, _, place, scale, shape = pipe.recv()
        patch = patch_of(place, scale, shape, shared)
        if patch.gray.max() == 0:
            threading.Event().wait()
        pipe.send(tuple(RUNGS[0].read(patch)))


def dies(pipe: Connection, shared: Any) -> None:
    """A decoder that breaks at the first picture, as C++ does."""
    pipe.send("ready")
    pipe.recv()
    os.abort()


@contextmanager
def decoder(target: Callable[[Connection, Any], None] = serve, limit: float = 10.0) -> Iterator[Bounded]:
    bounded = Bounded(limit, target)
    with closing(bounded):
        assert bounded.wait()
        yield bounded


def test_rungs_read_the_same_in_the_process() -> None:
    with decoder() as bounded:
        for picture_ in (CLEAN, BLURRED):
            assert Scanner(run=bounded).scan(picture_) == Scanner().scan(picture_)
        assert bounded.kills == 0


def test_patch_travels_once_however_many_rungs_read_it() -> None:
    patch = Patch(BLURRED)
    with decoder() as bounded:
        first, second = (bounded._message(RUNGS[0], patch) for _ in range(2))
    assert (first[-1], second[-1]) == (BLURRED.shape, None)


def test_rung_that_hangs_has_read_nothing_and_its_process_is_replaced() -> None:
    with decoder(hangs, limit=0.2) as bounded:
        began = time.monotonic()
        assert bounded(RUNGS[0], Patch(CLEAN)) == []
        assert time.monotonic() - began < 5
        assert bounded.kills == 1
        assert bounded.wait()


def test_lane_reads_again_after_a_frame_that_hung_the_decoder() -> None:
    with decoder(hangs_on_dark, limit=1.0) as bounded:
        assert bounded(RUNGS[0], Patch(np.zeros((90, 160), np.uint8))) == []
        assert bounded.wait()
        assert [each.text for each in bounded(RUNGS[0], Patch(CLEAN))] == [TEXT]


def test_decoder_that_dies_takes_nobody_with_it() -> None:
    with decoder(dies) as bounded:
        assert bounded(RUNGS[0], Patch(CLEAN)) == []
        assert bounded.kills == 1


def never_comes_up(pipe: Connection, shared: Any) -> None:
    """A decoder that ends before it is ready, as one does whose library is missing."""


class HandClock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_decoder_that_does_not_come_up_is_a_fault_and_is_not_started_at_every_frame() -> None:
    """faults G: no busy loop of processes; the lane goes on by hand, under an alarm."""
    clock = HandClock()
    with closing(Bounded(target=never_comes_up, clock=clock)) as bounded:
        assert not bounded.wait(20)
        assert bounded.fault == "the decoder's process does not start: ended while it started"
        for _ in range(50):
            assert bounded(RUNGS[0], Patch(CLEAN)) == []
        assert bounded.pid == 0, "no other was started within the pause"
        clock.now += 1.1
        assert not bounded.wait(20), "started again, in vain"
        clock.now += 1.1
        assert not bounded.wait(20)
        assert bounded.pid == 0, "the second pause is longer"


def test_decoder_that_the_system_cannot_start_ends_nothing_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """faults G: no memory for a process at the start of a gate is an alarm."""
    clock = HandClock()

    def start(_process: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    with monkeypatch.context() as full:
        full.setattr("multiprocessing.context.SpawnProcess.start", start)
        bounded = Bounded(10.0, clock=clock)
    with closing(bounded):
        assert bounded.fault == "the decoder's process does not start: Cannot allocate memory"
        assert bounded(RUNGS[0], Patch(CLEAN)) == []
        clock.now += 1.1
        assert bounded.wait()
        assert bounded.fault is None
        assert [each.text for each in bounded(RUNGS[0], Patch(CLEAN))] == [TEXT]


def test_while_no_decoder_is_ready_nothing_is_read_and_nobody_waits() -> None:
    bounded = Bounded()
    with closing(bounded):
        began = time.monotonic()
        bounded(RUNGS[0], Patch(CLEAN))
        assert time.monotonic() - began < 15


def test_closed_decoder_reads_nothing() -> None:
    bounded = Bounded()
    bounded.close()
    assert bounded(RUNGS[0], Patch(CLEAN)) == []


def test_what_a_decoder_prints_goes_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    with decoder(speaks) as bounded:
        assert [each.text for each in bounded(RUNGS[0], Patch(CLEAN))] == [TEXT]
    assert capfd.readouterr().err == ""


def speaks(pipe: Connection, shared: Any) -> None:
    """The real process, in which a decoder prints what zbar prints."""

    def loud(gray: Image) -> list[Found]:
        os.write(2, b"WARNING: decoder/databar.c:1248: Assertion failed\n")
        return zxing(gray)

    with patch.object(edge.scanner.decoder_process, "RUNGS", (replace(RUNGS[0], decode=loud),)):
        serve(pipe, shared)
