"""systemd hears that the gate lives only while all of it does."""

import os
import socket
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from edge.unit.systemd import Watchdog, notify, ready, stopping


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_hears_over_its_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, abstract: bool) -> None:
    path = str(tmp_path / "notify")
    name = f"\0kakou-test-{os.getpid()}" if abstract else path
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as systemd:
        systemd.bind(name)
        systemd.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", name.replace("\0", "@"))
        assert ready()
        assert stopping()
        assert [systemd.recv(64), systemd.recv(64)] == [b"READY=1", b"STOPPING=1"]


def test_without_systemd_nobody_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not ready()
    assert not notify("READY=1", str(tmp_path / "nobody"))
    assert not notify("READY=1", "not a path")


def test_watchdog_is_fed_only_when_every_loop_has_moved() -> None:
    beats = {"camera": 0, "lane": 0}
    told: list[str] = []

    def tell(message: str) -> bool:
        told.append(message)
        return True

    watchdog = Watchdog({name: partial(beats.__getitem__, name) for name in beats}, tell)
    assert watchdog.feed() == ("camera", "lane")
    beats["lane"] += 1
    assert watchdog.feed() == ("camera",)
    assert told == []
    beats["camera"] += 1
    assert watchdog.feed() == ()
    assert told == ["WATCHDOG=1"]
    assert watchdog.feed() == ("camera", "lane")
    assert told == ["WATCHDOG=1"]
