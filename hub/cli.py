"""`kakou-hub`: reads the command line and calls the command; every fault is one line on standard error.

Tested in `tests/hub/commands/test_cli.py`.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DBAPIError

from hub.commands.common import OneLineParser, database_fault, said
from hub.errors import HubError, RefusedError
from hub.town.settings import Settings

SUBJECTS = {
    "founding": ("init", "setup-code"),
    "running": ("serve", "listener", "web"),
    "operations": ("operation",),
    "addresses": ("address",),
    "gates": ("gate",),
    "passes": ("pass",),
    "keys": ("key", "watch"),
    "people": ("user", "officer"),
    "export": ("export",),
    "ledger": ("verify", "rebuild"),
    "reports": ("report",),
    "conflicts": ("conflict",),
    "orders": ("order",),
    "health": ("doctor",),
    "backups": ("backup", "restore", "backup-key"),
    "rekeying": ("rekey",),
    "programs": ("feed", "token"),
    "organisation": ("organisation",),
    "registers": ("register",),
}
"""Module of `hub.commands` -> the commands that it adds. A command imports its own module alone, which halves its start."""


def parser(subjects: Iterable[str] = SUBJECTS) -> argparse.ArgumentParser:
    """The command line with the commands of some subjects; without an argument, the whole of it."""
    top = OneLineParser(prog="kakou-hub", description="The hub of a town: its ledger, gates, passes and console.")
    top.add_argument("--data", type=Path, required=True, metavar="DIR", help="the town's folder")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for subject in subjects:
        import_module(f"hub.commands.{subject}").add_commands(commands)
    return top


def subjects_of(arguments: Sequence[str]) -> tuple[str, ...]:
    """The subjects whose commands a command line may mean: the one of its command, or all of them where it names none."""
    words = iter(arguments)
    for word in words:
        if word in {"-h", "--help"}:
            break
        if word != "--" and "--data".startswith(word):
            next(words, None)  # the folder; argparse takes a shortened option as well
        elif not word.startswith("-"):
            return tuple(each for each, commands in SUBJECTS.items() if word in commands) or tuple(SUBJECTS)
    return tuple(SUBJECTS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the exit code is 0, 1 for a refusal, 2 for a command line that can't be read."""
    arguments = sys.argv[1:] if arguments is None else arguments
    chosen = parser(subjects_of(arguments)).parse_args(arguments)
    try:
        code: int = chosen.run(chosen)
        sys.stdout.flush()
    except DBAPIError as error:
        return _refuse(database_fault(error))
    except BrokenPipeError:
        # the reader of a pipe has seen enough; the interpreter flushes what is left at exit, to nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _refuse(f"{error.filename or 'system'}: {error.strerror or error}")
    except RefusedError as error:
        return _refuse(said(error.words, _zone(chosen.data)))
    except (HubError, ValueError) as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        return 130
    return code


def _zone(folder: Path) -> ZoneInfo:
    """The town's time zone; UTC where its settings can't be read."""
    try:
        return Settings.load(folder).zone
    except HubError:
        return ZoneInfo("UTC")


def _refuse(why: str) -> int:
    print("kakou-hub: " + " ".join(why.split()), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
