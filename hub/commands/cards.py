"""`pass print`: cards as PDF, or the code of one pass as a picture for a phone.

Tested in `tests/hub/passes/test_cards.py`.
"""

import argparse
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.accounts import audit
from hub.commands.common import USER, changing, now, say_rules
from hub.errors import HubError
from hub.gates import store as gates
from hub.gates.policy import rules_in_force
from hub.passes import store
from hub.passes.cards import MOST, Size, card, pdf, phone_png
from hub.passes.store import Issued, PassState
from hub.town.town import Town

STANDARD_OUTPUT = Path("-")


def add_command(verbs: "argparse._SubParsersAction[Any]") -> None:
    """Adds `pass print`."""
    command = verbs.add_parser(
        "print",
        help="cards as PDF, or a code for a phone",
        description="Prints passes as cards (PDF): each on a page of its size, or many on A4 with cut marks. Or draws the code "
        "of one pass for a phone's screen (PNG, level M).",
    )
    command.add_argument("ids", nargs="*", metavar="ID")
    command.add_argument("--all-of", metavar="CLASS", help="every pass of this class that is valid or will be")
    command.add_argument("--size", default="id1", metavar="id1|id2", help="wallet (default) or windscreen")
    command.add_argument("--sheet", action="store_true", help="A4 sheets with cut marks")
    made = command.add_mutually_exclusive_group(required=True)
    made.add_argument("--pdf", type=Path, metavar="FILE", help="cards (level Q); - for standard output")
    made.add_argument(
        "--png", type=Path, metavar="FILE", help="the code of one pass, for a phone (level M); - likewise"
    )
    command.set_defaults(run=_print)


def _print(arguments: argparse.Namespace) -> int:
    town, when = Town.open(arguments.data), now()
    say_rules(town)
    size = Size.named(arguments.size)
    if not arguments.ids and arguments.all_of is None:
        raise HubError("pass print: expected ids of passes or --all-of CLASS")
    with changing(town) as connection:
        found = {each: store.known(connection, town.id, each) for each in arguments.ids}
        for issued in found.values():
            if issued.state(when) in (PassState.REVOKED, PassState.EXPIRED):
                raise HubError(f"pass {issued.id}: {issued.state(when)}; it is not printed")
        if arguments.all_of is not None:
            if rules_in_force(town, connection).class_named(arguments.all_of) is None:
                raise HubError(f"class {arguments.all_of!r}: there is no such class in the rules")
            found |= {each.id: each for each in _of_class(connection, town, arguments.all_of)}
        if arguments.png is not None:
            return _phone(connection, arguments.png, list(found.values()), when)
        names = {gate: info.zh for gate, info in gates.infos(connection, town.id).items()}
        rules = rules_in_force(town, connection)
        cards = [card(each, rules, names, town.settings.zone) for each in found.values()]
        # inside the transaction: what could not be written was not printed
        _write(arguments.pdf, pdf(cards, size=size, sheet=arguments.sheet, now=when))
        for id_ in found:
            _note(connection, id_, size.name.lower(), when)
    _say(arguments.pdf, f"{len(cards)} {'card' if len(cards) == 1 else 'cards'}")
    return 0


def _write(file: Path, data: bytes) -> None:
    """Into the file, or, for `-`, to standard output, where whoever started the command may write."""
    if file != STANDARD_OUTPUT:
        file.write_bytes(data)
        return
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
        out.write(data)


def _say(file: Path, what: str) -> None:
    if file != STANDARD_OUTPUT:
        print(f"{file}: {what}")


def _phone(connection: Connection, file: Path, found: list[Issued], when: datetime) -> int:
    if len(found) != 1:
        raise HubError(f"pass print --png: expected one pass, found {len(found)}")
    _write(file, phone_png(found[0]))
    _note(connection, found[0].id, "phone", when)
    _say(file, f"pass {found[0].id}")
    return 0


def _note(connection: Connection, id_: str, size: str, when: datetime) -> None:
    detail = {"size": size}
    audit.note(connection, user=USER, action="pass printed", object=f"passes/{id_}", detail=detail, now=when)


def _of_class(connection: Connection, town: Town, vehicle_class: str) -> list[Issued]:
    found: list[Issued] = []
    for state in (PassState.VALID, PassState.NOT_YET):
        after: tuple[str, str] | None = None
        while rows := store.page(
            connection,
            town=town.id,
            state=state,
            vehicle_class=vehicle_class,
            now=now(),
            after=after,
            limit=MOST + 1,
        ):
            found += rows
            after = (wall_text(rows[-1].issued_at), rows[-1].id)
    return found
