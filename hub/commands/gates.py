"""`gate add | list | bundle | retire`. Tested in `tests/hub/commands/test_cli.py`."""

import argparse
import os
import sys
from pathlib import Path

from hub.commands.common import USER, Commands, changing, looking, now
from hub.enrolment.gates import add_gate, bundle_of, retire_gate
from hub.gates import store
from hub.town.secret_files import write_secret
from hub.town.town import Town


def add_commands(commands: Commands) -> None:
    """Adds `gate`."""
    gate = commands.add_parser("gate", help="the town's gates", description="The town's gates.")
    verbs = gate.add_subparsers(dest="verb", required=True, metavar="VERB")
    add = verbs.add_parser("add", help="a new gate", description="Adds a gate and makes its signing key.")
    add.add_argument("gate", metavar="GATE", help="its id: 1 to 32 of a-z, 0-9, '-'")
    add.add_argument("--zh", default="", help="its Chinese name")
    add.add_argument("--en", default="", help="its English name")
    add.set_defaults(run=_add)
    every = verbs.add_parser("list", help="every gate", description="Lists the gates.")
    every.set_defaults(run=_list)
    bundle = verbs.add_parser(
        "bundle",
        help="the enrolment file of a gate",
        description="Writes what a gate needs to join, keys included (0600).",
    )
    bundle.add_argument("gate", metavar="GATE")
    bundle.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="default: GATE.bundle.json in the current folder; - for standard output",
    )
    bundle.set_defaults(run=_bundle)
    retire = verbs.add_parser(
        "retire",
        help="a gate that is given up or stolen",
        description="Refuses a gate from now on, at the broker and in the ledger. What it wrote stands; its id and number are never given again.",
    )
    retire.add_argument("gate", metavar="GATE")
    retire.set_defaults(run=_retire)


def _add(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with changing(town) as connection:
        gate = add_gate(town, connection, arguments.gate, zh=arguments.zh, en=arguments.en, by=USER, now=now())
    print(f"gate {gate.gate} added, number {gate.number}")
    return 0


def _retire(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with changing(town) as connection:
        retire_gate(town, connection, arguments.gate, by=USER, now=now())
    print(f"gate {arguments.gate} retired: the broker refuses it within seconds; what it wrote stands")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with looking(town) as connection:
        for gate in store.every(connection, town.id):
            retired = "  retired" if gate.retired else ""
            print(f"{gate.number:>3}  {gate.gate:<32}  {gate.zh}  {gate.en}{retired}")
    return 0


def _bundle(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with changing(town) as connection:
        data = bundle_of(town, connection, arguments.gate, by=USER, now=now()).encode()
        if arguments.out != Path("-"):
            file = arguments.out or Path(f"{arguments.gate}.bundle.json")
            write_secret(file, data)
    if arguments.out == Path("-"):
        with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
            out.write(data + b"\n")
    else:
        print(f"bundle of gate {arguments.gate} written to {file}: it holds the gate's keys, carry it like one")
    return 0
