"""`token make | list | revoke`, and `feed add | list | remove | test | run`. Tested in `tests/hub/tokens/test_commands.py` and `tests/hub/feed/test_commands.py`."""

import argparse
from functools import partial
from pathlib import Path

from edge.contract.facts import Kind
from hub import log
from hub.accounts import audit
from hub.commands.common import USER, Commands, changing, local, looking, now
from hub.commands.running import bring_up, until_told
from hub.errors import HubError
from hub.feed import batch, sender
from hub.feed import store as targets
from hub.feed.post import InVain, post
from hub.ledger import queries
from hub.ledger.following import count_after
from hub.ledger.head import read_ledger
from hub.service.wait_for_disk import wait_for_room
from hub.systemd import Notifier
from hub.tokens import scopes, store
from hub.tokens.scopes import Scope
from hub.town.town import Town


def add_commands(commands: Commands) -> None:
    """Adds `token` and `feed`."""
    _add_feed(commands)
    token = commands.add_parser(
        "token", help="tokens of the API", description="Tokens with which other programs use the hub's API."
    )
    verbs = token.add_subparsers(dest="verb", required=True, metavar="VERB")
    make = verbs.add_parser(
        "make",
        help="a new token, printed once",
        description="Makes a token and prints its text, once: the hub keeps no copy of it.",
    )
    make.add_argument("name", metavar="NAME", help="whose program it is")
    make.add_argument(
        "--scope", action="append", required=True, metavar="SCOPE", help=f"what it may, repeated: {', '.join(Scope)}"
    )
    make.add_argument("--days", type=int, default=90, metavar="N", help="valid for so many days (default 90)")
    make.set_defaults(run=_make)
    every = verbs.add_parser("list", help="every token", description="Lists the tokens, newest first.")
    every.add_argument("--search", default="", metavar="TEXT", help="a part of the name, the number or a scope")
    every.set_defaults(run=_list)
    revoke = verbs.add_parser("revoke", help="end a token", description="Ends a token at once.")
    revoke.add_argument("token", metavar="ID", help="its number, as t-1")
    revoke.set_defaults(run=_revoke)


def _add_feed(commands: Commands) -> None:
    feed = commands.add_parser(
        "feed", help="send entries to other systems", description="The ledger's entries, sent to other systems, signed."
    )
    verbs = feed.add_subparsers(dest="verb", required=True, metavar="VERB")
    add = verbs.add_parser(
        "add",
        help="a new target",
        description="Adds a system that gets the ledger's entries over HTTPS: from now on, or from the first.",
    )
    add.add_argument("name", metavar="NAME", help="whose system it is")
    add.add_argument("url", metavar="URL", help="https://host/path (http only to this machine itself)")
    add.add_argument("--kind", action="append", default=[], metavar="KIND", help=f"only these kinds: {', '.join(Kind)}")
    add.add_argument("--ca", metavar="FILE", help="certificates (PEM) that are believed instead of the system's")
    add.add_argument("--from-start", action="store_true", help="send the whole ledger, from its first entry on")
    add.set_defaults(run=_feed_add)
    every = verbs.add_parser("list", help="every target", description="Lists the targets with their states.")
    every.set_defaults(run=_feed_list)
    for verb, does, run in (
        ("remove", "send a target nothing any more", _feed_remove),
        ("test", "send a target an empty batch and say how it answers", _feed_test),
    ):
        one = verbs.add_parser(verb, help=does, description=f"{does[:1].upper()}{does[1:]}.")
        one.add_argument("target", metavar="ID", help="its number, as f-1")
        one.set_defaults(run=run)
    runs = verbs.add_parser("run", help="run the sender", description="Sends until it is stopped; `serve` starts it.")
    runs.set_defaults(run=_feed_run)


def _feed_add(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    ca = None if arguments.ca is None else str(Path(arguments.ca).absolute())
    with changing(town) as connection:
        cursor = 0 if arguments.from_start else queries.last_entry(connection, town.id)
        added = targets.add(
            connection, town=town.id, name=arguments.name, url=arguments.url, kinds=arguments.kind, ca=ca,
            cursor=cursor, by=USER, now=now(),
        )  # fmt: skip
    print(f"target {added.id} added: gets what stands above entry {added.cursor}")
    return 0


def _feed_list(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with looking(town) as connection:
        for each in targets.every(connection, town.id):
            behind = count_after(connection, town.id, each.cursor, 10_000)
            state = (
                "ok"
                if each.error is None
                else f"in vain {each.tries} times since {local(each.failing_since or '', town.settings.zone)}: {each.error}"
            )
            print(f"{each.id:<6}  at {each.cursor}  behind by {behind}  {each.name}  {each.url}  {state}")
    return 0


def _feed_remove(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with changing(town) as connection:
        removed = targets.remove(connection, town=town.id, id_=arguments.target, by=USER, now=now())
    print(f"target {removed.id} ({removed.name}) removed; it has confirmed up to entry {removed.cursor}")
    return 0


def _feed_test(arguments: argparse.Namespace) -> int:
    town, when = Town.open(arguments.data), now()
    with changing(town) as connection:
        target = targets.known(connection, town.id, arguments.target)
        ledger, about = read_ledger(connection, town.id), f"feed/{target.id}"
        audit.note(connection, user=USER, action="feed target tested", object=about, detail={}, now=when)
    sent = batch.body(ledger, target.id, ())
    answer = post(target.url, target.ca, sent, batch.headers(town.id, target.id, sent, town.key, when))
    if isinstance(answer, InVain):
        raise HubError(f"target {target.id}: did not confirm an empty batch: {answer.why}")
    print(f"target {target.id} confirmed an empty batch")
    return 0


def _feed_run(arguments: argparse.Namespace) -> int:
    log.configure()
    town, stop = Town.open(arguments.data), until_told()
    if wait_for_room(partial(bring_up, town), stop, lambda _why: None):
        Notifier.of_process().ready()
        sender.run(town, stop, now)
    return 0


def _make(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    allowed = scopes.parse(word for text in arguments.scope for word in text.split(","))
    with changing(town) as connection:
        made = store.make(
            connection, town=town.id, name=arguments.name, scopes=allowed, days=arguments.days, by=USER, now=now()
        )
    print(f"{made.token.id} {made.text} (shown once)")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    zone = town.settings.zone
    with looking(town) as connection:
        for each in store.every(connection, town.id, search=arguments.search):
            until, used = local(each.expires_at, zone)[:10], local(each.used_at or "never", zone)[:16]
            print(
                f"{each.id:<6}  {each.state(now()):<8}  until {until}  used {used:<16}  "
                f"{each.name}  {scopes.spelled(each.scopes)}"
            )
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with changing(town) as connection:
        revoked = store.revoke(connection, town=town.id, id_=arguments.token, by=USER, now=now())
    print(f"token {revoked.id} ({revoked.name}) revoked")
    return 0
