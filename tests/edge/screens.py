"""The gate's own screen without a gate: a virtual X screen of 800x480, and the browser as `kakou-kiosk.service` starts it.

The browser runs as an ordinary user (its sandbox is on, as at a gate), and sees a policy folder of the test's own in a mount
namespace: the machine's stays as it is. So this needs root.
"""

import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tests.scripts.test_units import directives

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "systemd" / "kakou-kiosk.service"
POLICY = ROOT / "firmware_config" / "chromium.json"
WIDTH, HEIGHT = 800, 480
NOBODY = 65534
MISSING = [name for name in ("Xvfb", "xdotool", "chromium", "unshare", "setpriv") if shutil.which(name) is None]


def _own_mounts() -> bool:
    """Returns True if a process may have mounts of its own here; in a bare chroot the kernel refuses."""
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0


WHY_NOT = (
    f"not installed: {', '.join(MISSING)} (scripts/setup.sh test)"
    if MISSING
    else "must be root: the browser's policies are read from /etc/chromium, here in a mount namespace"
    if os.geteuid() != 0
    else "no mount namespace can be had here, as in a chroot: the browser's policies could not be put in their place"
    if not _own_mounts()
    else None
)
"""Why this machine cannot drive the unit's browser; None: it can."""
Picture = NDArray[np.uint8]


def lines_of(unit: Path, key: str) -> list[str]:
    """The values of a key of the unit's [Service] section, with continued lines joined."""
    text = unit.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{key}=")]


def browser_command(address: str, run: Path) -> list[str]:
    """What the unit starts under its compositor, with another page, another /run, and X in the place of Wayland."""
    (line,) = lines_of(UNIT, "ExecStart")
    words = shlex.split(line)
    command = words[words.index("--") + 1 :]
    changes = {"${PAGE}": address, "--ozone-platform=wayland": "--ozone-platform=x11", "/run/kakou-kiosk": str(run)}
    made = [_changed(word, changes) for word in command]
    assert address in " ".join(made)
    assert "--ozone-platform=x11" in made
    # the unit's compositor gives its one window the whole screen; bare X does not
    return [*made, "--window-position=0,0", f"--window-size={WIDTH},{HEIGHT}"]


def before_command(run: Path) -> list[list[str]]:
    """What the unit does before it starts the browser."""
    return [
        [_changed(word, {"/run/kakou-kiosk": str(run)}) for word in shlex.split(line)]
        for line in lines_of(UNIT, "ExecStartPre")
    ]


def unit_environment(run: Path) -> Mapping[str, str]:
    """The variables that the unit gives to the browser."""
    pairs = (value.partition("=") for key, value in directives(UNIT) if key == "Environment")
    return {name: value.replace("/run/kakou-kiosk", str(run)) for name, _, value in pairs}


def _changed(word: str, changes: Mapping[str, str]) -> str:
    for old, new in changes.items():
        word = word.replace(old, new)
    return word


class Screen:
    """A virtual X screen: what is on it, and a hand with a mouse and a keyboard."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: subprocess.Popen[str] | None = None
        self.display = ""

    def __enter__(self) -> Self:
        out, into = os.pipe()
        # without a window manager a window gets one pixel less than the screen has, each way
        size = f"{WIDTH + 1}x{HEIGHT + 1}x24"
        command = [
            "Xvfb", "-displayfd", str(into), "-screen", "0", size, "-fbdir", str(self._folder), "-nolisten", "tcp",
        ]  # fmt: skip
        self._server = subprocess.Popen(command, pass_fds=[into], stderr=subprocess.DEVNULL, text=True)
        os.close(into)
        with os.fdopen(out) as said:
            self.display = f":{said.readline().strip()}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.terminate()
        self._server.wait(10)

    def picture(self) -> Picture:
        """The whole screen, windows over windows, BGR: the frame buffer that Xvfb keeps as an XWD file."""
        data = (self._folder / "Xvfb_screen0").read_bytes()
        header = np.frombuffer(data, ">u4", 25)
        start = int(header[0]) + 12 * int(header[19])
        high = int(header[5])
        rows = np.frombuffer(data, np.uint8, high * int(header[12]), start).reshape(high, -1, 4)
        return rows[:HEIGHT, :WIDTH, :3].copy()

    def hand(self, *words: str, check: bool = True) -> str:
        """Moves the mouse or presses keys (xdotool's words)."""
        environment = {"DISPLAY": self.display, "PATH": os.environ["PATH"]}
        done = subprocess.run(["xdotool", *words], env=environment, capture_output=True, text=True, check=check)
        return done.stdout

    def click(self, x: float, y: float, button: int = 1) -> None:
        """Presses a mouse button at a place of the screen."""
        self.hand("mousemove", f"{x:.0f}", f"{y:.0f}", "click", str(button))

    def settled(self, seconds: float = 1.0, most: float = 20.0) -> Picture:
        """The picture as soon as it has not changed for `seconds`, or after `most`."""
        end, before, since = time.monotonic() + most, self.picture(), time.monotonic()
        while time.monotonic() < end and time.monotonic() - since < seconds:
            time.sleep(0.1)
            now = self.picture()
            if not np.array_equal(now, before):
                before, since = now, time.monotonic()
        return before


class UnitBrowser:
    """The unit's browser on a screen, with the policies in `policies` (none: a machine without ours)."""

    def __init__(
        self, screen: Screen, address: str, run: Path, policies: Sequence[Path] = (POLICY,), *, before: bool = True
    ) -> None:
        self._screen, self._address, self._run, self._before = screen, address, run, before
        self._etc = run.parent / f"{run.name}-etc"
        managed = self._etc / "policies" / "managed"
        shutil.rmtree(self._etc, ignore_errors=True)  # of the browser before, which may have had other policies
        managed.mkdir(parents=True)
        for policy in policies:
            shutil.copy(policy, managed / policy.name)
        run.mkdir(exist_ok=True)
        for path in (run, *run.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        if self._before:
            for command in before_command(self._run):
                subprocess.run(command, check=True)
        variables = {
            **unit_environment(self._run),
            "DISPLAY": self._screen.display,
            "PATH": os.environ["PATH"],
            "XDG_RUNTIME_DIR": str(self._run),
            "LANG": "en_US.UTF-8",
        }
        command = [
            "unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/chromium && exec "$@"', str(self._etc),
            "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
            *browser_command(self._address, self._run),
        ]  # fmt: skip
        with (self._run.parent / "browser.log").open("ab") as said:
            self._process = subprocess.Popen(command, env=variables, stdout=said, stderr=said, start_new_session=True)
        return self

    @property
    def alive(self) -> bool:
        """Returns True while the browser runs."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Ends it as a power cut would."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.alive:
            self.kill()
