"""`scripts/roles`: each role, with what its own extra installs, imports all of its modules and does its first steps.

In the venvs of `scripts.role_venvs`: the hub founds a town and writes a gate's bundle; the gate enrols with it, tests itself
(its mock pins are well, the camera and the hub are missing, and the table says so), comes up without them, and shows its page.
"""

import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scripts.locked import ROOT
from scripts.role_venvs import PACKAGES, RoleError, role_venv

PATIENCE = 180.0
MISSING = {"1 camera", "link"}
"""What a gate on a bench without camera and hub must name as failed, and nothing else."""
RUN_BY_ALEMBIC = "hub.database.migrations.env"
"""No module to import: Alembic runs it, and `init` runs Alembic."""
IMPORT_ALL = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError as error:
        sys.exit(f"{name}: {error}")
"""


def modules(package: str) -> list[str]:
    """Every module of a package by its dotted name."""
    parts = [each.relative_to(ROOT).with_suffix("").parts for each in sorted((ROOT / package).rglob("*.py"))]
    names = [".".join(each[:-1] if each[-1] == "__init__" else each) for each in parts]
    return [name for name in names if name != RUN_BY_ALEMBIC]


class Role:
    """One role's program: `kakou-gate` or `kakou-hub` of its own venv, with its data folder."""

    def __init__(self, role: str, python: Path, folder: Path) -> None:
        self.role = role
        self.folder = folder
        # -I: neither this folder nor anybody's environment lends it a module
        self._python = [str(python), "-I"]
        self._command = [*self._python, "-m", f"{PACKAGES[role][-1]}.cli", "--data", str(folder)]

    def import_all(self) -> int:
        """Imports every module of the role; how many there are."""
        names = modules(PACKAGES[self.role][-1])
        self._run([*self._python, "-c", IMPORT_ALL, *names], 0)
        return len(names)

    def do(self, *arguments: str, status: int = 0) -> str:
        """Runs a command of the role to its end; what it printed. `RoleError` if it ends with another status."""
        return self._run([*self._command, *arguments], status)

    def serve(self, command: str, url: str) -> None:
        """Runs a command that serves until its page answers, and ends it in order; `RoleError` with what it said if not."""
        with subprocess.Popen(
            [*self._command, command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            there = answers(url, lambda: process.poll() is None)
            process.terminate()
            _, said = process.communicate(timeout=PATIENCE)
        if not there or process.returncode != 0:
            why = f"status {process.returncode}" if there else f"{url} never answered"
            raise RoleError(f"kakou-{self.role} {command}: {why}: {said.strip()[-2000:]}")

    def _run(self, command: list[str], status: int) -> str:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=self.folder.parent
        )
        if done.returncode != status:
            said = (done.stderr or done.stdout).strip()
            raise RoleError(f"[{self.role}]: status {done.returncode}, expected {status}: {said[-2000:]}")
        return done.stdout


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str, runs: Callable[[], bool]) -> bool:
    """Waits until a page is there; False if its program ends first, or it takes too long."""
    end = time.monotonic() + PATIENCE
    while runs() and time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  a page of this machine
                return True
        except OSError:
            time.sleep(0.05)
    return False


def found_town(hub: Role, bundle: Path) -> None:
    """The hub's first steps: a town, a gate, its bundle, and the pages."""
    port = str(free_port())
    hub.do("init", "--town", "roles", "--broker-port", str(free_port()), "--web-port", port)
    hub.do("gate", "add", "east")
    hub.do("gate", "bundle", "east", "--out", str(bundle))
    hub.serve("web", f"http://127.0.0.1:{port}/login")


def join_town(gate: Role, bundle: Path) -> None:
    """The gate's first steps, on a machine without pins, camera and hub."""
    gate.do("enrol", str(bundle))
    settings, port = gate.folder / "gate.toml", free_port()
    text = settings.read_text(encoding="utf-8").replace('factory = "lgpio"', 'factory = "mock"')
    text = text.replace("port = 8100", f"port = {port}").replace("/dev/video0", str(gate.folder / "no-such-camera"))
    settings.write_text(text, encoding="utf-8")
    table = gate.do("selftest", status=1)
    failed = {line[:24].strip() for line in table.splitlines() if line[24:].startswith("FAILED")}
    if failed != MISSING:
        raise RoleError(f"kakou-gate selftest: expected {sorted(MISSING)} to fail, found:\n{table}")
    gate.serve("run", f"http://127.0.0.1:{port}/")


def main() -> int:
    """The command; each line says how long its part took."""
    began = time.monotonic()

    def took(what: str) -> None:
        print(f"roles: {time.monotonic() - began:5.1f} s  {what}", flush=True)

    try:
        with tempfile.TemporaryDirectory(prefix="kakou-roles-") as name, ThreadPoolExecutor(2) as both:
            pythons = {role: role_venv(role) for role in PACKAGES}
            took("venvs of [gate] and [hub], each alone")
            gate, hub = (Role(role, pythons[role], Path(name) / role) for role in ("gate", "hub"))
            counts = list(both.map(Role.import_all, (gate, hub)))
            took(f"every module imports: {counts[0]} of a gate, {counts[1]} of a hub")
            bundle = Path(name) / "east.bundle.json"
            found_town(hub, bundle)
            took("kakou-hub init, gate add, gate bundle, web")
            join_town(gate, bundle)
            took("kakou-gate enrol, selftest, run")
    except RoleError as error:
        print(f"roles: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
