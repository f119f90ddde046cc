"""`order send | list | cancel`. Tested in `tests/hub/commands/test_cli.py`."""

import argparse
from datetime import timedelta

from edge.contract.commands import CommandKind
from hub.commands.common import USER, Commands, changing, looking, now
from hub.gates import store as gates
from hub.orders import store
from hub.town.town import Town

ROWS = 100


def add_commands(commands: Commands) -> None:
    """Adds `order`."""
    order = commands.add_parser(
        "order", help="orders to gates", description="Orders to gates; each gate confirms its own on its screen."
    )
    verbs = order.add_subparsers(dest="verb", required=True, metavar="VERB")
    send = verbs.add_parser("send", help="an order", description="Sends an order to gates.")
    send.add_argument("--to", action="append", metavar="GATE", help="may be given more than once; default: every gate")
    send.add_argument("--zh", default="", metavar="TEXT", help="in Chinese")
    send.add_argument("--en", default="", metavar="TEXT", help="in English; one of the two is enough")
    send.add_argument("--hours", type=float, default=12.0, metavar="N", help="how long it holds (default: %(default)s)")
    send.add_argument("--village", action="append", metavar="ID", help="a village beside the gates named with --to")
    send.add_argument(
        "--due-minutes", type=float, metavar="N", help="within which receipts are expected (default: no time)"
    )
    send.add_argument("--urgent", action="store_true", help="first on every screen")
    send.add_argument("--aloud", action="store_true", help="gates read it out")
    send.add_argument("--every-officer", action="store_true", help="each officer confirms by name")
    send.set_defaults(run=_send)
    every = verbs.add_parser("list", help="orders and receipts", description="Lists the last orders, newest first.")
    every.set_defaults(run=_list)
    cancel = verbs.add_parser("cancel", help="take one back", description="Takes an order back.")
    cancel.add_argument("id", metavar="ID")
    cancel.add_argument("--reason", required=True, help="why; it stays in the audit")
    cancel.set_defaults(run=_cancel)


def _send(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with changing(town) as connection:
        villages = arguments.village or []
        to = arguments.to or ([] if villages else list(gates.infos(connection, town.id)))
        due = None if arguments.due_minutes is None else timedelta(minutes=arguments.due_minutes)
        ids = store.send(
            connection,
            town=town.id,
            to=to,
            kind=CommandKind.ORDER,
            zh=arguments.zh,
            en=arguments.en,
            lasts=timedelta(hours=arguments.hours),
            manner=store.Manner(arguments.urgent, arguments.aloud, arguments.every_officer, due),
            villages=villages,
            by=USER,
            now=now(),
        )
    for village in villages:
        print(f"order sent to village {village}")
    for gate, id_ in zip(to, ids, strict=True):
        print(f"order {id_} sent to gate {gate}")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with looking(town) as connection:
        for each in store.page(connection, town.id, limit=ROWS):
            said = "; ".join(f"{one.result} {one.at} {one.officer or ''}".rstrip() for one in each.receipts)
            print(f"{each.id}  {each.issued_at}  {each.gate:<12}  {each.state(now()):<11}  {each.en}  [{said}]")
    return 0


def _cancel(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with changing(town) as connection:
        store.cancel(connection, town=town.id, id_=arguments.id, reason=arguments.reason, by=USER, now=now())
    print(f"order {arguments.id} taken back")
    return 0
