"""requirements.lock installs on every Python and machine that the project promises, with wheels and hashes only.

pip's cross mode (`--python-version`, `--platform`) chooses wheels for the target but evaluates environment markers with the
interpreter that runs it. So the markers of the lock are evaluated here first, for the target, and pip gets what is left; the
markers inside the packages' own metadata are why it is told `--no-deps`: the lock is whole by `uv --universal`.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from scripts.locked import BUILD, blocks, locked, normal, read, wanted_by
from scripts.offline_kit import for_target

PYTHONS = ("3.11", "3.12", "3.13")
MACHINES = ("x86_64", "aarch64")
GLIBC = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014")
"""Debian 12 has glibc 2.36."""


Resolutions = dict[tuple[str, str], "Future[subprocess.CompletedProcess[str]]"]


@pytest.fixture(scope="module")
def resolutions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resolutions]:
    """pip at work for every target at once: each waits for the network most of the time."""
    folder = tmp_path_factory.mktemp("lock")
    targets = [(python, machine) for python in PYTHONS for machine in MACHINES]
    with ThreadPoolExecutor(len(targets)) as pool:
        yield {target: pool.submit(resolve, *target, folder) for target in targets}


def resolve(python: str, machine: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What pip would install on the target."""
    target = folder / f"{python}-{machine}.txt"
    target.write_text(for_target(read("requirements.lock"), python, machine))
    platforms = [option for glibc in GLIBC for option in ("--platform", f"{glibc}_{machine}")]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--dry-run", "--ignore-installed"]
    command += ["--no-deps", "--require-hashes", "--only-binary=:all:", "--implementation", "cp"]
    command += ["--python-version", python, *platforms, "-r", str(target)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.timeout(1200)  # the first waits for all
@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_resolves_from_wheels_alone(resolutions: Resolutions, python: str, machine: str) -> None:
    done = resolutions[python, machine].result()
    assert done.returncode == 0, done.stderr[-2000:]
    assert "opencv-python-headless" in done.stdout.replace("_", "-")


def test_every_pin_is_exact_and_hashed() -> None:
    for name, block, _ in blocks(read("requirements.lock")):
        assert re.match(rf"{re.escape(name)}==\S+", block), block
        assert "--hash=sha256:" in block, name


def test_the_lock_names_no_registry() -> None:
    assert not re.search(r"https?://|--index-url|--find-links|file:", read("requirements.lock"))


def test_every_dependency_of_the_project_is_locked() -> None:
    names = {name for name, _, _ in blocks(read("requirements.lock"))}
    assert wanted_by(read("pyproject.toml"), ["gate", "hub", "dev"]) <= names


def test_a_gate_is_installed_without_the_tests_tools() -> None:
    names = set(
        re.findall(r"^([a-z0-9-]+)==", locked(read("requirements.lock"), read("pyproject.toml"), ["gate"]), re.M)
    )
    assert {"opencv-python-headless", "werkzeug", "pyzbar", BUILD} <= names
    assert not names & {"pytest", "playwright", "mypy", "sqlalchemy"}


def test_the_part_of_a_role_holds_what_its_packages_need() -> None:
    lock = read("requirements.lock")
    for extra in ("gate", "hub"):
        part = locked(lock, read("pyproject.toml"), [extra])
        names = {name for name, _, _ in blocks(part)}
        missing = {name for name, _, via in blocks(lock) if via & names} - names
        assert not missing, extra


def test_names_are_compared_as_packages_spell_them() -> None:
    assert normal("Flask_Babel") == "flask-babel"
