"""What a figure was measured on: without it no figure says anything."""

import os
import platform
import sqlite3
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "kakou", "numpy", "opencv-python-headless", "pyzbar", "zxing-cpp", "paho-mqtt", "sqlalchemy", "sqlite-utils", "cryptography", "pydantic",
)  # fmt: skip


def machine(folder: Path) -> dict[str, Any]:
    """The machine; `disk` is the file system under `folder`, where journals and ledgers are written."""
    return {
        "python": platform.python_version(),
        "cpu": _cpu(),
        "architecture": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "disk": file_system(folder),
        "load": load(),
    }


def load() -> float:
    """How many processes wanted a core during the last minute: above the number of cores, figures are those of a busy machine."""
    return round(os.getloadavg()[0], 2)


def versions() -> dict[str, str | None]:
    """The versions of everything that has a part in a figure; None: not installed."""
    found: dict[str, str | None] = {name: _version(name) for name in PACKAGES}
    return found | {"sqlite": sqlite3.sqlite_version, "sqlite3 command": _sqlite3(), "mosquitto": _mosquitto()}


def file_system(folder: Path) -> str:
    """The kind of file system that a folder lies on, `unknown` where /proc does not say."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "unknown"
    found = [line.split()[1:3] for line in mounts]
    above = [(point, kind) for point, kind in found if folder.resolve().is_relative_to(point)]
    return max(above, key=lambda each: len(each[0]))[1] if above else "unknown"


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "unknown"
    parts = [line.partition(":") for line in lines]
    named = {key.strip(): value.strip() for key, _, value in parts}
    # x86 says `model name`; a Raspberry Pi says `Model` of the board, at the end
    return named.get("model name") or named.get("Model") or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _sqlite3() -> str | None:
    said = _output("sqlite3", "--version")
    return said.split()[0] if said else None


def _mosquitto() -> str | None:
    said = _output("mosquitto", "-h") or _output("/usr/sbin/mosquitto", "-h")
    return said.splitlines()[0].removeprefix("mosquitto version ") if said else None


def _output(*command: str) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
