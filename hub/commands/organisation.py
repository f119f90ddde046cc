"""`organisation list | import`. Tested in `tests/hub/commands/test_organisation.py`."""

import argparse
from pathlib import Path

from hub.commands.common import USER, Commands, changing, looking, now
from hub.errors import HubError
from hub.organisation import levels, store
from hub.organisation.importing import import_units, preview
from hub.passes.listed import read
from hub.town.town import Town


def add_commands(commands: Commands) -> None:
    """Adds `organisation`."""
    organisation = commands.add_parser(
        "organisation",
        help="the town's units",
        description="The tree of units: towns, areas, villages, grids, as the town names its levels.",
    )
    verbs = organisation.add_subparsers(dest="verb", required=True, metavar="VERB")
    every = verbs.add_parser("list", help="the tree", description="Lists the units, each below its parent.")
    every.add_argument("--unit", metavar="ID", help="of this branch only")
    every.set_defaults(run=_list)
    bring = verbs.add_parser(
        "import",
        help="units from a list",
        description="Adds the units of a list (CSV or XLSX): level, name, parent; or a column for each level. All, or none.",
    )
    bring.add_argument("file", type=Path, metavar="FILE")
    bring.add_argument("--look", action="store_true", help="only say what would be added")
    bring.set_defaults(run=_import)


def _list(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with looking(town) as connection:
        under = store.known(connection, town.id, arguments.unit) if arguments.unit else None
        names = {each.id: each.name("en") for each in levels.every(connection, town.id)}
        gates = store.units_of_gates(connection, town.id)
        for unit in store.every(connection, town.id, under=under):
            mine = " ".join(gate for gate, at in gates.items() if at == unit.id)
            line = f"{'  ' * unit.depth}{unit.name('zh')}  {unit.id}  {names.get(unit.level, unit.level)}  {mine}"
            print(line.rstrip())
    return 0


def _import(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    try:
        data = arguments.file.read_bytes()
    except OSError as error:
        raise HubError(f"{arguments.file}: {error.strerror or error}") from None
    table = read(data, arguments.file.name)
    if arguments.look:
        with looking(town) as connection:
            found = preview(connection, town.id, table, arguments.file.name)
        if (refusal := found.refusal()) is not None:
            raise refusal
        print(f"{len(found.new)} units would be added, {found.known} are there already")
        return 0
    with changing(town) as connection:
        found = import_units(connection, town=town.id, table=table, name=arguments.file.name, by=USER, now=now())
    print(f"{len(found.new)} units added, {found.known} were there already")
    return 0
