"""`verify | rebuild`. Tested in `tests/hub/commands/test_cli.py`."""

import argparse
import sys

from hub.accounts import audit_chain
from hub.commands.common import Commands, changing, looking, now
from hub.gates import store as gates
from hub.ledger.projections import undone
from hub.ledger.projections.rebuild import rebuild
from hub.ledger.verify import verify
from hub.town.town import Town


def add_commands(commands: Commands) -> None:
    """Adds `verify` and `rebuild`."""
    check = commands.add_parser(
        "verify",
        help="prove the ledger",
        description="Checks chains, signatures and commitments, that the projections say what the entries say, and the audit's chain; "
        "1 names the first that does not.",
    )
    check.set_defaults(run=_verify)
    again = commands.add_parser(
        "rebuild",
        help="derive the projections anew",
        description="Derives visits and who is inside anew from the entries.",
    )
    again.set_defaults(run=_rebuild)


def _verify(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with looking(town) as connection:
        keys = gates.keys(connection, town.id, retired=True)
        sound = verify(connection, town.id, gates=keys, hub=town.key.public_key())
        noted = audit_chain.verify(connection, town.id, town.key.public_key())
    print(
        f"{sound.entries} entries of {sound.journals} journals hold, with {sound.signatures} signatures; head {sound.head}"
    )
    if sound.odd:
        print(f"{sound.odd} of them have values that an older version took and this one would not")
    print(f"{noted} rows of the audit hold")
    return 0


def _rebuild(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with changing(town) as connection:
        count = rebuild(connection, town.id, now())
        failed = undone.every(connection, town.id, undone.What.DERIVED)
    print(f"projections derived anew from {count} entries")
    for entry, why in failed:
        print(f"entry {entry}: it stands, but what it says could not be derived ({why})", file=sys.stderr)
    return 1 if failed else 0
