"""What a machine must have for a campaign: looked for before anything starts, and named in one line with its Debian package."""

import os
import shutil
import subprocess
from collections.abc import Sequence


class CannotRunError(RuntimeError):
    """This machine lacks something; the text is one line."""


def need_root(why: str) -> None:
    """`CannotRunError` for anybody but root."""
    if os.geteuid() != 0:
        raise CannotRunError(f"{why} needs root")


def need_command(name: str, package: str) -> str:
    """Where a command is; `CannotRunError` names the Debian package that brings it."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        raise CannotRunError(f"{name}: not found (apt install {package})")
    return found


def need_success(command: Sequence[str], why: str) -> str:
    """What a command prints; `CannotRunError` with its own last line if it fails."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise CannotRunError(f"{why}: {said[-1] if said else f'{command[0]} ended with {done.returncode}'}")
    return done.stdout.strip()
