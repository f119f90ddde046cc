"""A gate whose lanes' loop hangs stops feeding systemd's watchdog; what systemd then does brings the lane back as promised.

The gate is a real process and the socket a real one; the test stands for systemd, and does what the installed unit says.
"""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import segno

from edge.unit.watch import WATCH
from tests.edge.folders import enrolled
from tests.scripts.test_units import ROOT, directives
from tests.system.test_lane_kills import register, running
from tests.system.towns import ENVIRONMENT, wait_for

SERVICE = dict(directives(ROOT / "systemd" / "kakou-gate.service"))
SILENCE = 4.0
"""Seconds without food that this test takes for hunger: the installed unit waits longer."""


class Systemd:
    """The end of NOTIFY_SOCKET that systemd holds."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)

    def hears(self, wanted: str, within: float) -> bool:
        """Whether that is said within so many seconds; what else is said is dropped."""
        end = time.monotonic() + within
        while (left := end - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                if self._socket.recv(256).decode() == wanted:
                    return True
            except TimeoutError:
                break
        return False

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    made = Systemd(tmp_path / "notify")
    yield made
    made.close()


def test_systemd_is_told_more_often_than_it_asks_and_does_what_this_test_does() -> None:
    assert int(SERVICE["WatchdogSec"]) > SILENCE > 3 * WATCH
    assert SERVICE["NotifyAccess"] == "main", "the one process that feeds"
    assert SERVICE["Restart"] == "always"
    assert "WatchdogSignal" not in SERVICE, "SIGABRT, as below"


def after_its_end(folder: Path) -> str:
    """Runs what the unit's ExecStopPost says, on this machine's Python and this folder; what it said."""
    program, *arguments = shlex.split(SERVICE["ExecStopPost"])
    assert program.endswith("/bin/python")
    assert arguments[-1] == f"/var/lib/{SERVICE['StateDirectory']}"
    command = [sys.executable, *arguments[:-1], str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout


@pytest.mark.timeout(120)
def test_a_gate_whose_lanes_hang_is_started_anew_with_the_sprayer_off_and_the_visit_shown(
    tmp_path: Path, systemd: Systemd
) -> None:
    blank = tmp_path / "blank.png"
    segno.make("nothing", micro=False).save(str(blank), scale=1, light="#808080", dark="#808080")
    folder = enrolled(tmp_path / "east", camera=f"file:{blank}")
    with running(folder, NOTIFY_SOCKET=systemd.path) as unit:
        assert systemd.hears("READY=1", 20)
        for _ in range(2):
            assert systemd.hears("WATCHDOG=1", SILENCE), "a gate that lives is fed for"
        register(unit, "resident")
        unit.reaches("disinfecting")
        unit.press("/spray")  # no vehicle is on a loop
        wait_for(lambda: unit.pin("sprayer") == "on", "a sprayer that is on")
        assert (unit.pin("sprayer"), unit.pin("barrier")) == ("on", "off")

        unit.wire("card", "hangs")
        unit.wire("turn_back", "on")
        # what moved before it hung may be told once more
        systemd.hears("WATCHDOG=1", SILENCE)
        assert not systemd.hears("WATCHDOG=1", SILENCE), "the main thread lives, and feeds nobody"
        assert unit.process.poll() is None
        os.kill(unit.process.pid, signal.SIGABRT)
        assert unit.process.wait(timeout=20) == -signal.SIGABRT

    said = after_its_end(folder).splitlines()
    assert said[0].startswith("lane 1: sprayer off")
    assert said[1] == "lane 1: barrier down"
    with running(folder, NOTIFY_SOCKET=systemd.path) as unit:
        assert systemd.hears("READY=1", 20)
        assert systemd.hears("WATCHDOG=1", SILENCE)
        assert (unit.lane["state"], unit.pin("sprayer"), unit.pin("barrier")) == ("waiting", "off", "off")
        (left,) = unit.officer.state()["unfinished"]
        unit.officer.submit("/finish", visit=left["visit"], outcome="turned_back")
        assert unit.officer.state()["unfinished"] == []


def test_only_a_gate_that_starts_is_called_ready(tmp_path: Path, systemd: Systemd) -> None:
    folder = enrolled(tmp_path / "east", camera="v4l2:/dev/video97")
    (folder / "keys" / "signing.key").unlink()
    command = [sys.executable, "-P", "-m", "tests.system.wired_gate", str(folder)]
    done = subprocess.run(
        command, env={**ENVIRONMENT, "NOTIFY_SOCKET": systemd.path}, capture_output=True, check=False, timeout=60
    )
    assert done.returncode != 0
    assert not systemd.hears("READY=1", 0.5)
