"""Makes the venv of one role: the distributions that requirements.lock pins for its extra, and no others.

The files are hard links into `.venv`, which pip filled from the same lock by its hashes; so a venv takes a second and no
network. Where links are impossible (another file system) the files are copied.
"""

import hashlib
import os
import shutil
import sys
import venv
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement

from scripts.locked import ROOT, blocks, locked, normal, read

PROJECT = "kakou"
STAMP = ".kakou-role"
PACKAGES = {"gate": ("edge",), "hub": ("edge", "hub")}
"""What a role's own code imports: the hub takes the contract from `edge`."""


class RoleError(Exception):
    """The role's venv cannot be made; the text is one line."""


def names_of(role: str) -> list[str]:
    """The distributions that the lock pins for a role on this machine, as PEP 503 spells them."""
    part = locked(read("requirements.lock"), read("pyproject.toml"), [role])
    pins = [(name, block.split("\n", 1)[0].rstrip("\\ ")) for name, block, _ in blocks(part)]
    return [normal(name) for name, pin in pins if (marker := Requirement(pin).marker) is None or marker.evaluate()]


def role_venv(role: str) -> Path:
    """The Python of the role's venv, made anew unless it was made from the same lock; `RoleError` in one line."""
    folder = ROOT / f".venv-{role}"
    stamp = folder / STAMP
    python = folder / "bin" / "python"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == stamp_of(role) and python.exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, symlinks=True, with_pip=False)
    site = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    here = {normal(each.name): each for each in distributions()}
    for name in [*names_of(role), PROJECT]:
        if name not in here:
            raise RoleError(
                f".venv: {name} is missing, which requirements.lock pins for [{role}]: start scripts/setup.sh"
            )
        link_distribution(here[name], site)
    for package in PACKAGES[role]:
        (site / package).symlink_to(ROOT / package)
    stamp.write_text(stamp_of(role), encoding="utf-8")
    return python


def link_distribution(distribution: Distribution, site: Path) -> None:
    """The distribution's files that lie in site-packages, under `site`; its commands and the project's own path stay away."""
    for file in distribution.files or ():
        if ".." in file.parts or file.name.startswith("__editable__"):
            continue
        source, target = Path(str(distribution.locate_file(file))), site / file
        if not source.exists() or target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except OSError:
            shutil.copy2(source, target)


def stamp_of(role: str) -> str:
    """Says from which lock, for which Python and in which folder a role's venv was made."""
    made_from = f"{role} {sys.version} {ROOT}\n" + read("requirements.lock") + read("pyproject.toml")
    return hashlib.sha256(made_from.encode()).hexdigest() + "\n"
