"""`conflict list | settle`. Tested in `tests/hub/commands/test_cli.py`."""

import argparse

from hub.commands.common import USER, Commands, changing, looking, now
from hub.conflicts import store
from hub.conflicts.rules import What
from hub.conflicts.store import Conflict
from hub.town.town import Town

CHUNK = 500


def add_commands(commands: Commands) -> None:
    """Adds `conflict`."""
    conflict = commands.add_parser(
        "conflict",
        help="facts that contradict each other",
        description="Conflicts: what gates recorded and cannot all be as it seems; judged again when late records come.",
    )
    verbs = conflict.add_subparsers(dest="verb", required=True, metavar="VERB")
    every = verbs.add_parser(
        "list", help="conflicts, newest first", description="Lists open conflicts, newest first, with their evidence."
    )
    every.add_argument(
        "--state", choices=("open", "settled", "all"), default="open", help="which of them (default: %(default)s)"
    )
    every.add_argument("--what", choices=[each.value for each in What], default="", help="only of this kind")
    every.add_argument("--gate", default="", metavar="GATE", help="only where this gate saw the vehicle last")
    every.add_argument("--search", default="", metavar="TEXT", help="part of a plate or of a pass's id")
    every.set_defaults(run=_list)
    settle = verbs.add_parser(
        "settle", help="nothing is left to do", description="Settles a conflict for a reason that stays in the ledger."
    )
    settle.add_argument("id", metavar="ID")
    settle.add_argument("--reason", required=True, metavar="TEXT")
    settle.set_defaults(run=_settle)


def _list(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    asked = store.Asked(
        state="" if arguments.state == "all" else arguments.state,
        what=arguments.what,
        gate=arguments.gate,
        search=arguments.search,
    )
    with looking(town) as connection:
        after: store.Cursor | None = None
        while True:
            found, after = store.page(connection, town.id, asked, after=after, limit=CHUNK)
            for each in found:
                print(_line(each))
            if after is None:
                return 0


def _settle(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with changing(town) as connection:
        store.settle(
            connection, town=town.id, id_=arguments.id, by=USER, reason=arguments.reason, key=town.key, now=now()
        )
    print(f"conflict {arguments.id} settled")
    return 0


def _line(conflict: Conflict) -> str:
    evidence = ",".join(map(str, conflict.entries))
    plate = conflict.plate or conflict.pass_id or "no plate"
    line = f"{conflict.id}  {conflict.opened_at}  {conflict.what:<13}  {plate:<10}  {conflict.gate}  entries {evidence}"
    if conflict.settled_at is None:
        return line
    return f"{line}  settled {conflict.settled_at} by {conflict.settled_by}: {conflict.settled_reason}"
