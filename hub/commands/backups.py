"""`backup | restore | backup-key`. Tested in `tests/hub/commands/test_cli.py` and `tests/hub/backup/test_make.py`."""

import argparse
import getpass
import sys
from pathlib import Path

from edge.contract.records import wall_text
from hub.accounts import audit
from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.backup import asking, key
from hub.backup.age import Lock, Passphrase, Recipient, SecretKey, Unlock, is_encrypted, needs_passphrase
from hub.backup.asking import Outcome
from hub.backup.make import Backup, backup, dated, newest_beside, thin_out
from hub.backup.manifest import Manifest
from hub.backup.settings import Changes
from hub.commands.common import USER, Commands, changing, now
from hub.errors import HubError
from hub.ledger.verify_walk import BrokenError
from hub.lifecycle.restore import Restored, Source, restore
from hub.town.town import Town

SECRET_BEGINS = "AGE-SECRET-KEY-"
TOWN = "town"
"""As a recipient: the town's own backup key."""


def add_commands(commands: Commands) -> None:
    """Adds `backup`, `restore` and `backup-key`."""
    make = commands.add_parser(
        "backup",
        help="a proven copy of the town, encrypted",
        description="Writes database, configuration and keys into one new encrypted file (0600) while the hub works, signs and "
        "proves it. Gates may prune only what such a file holds. Without FILE it is encrypted to the town's backup key, with "
        "FILE with a passphrase, which is asked for; a script that pipes none in gets the backup key, too.",
    )
    make.add_argument(
        "file",
        type=Path,
        nargs="?",
        metavar="FILE",
        help="default: a dated file in backup.folder, of which the newest backup.keep stay",
    )
    make.add_argument(
        "--to", metavar="RECIPIENT", help="to an age key (age1…) instead, or `town`: the town's backup key"
    )
    make.add_argument("--passphrase-file", type=Path, metavar="FILE", help="its first line is the passphrase")
    make.set_defaults(run=_backup)
    back = commands.add_parser(
        "restore",
        help="a town from a backup",
        description="Restores a backup into an empty folder; the gates then send again what it lacks. Asks for the backup key's "
        "secret half or the passphrase (or reads the first line of a pipe), and for your word that the hub that signed is yours.",
    )
    back.add_argument("file", type=Path, metavar="FILE")
    back.add_argument(
        "--secret-file", type=Path, metavar="FILE", help="its first line is the secret half, or the passphrase"
    )
    back.add_argument(
        "--hub-key",
        metavar="KEY",
        help="the hub's key or its fingerprint, as `init` or a gate's selftest showed it: no question",
    )
    back.add_argument(
        "--unsigned", action="store_true", help="a backup of an older version, which was neither encrypted nor signed"
    )
    for option, what in _CHANGES.items():
        back.add_argument(f"--{option.replace('.', '-')}", metavar=what[0], dest=option, type=what[1], help=what[2])
    back.set_defaults(run=_restore)
    _add_key(commands)


_CHANGES = {
    "broker.host": ("ADDRESS", str, "name or address at which gates reach this hub, if it is another now"),
    "broker.bind": ("ADDRESS", str, "where its broker listens"),
    "broker.port": ("PORT", int, "the broker's port"),
    "web.host": ("ADDRESS", str, "where its pages are served"),
    "web.port": ("PORT", int, "their port"),
}


def _add_key(commands: Commands) -> None:
    parser = commands.add_parser(
        "backup-key",
        help="to whom scheduled backups are encrypted",
        description="The key that opens scheduled backups.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    new = verbs.add_parser(
        "new",
        help="a new key",
        description="Makes the town's backup key and shows its secret half once, on a terminal. The hub keeps the public half.",
    )
    new.add_argument(
        "--replace", action="store_true", help="in the place of the one there is; older backups need the older secret"
    )
    new.add_argument("--pipe", action="store_true", help="show the secret half although nobody is at a terminal")
    new.set_defaults(run=_new_key)
    show = verbs.add_parser("show", help="its public half", description="Shows the public half.")
    show.set_defaults(run=_show_key)
    check = verbs.add_parser(
        "check",
        help="does a secret half fit",
        description="Asks for a secret half (or reads the first line of a pipe) and says if it opens this town's backups.",
    )
    check.set_defaults(run=_check_key)


def _backup(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    if arguments.file is not None:
        made = backup(town, arguments.file, now(), _lock(arguments))
        _say_made(made)
        return 0
    began = wall_text(now())
    with asking.making(town.settings.run, now()):
        try:
            made = backup(town, dated(town, now()), now(), _lock(arguments))
        except (HubError, OSError) as error:
            # nobody reads a schedule's output
            why = f"the ledger does not hold: {error}" if isinstance(error, BrokenError) else str(error)
            asking.ended(town.settings.run, Outcome(wall_text(now()), began, why=why))
            with changing(town) as connection:
                alerts.raise_(connection, town.id, AlertKind.BACKUP, None, why, now())
            raise
        _say_made(made)
        for file in thin_out(town, town.settings.backup.keep, made.file):
            print(f"{file}: removed, {town.settings.backup.keep} newer ones are there")
        with changing(town) as connection:
            alerts.end(connection, town.id, AlertKind.BACKUP, now())
        asking.ended(town.settings.run, Outcome(wall_text(now()), began, made.file.name, made.sound.entries))
    return 0


def _say_made(made: Backup) -> None:
    print(f"{made.file}: {made.bytes} bytes, {made.sound.entries} entries hold; head {made.sound.head}")


def _lock(arguments: argparse.Namespace) -> Lock | None:
    """With what to encrypt; None: with the town's backup key."""
    if arguments.to is not None and arguments.passphrase_file is not None:
        raise HubError("--to: not together with --passphrase-file")
    if arguments.to == TOWN or (arguments.file is None and arguments.to is None and arguments.passphrase_file is None):
        return None
    if arguments.to is not None:
        return Recipient.parse(arguments.to)
    secret = _secret("passphrase: ", arguments.passphrase_file, twice=True)
    if not secret and arguments.passphrase_file is None and not sys.stdin.isatty():
        # a script that says nothing: what a schedule does
        return None
    if secret.strip().upper().startswith(SECRET_BEGINS):
        raise HubError("passphrase: this is the secret half of a key: expected a passphrase (or --to town)")
    return Passphrase.parse(secret)


def _restore(arguments: argparse.Namespace) -> int:
    changes = {name: vars(arguments)[name] for name in _CHANGES if vars(arguments)[name] is not None}
    if arguments.unsigned and arguments.hub_key:
        raise HubError("--unsigned: there is no signature that --hub-key could be compared with")
    source = Source(arguments.file, _unlock(arguments), lambda says: _approve(arguments, says))
    restored = restore(arguments.data, source, now(), changes)
    _say_restored(arguments, restored, changes)
    return 0


def _unlock(arguments: argparse.Namespace) -> Unlock | None:
    if not is_encrypted(arguments.file):
        if not arguments.unsigned:
            raise HubError(f"{arguments.file}: not an encrypted backup (one of an older version: --unsigned)")
        return None
    if arguments.unsigned:
        raise HubError(f"{arguments.file}: it is encrypted and signed: not with --unsigned")
    if needs_passphrase(arguments.file):
        secret = _secret("passphrase: ", arguments.secret_file)
        if secret.strip().upper().startswith(SECRET_BEGINS):
            raise HubError(
                f"{arguments.file}: it was encrypted with a passphrase: expected that, not the secret half of a key"
            )
        return Passphrase(secret)
    return SecretKey.parse(_secret("secret half of the backup key (AGE-SECRET-KEY-1…): ", arguments.secret_file))


def _approve(arguments: argparse.Namespace, says: Manifest | None) -> None:
    """Asks whether the hub that signed is the town's."""
    if says is None:
        return
    if arguments.hub_key is not None:
        wanted = arguments.hub_key.strip().lower()
        if wanted.replace("-", "") not in (says.hub_key, says.signer.replace("-", "")):
            raise HubError(f"signed by another hub than --hub-key: its fingerprint is {says.signer}")
        return
    if not sys.stdin.isatty():
        raise HubError(f"signed by the hub {says.signer}: if that is yours, say so with --hub-key {says.signer}")
    print(f"backup of {says.town}, made {says.at} with {says.entries} entries")
    print(f"signed by the hub {says.signer}")
    print("`init` showed the fingerprint of your hub, and `kakou-gate selftest` shows it at each of its gates.")
    if input("Is it the same? (yes/no) ").strip().lower() != "yes":
        raise HubError("not restored: the hub that signed is not yours")


def _say_restored(arguments: argparse.Namespace, restored: Restored, changes: Changes) -> None:
    ledger = restored.ledger
    print(
        f"town {ledger.town} restored to {arguments.data}: {restored.rows} rows, {ledger.head.count} entries, "
        f"ledger epoch {ledger.epoch}"
    )
    print(f"chains and {restored.sound.signatures} signatures hold; head {restored.sound.head}")
    for line in restored.lines:
        print(line)
    if arguments.unsigned:
        print(
            "this backup was not signed: users, roles and rules are what the file said; look through them, then run rekey"
        )
        if "broker.host" not in changes:
            print(
                "gates look for the hub at broker.host: restore with --broker-host ADDRESS if it is not the one above"
            )
    print("gates send again what came after this backup; passes, users and watched plates changed since are not in it")
    newer = newest_beside(arguments.file, ledger.town)
    if newer is not None:
        print(
            f"{newer} is a newer backup: gates may have deleted what only it holds; to use it, restore it into another folder"
        )


def _new_key(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    if not sys.stdout.isatty() and not arguments.pipe:
        raise HubError("backup-key new: shows a secret: expected a terminal (or --pipe, where you know who reads it)")
    there = key.find(town.settings)
    if there is not None and not arguments.replace:
        raise HubError(f"backup-key new: there is one already, {there.text} (--replace makes another)")
    secret = key.replace(town.settings)
    with changing(town) as connection:
        detail = {"recipient": secret.recipient.text}
        audit.note(connection, user=USER, action="backup key made", object="backups", detail=detail, now=now())
    print(f"backups are encrypted to {secret.recipient.text}")
    for line in key.to_write_down(secret):
        print(line)
    return 0


def _show_key(arguments: argparse.Namespace) -> int:
    print(key.needed(Town.open(arguments.data).settings).text)
    return 0


def _check_key(arguments: argparse.Namespace) -> int:
    recipient = key.needed(Town.open(arguments.data).settings)
    secret = SecretKey.parse(_secret("secret half of the backup key (AGE-SECRET-KEY-1…): ", None))
    if secret.recipient != recipient:
        raise HubError(f"backup key: this secret half is another key's; backups are encrypted to {recipient.text}")
    print(f"it is the secret half of {recipient.text}: it opens this town's scheduled backups")
    return 0


def _secret(prompt: str, file: Path | None, *, twice: bool = False) -> str:
    """A secret from the first line of a file or a pipe, or unseen from a terminal; never from the command line, which others can read."""
    if file is not None:
        with file.open(encoding="utf-8") as source:
            return source.readline().rstrip("\n")
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass(prompt)
    if twice and getpass.getpass("again: ") != first:
        raise HubError("passphrase: the two differ")
    return first
