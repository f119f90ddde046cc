"""faults G: each role imports only what its own extra installs; `scripts/roles` proves it in venvs, this by reading."""

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from scripts.locked import ROOT, locked, normal, read, wanted_by
from scripts.role_check import RUN_BY_ALEMBIC, modules
from scripts.role_venvs import PACKAGES, names_of, role_venv
from tests.test_architecture import forbidden

OWN = {"edge", "hub"}
FROM_DEBIAN = {"picamera2"}
"""A ribbon camera's, by apt alone: `camera.PiCamera` says so where it is missing."""


def third_party(package: str) -> Iterator[tuple[str, str]]:
    """(file, top-level name) of each import of somebody else's, wherever it stands in the file."""
    for path in sorted((ROOT / package).rglob("*.py")):
        for name in imported(path):
            if name not in sys.stdlib_module_names and name not in OWN:
                yield str(path.relative_to(ROOT)), name


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (each.name.split(".")[0] for each in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.split(".")[0]
            case ast.Call(func=ast.Name(id="import_module"), args=[ast.Constant(value=str(name))]):
                yield name.split(".")[0]


@pytest.mark.parametrize(("role", "package"), [("gate", "edge"), ("hub", "hub"), ("hub", "edge/contract")])
def test_whatever_a_role_imports_comes_with_its_own_extra(role: str, package: str) -> None:
    installed = set(names_of(role))
    brought_by = packages_distributions()
    missing = {
        (file, name)
        for file, name in third_party(package)
        if name not in FROM_DEBIAN and not installed & {normal(each) for each in brought_by.get(name, [name])}
    }
    assert not missing, f"[{role}] of pyproject.toml does not bring it"


def test_the_reading_sees_an_import_that_the_extra_does_not_bring() -> None:
    """What the first installation of a gate found: argon2, with the extra of a hub."""
    pyproject = read("pyproject.toml").replace('gate = [\n    "argon2-cffi>=25",', "gate = [")
    assert "argon2-cffi" not in wanted_by(pyproject, ["gate"])
    assert ("edge/kiosk/pins.py", "argon2") in set(third_party("edge"))


def test_a_role_is_not_given_what_only_the_other_needs() -> None:
    assert not {"sqlalchemy", "pyrage", "zxcvbn", "openpyxl", "psycopg"} & set(names_of("gate"))
    assert not {"opencv-python-headless", "numpy", "gpiozero", "psycopg"} & set(names_of("hub"))


def test_postgresqls_driver_comes_with_its_own_extra() -> None:
    names = locked(read("requirements.lock"), read("pyproject.toml"), ["hub", "postgres"])
    assert "\npsycopg==" in names
    assert "\npsycopg-binary==" in names


def test_every_module_of_a_role_is_imported_by_the_check() -> None:
    found = {name for role in PACKAGES for name in modules(PACKAGES[role][-1])}
    assert {
        "edge.kiosk.pins",
        "edge.unit.unit",
        "hub.web.app",
        "hub.database.migrations.versions.0001_the_first_schema",
    } <= found
    assert RUN_BY_ALEMBIC not in found
    assert forbidden("edge.kiosk.pins", "hub.town.town"), "and a gate imports no hub"


@pytest.mark.parametrize("role", ["gate", "hub"])
def test_a_roles_venv_holds_what_the_lock_pins_for_it_and_nothing_else(
    role: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.role_venvs.ROOT", tmp_path)
    python = role_venv(role)
    (site,) = (tmp_path / f".venv-{role}" / "lib").glob("python*/site-packages")
    held = {normal(path.name.split("-")[0]) for path in site.glob("*.dist-info")}
    assert held == {*names_of(role), "kakou"}
    assert not list(site.glob("__editable__*")), "the tree beside it lends it nothing"
    stamp = (tmp_path / f".venv-{role}" / ".kakou-role").stat().st_mtime_ns
    assert role_venv(role) == python
    assert (tmp_path / f".venv-{role}" / ".kakou-role").stat().st_mtime_ns == stamp, "the second time it is as it was"


def test_ci_runs_it() -> None:
    assert (ROOT / "scripts" / "check").read_text().splitlines()[-1] == "scripts/roles"
    assert "scripts/check" in (ROOT / ".ci" / "run").read_text()
