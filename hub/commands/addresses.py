"""`address add | remove | list`. Tested in `tests/hub/enrolment/test_addresses.py`."""

import argparse

from hub.commands.common import USER, Commands, changing, looking, now
from hub.enrolment import addresses
from hub.town.town import Town


def add_commands(commands: Commands) -> None:
    """Adds `address`."""
    about = "The names and addresses at which gates reach this hub. A new one is added while the old one still works: gates are told over the link."
    address = commands.add_parser("address", help="where gates reach the hub", description=about)
    verbs = address.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, words, run in (
        ("add", "one more, told to every gate and in the broker's certificate", _add),
        ("remove", "one less, once every gate knows the others", _remove),
    ):
        made = verbs.add_parser(verb, help=words, description=f"{words[:1].upper()}{words[1:]}.")
        made.add_argument("address", metavar="ADDRESS")
        made.set_defaults(run=run)
    every = verbs.add_parser("list", help="all, and which gates know them", description="Lists them.")
    every.set_defaults(run=_list)


def _add(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with changing(town) as connection:
        changed = addresses.add(town, connection, arguments.address, by=USER, now=now())
    broker = changed.settings.broker
    print(f"address {arguments.address} added: the broker shows a certificate for it within seconds; gates are told")
    if broker.bind in ("127.0.0.1", "::1", "localhost"):
        print(f"the broker listens on {broker.bind} only: change broker.bind in hub.toml, then start the broker again")
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with changing(town) as connection:
        addresses.remove(town, connection, arguments.address, by=USER, now=now())
    print(f"address {arguments.address} removed: no new bundle and no certificate names it")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with looking(town) as connection:
        found = addresses.known(town, connection)
    for number, host in enumerate(found.hosts):
        print(f"{host}{'  (in new bundles)' if number == 0 else ''}")
    if found.behind:
        print(f"not told yet: {', '.join(found.behind)}")
    return 0
