"""`backup | restore`."""

import argparse
from pathlib import Path

from hub.alerts import store as alerts
from hub.backup.make import backup, dated, newest_beside, thin_out
from hub.backup.restore import restore
from hub.commands.common import Commands, changing, now
from hub.errors import HubError
from hub.ledger.verify import BrokenError
from hub.town import Town


def add_commands(commands: Commands) -> None:
    """Adds `backup` and `restore`."""
    make = commands.add_parser(
        "backup",
        help="a proven copy of the town",
        description="Writes database, configuration and keys into one new file (0600) while the hub works, and proves it. "
        "Gates may prune only what such a file holds.",
    )
    make.add_argument(
        "file",
        type=Path,
        nargs="?",
        metavar="FILE",
        help="default: a dated file in backup.folder, of which the newest backup.keep stay",
    )
    make.set_defaults(run=_backup)
    back = commands.add_parser(
        "restore",
        help="a town from a backup",
        description="Restores a backup into an empty folder; the gates then send again what it lacks.",
    )
    back.add_argument("file", type=Path, metavar="FILE")
    back.set_defaults(run=_restore)


def _backup(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    try:
        made = backup(town, arguments.file or dated(town, now()), now())
    except HubError as error:
        if arguments.file is None:
            # nobody reads a schedule's output
            why = f"the ledger does not hold: {error}" if isinstance(error, BrokenError) else str(error)
            with changing(town) as connection:
                alerts.raise_(connection, town.id, alerts.What.BACKUP, None, why, now())
        raise
    print(f"{made.file}: {made.bytes} bytes, {made.sound.entries} entries hold; head {made.sound.head}")
    if arguments.file is None:
        for file in thin_out(town, town.settings.backup.keep):
            print(f"{file}: removed, {town.settings.backup.keep} newer ones are there")
        with changing(town) as connection:
            alerts.end(connection, town.id, alerts.What.BACKUP, now())
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    ledger = restore(arguments.data, arguments.file, now())
    print(f"town {ledger.town} restored to {arguments.data}: {ledger.head.count} entries, ledger epoch {ledger.epoch}")
    print("gates send again what came after this backup; passes, users and watched plates changed since are not in it")
    newer = newest_beside(arguments.file, ledger.town)
    if newer is not None:
        print(
            f"{newer} is a newer backup: gates may have deleted what only it holds; to use it, restore it into another folder"
        )
    return 0
