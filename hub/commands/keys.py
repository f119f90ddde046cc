"""`key rotate | list | revoke` and `watch add | remove | list`: the parts of the pass list that are not passes.

Tested in `tests/hub/commands/test_cli.py` and `tests/hub/passes/test_commands.py`.
"""

import argparse

from edge.contract.records import wall_text
from hub.commands.common import USER, Commands, changing, looking, moment, now
from hub.errors import HubError
from hub.passes import keys, watchlist
from hub.passes.keys import PassKey
from hub.passes.passlist import revoke_key, rotate_key, unwatch_plate, watch_plate
from hub.passes.watchlist import WatchedPlate
from hub.town.town import Town

ROWS = 500


def add_commands(commands: Commands) -> None:
    """Adds `key` and `watch`."""
    key = commands.add_parser("key", help="keys that sign passes", description="The keys that sign passes.")
    verbs = key.add_subparsers(dest="verb", required=True, metavar="VERB")
    rotate = verbs.add_parser(
        "rotate",
        help="a new key",
        description="Makes the key that signs passes from now on. Passes of the key before count on, until the last of them "
        "expires or until a date: nothing need be printed again.",
    )
    rotate.add_argument(
        "--keep-until", metavar="TIME", help="the key before is trusted until this date (its end) or time"
    )
    rotate.set_defaults(run=_rotate)
    every = verbs.add_parser("list", help="keys, newest first", description="Lists keys, newest first.")
    every.set_defaults(run=_list_keys)
    revoke = verbs.add_parser(
        "revoke", help="end a key", description="Ends every pass that a key signed; gates hear of it at once."
    )
    revoke.add_argument("kid", metavar="KID")
    revoke.add_argument("--reason", required=True)
    revoke.set_defaults(run=_revoke)
    _add_watch(commands)


def _add_watch(commands: Commands) -> None:
    watch = commands.add_parser(
        "watch", help="the watch list", description="The watch list: plates that gates look for."
    )
    verbs = watch.add_subparsers(dest="verb", required=True, metavar="VERB")
    add = verbs.add_parser(
        "add",
        help="watch a plate",
        description="Watches a plate; without --deny-in and --deny-out gates only tell of it.",
    )
    add.add_argument("plate", metavar="PLATE")
    add.add_argument("--why", required=True, metavar="TEXT", help="what officers read")
    add.add_argument("--deny-in", action="store_true", help="stop it on the way in")
    add.add_argument("--deny-out", action="store_true", help="stop it on the way out")
    add.add_argument("--quiet", action="store_true", help="tell nobody that it was seen")
    add.set_defaults(run=_watch)
    remove = verbs.add_parser(
        "remove", help="watch a plate no longer", description="Takes a plate from the watch list."
    )
    remove.add_argument("plate", metavar="PLATE")
    remove.add_argument("--reason", required=True, help="why; it stays in the audit")
    remove.set_defaults(run=_unwatch)
    every = verbs.add_parser("list", help="watched plates", description="Lists watched plates.")
    every.add_argument("--search", default="", metavar="TEXT", help="part of a plate or of the reason")
    every.set_defaults(run=_list_watched)


def _rotate(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    until = None if arguments.keep_until is None else moment(arguments.keep_until, town.settings.zone, end=True)
    with changing(town) as connection:
        before = [each for each in keys.page(connection, town.id) if each.current]
        key = rotate_key(town, connection, keep_until=until, by=USER, now=now())
        print(f"key {key.kid} signs passes from now on")
        for each in before:
            old = keys.find(connection, town.id, each.kid)
            print(_line(old))
            if outliving := keys.outliving(connection, town.id, old.kid):
                print(f"{outliving} passes of key {old.kid} are valid longer than it is trusted: issue them anew")
    return 0


def _list_keys(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with looking(town) as connection:
        for each in keys.page(connection, town.id):
            print(_line(each))
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with changing(town) as connection:
        key = revoke_key(town, connection, arguments.kid, by=USER, reason=arguments.reason, now=now())
    print(f"key {key.kid} revoked, and with it {key.passes} passes")
    return 0


def _line(key: PassKey) -> str:
    if key.revoked_at is not None:
        state = f"revoked {wall_text(key.revoked_at)} by {key.revoked_by}: {key.revoked_reason}"
    elif key.current:
        state = "signs"
    else:
        state = "trusted" if key.until is None else f"trusted until {wall_text(key.until)}"
    return f"{key.kid}  made {wall_text(key.created_at)}  {key.passes:>6} passes  {state}"


def _watch(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    if arguments.quiet and not (arguments.deny_in or arguments.deny_out):
        raise HubError("--quiet: expected --deny-in or --deny-out with it")
    with changing(town) as connection:
        entry = watch_plate(
            town,
            connection,
            arguments.plate,
            deny_in=arguments.deny_in,
            deny_out=arguments.deny_out,
            notify=not arguments.quiet,
            why=arguments.why,
            by=USER,
            now=now(),
        )
    print(_watched(entry))
    return 0


def _unwatch(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with changing(town) as connection:
        unwatch_plate(town, connection, arguments.plate, reason=arguments.reason, by=USER, now=now())
    print(f"{arguments.plate} is watched no longer")
    return 0


def _list_watched(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with looking(town) as connection:
        after: str | None = None
        while found := watchlist.page(connection, town=town.id, search=arguments.search, after=after, limit=ROWS):
            for each in found:
                print(_watched(each))
            after = found[-1].plate
    return 0


def _watched(entry: WatchedPlate) -> str:
    does = [
        name
        for name, is_so in (("deny in", entry.deny_in), ("deny out", entry.deny_out), ("notify", entry.notify))
        if is_so
    ]
    return f"{entry.plate:<10}  {', '.join(does):<26}  {wall_text(entry.added_at)} by {entry.added_by}: {entry.why}"
