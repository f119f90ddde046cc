"""Prints the part of requirements.lock that some extras need: `python scripts/locked.py gate` for a gate, which needs no tests.

The lock says of each package what it is there `via`; this walks it from the project's own dependencies down. Only the
standard library: it runs before anything is installed.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = "setuptools"
"""Builds the project itself, whatever the extras."""


def blocks(lock: str) -> list[tuple[str, str, set[str]]]:
    """(package, its lines, by whom it is needed) for every pin of a lock; a package may have several, under markers."""
    found = []
    for block in re.split(r"\n(?=[a-z0-9])", lock.strip()):
        name = re.match(r"[a-z0-9._-]+", block)
        assert name is not None
        comments = re.findall(r"^[ \t]+#[ \t]+(?:via[ \t]+)?(\S+)", block, re.MULTILINE)
        found.append((name.group(), block, {each for each in comments if each != "via"}))
    return found


def wanted_by(pyproject: str, extras: list[str]) -> set[str]:
    """The packages that the project itself names, without and with these extras; `KeyError` for an unknown extra."""
    project = tomllib.loads(pyproject)["project"]
    lines = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    return {normal(re.split(r"[<>=~! ;\[]", line)[0]) for line in lines} | {BUILD}


def normal(name: str) -> str:
    """A package's name as locks spell it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: str, pyproject: str, extras: list[str]) -> str:
    """The blocks of the lock that the extras need, all the way down."""
    every = blocks(lock)
    wanted = wanted_by(pyproject, extras)
    while more := {name for name, _, via in every if via & wanted} - wanted:
        wanted |= more
    return "\n".join(block for name, block, _ in every if name in wanted) + "\n"


def main(extras: list[str]) -> int:
    """The command."""
    try:
        print(locked(read("requirements.lock"), read("pyproject.toml"), extras), end="")
    except KeyError as error:
        print(f"locked: {error} is no extra of pyproject.toml", file=sys.stderr)
        return 2
    return 0


def read(name: str) -> str:
    """A file of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
