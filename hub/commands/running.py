"""`serve | listener | web`, and `operation publish`.

Tested in `tests/hub/service/test_supervise.py` and `tests/hub/town/test_rules_broken.py`.
"""

import argparse
import json
import os
import signal
from functools import partial
from threading import Event
from types import FrameType

from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from edge.contract.messages import Signed
from hub import generated_files, log
from hub.accounts import audit
from hub.alerts.not_storing import Trouble
from hub.commands import destroying
from hub.commands.common import USER, Commands, changing, now
from hub.database.engine import check_url
from hub.downlink import signed_lists
from hub.gates.policy import publish_policy
from hub.lifecycle import upgrade
from hub.listener.listener import listen
from hub.service.serve import check_free, serve, web_command, web_environment
from hub.service.wait_for_disk import wait_for_room
from hub.systemd import Notifier
from hub.town.town import Town
from hub.values.visible import short

LONGEST = 500
"""Characters of a field of the rules in a row of the audit."""


def add_commands(commands: Commands) -> None:
    """Adds `serve`, `listener`, `web` and `operation`."""
    everything = commands.add_parser(
        "serve", help="run everything", description="Runs broker, listener and console, and starts again what dies."
    )
    everything.set_defaults(run=_serve)
    listener = commands.add_parser(
        "listener", help="run the listener", description="Receives the gates' records into the ledger."
    )
    listener.set_defaults(run=_listener)
    web = commands.add_parser("web", help="run the console", description="Serves the console's pages.")
    web.set_defaults(run=_web)
    operation = commands.add_parser(
        "operation", help="the operation's rules", description="The operation, as operation.toml has it."
    )
    verbs = operation.add_subparsers(dest="verb", required=True, metavar="VERB")
    publish = verbs.add_parser(
        "publish", help="tell the gates", description="Publishes operation.toml to the gates if it changed."
    )
    publish.set_defaults(run=_publish)
    destroying.add_verb(verbs)


def _serve(arguments: argparse.Namespace) -> int:
    log.configure()
    town, stop = Town.open(arguments.data), until_told()
    trouble = Trouble(town.settings.run)
    if wait_for_room(partial(bring_up, town), stop, trouble.say):
        serve(town.settings, stop)
    return 0


def _listener(arguments: argparse.Namespace) -> int:
    log.configure()
    town, stop, notifier = Town.open(arguments.data), until_told(), Notifier.of_process()
    trouble = Trouble(town.settings.run)

    def waiting(why: str) -> None:
        trouble.say(why)
        # it has started, and is alive: systemd need not end it for what only room can mend
        notifier.ready()
        notifier.alive()

    if wait_for_room(partial(bring_up, town), stop, waiting):
        listen(town, stop, notifier)
    return 0


def bring_up(town: Town) -> bool:
    """Brings the database to this version; returns True, for who waits until there is room for it."""
    upgrade.bring_up(town)
    return True


def _web(arguments: argparse.Namespace) -> int:
    settings = Town.open(arguments.data).settings
    check_url(settings.database_url)
    check_free(settings.web.host, settings.web.port, "web.port")
    command = web_command(settings)
    os.environ.update(web_environment(settings))
    generated_files.folder(settings.run)
    os.chdir(settings.run)
    os.execv(command[0], command)  # noqa: S606  the server takes our place, and our pid


def _publish(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with changing(town) as connection:
        before = signed_lists.current(connection, town.id, "policy")
        policy = publish_policy(town, connection, now())
        if before is None or before.version != policy.version:
            _note(connection, before, policy)
    print(f"policy version {policy.version}, of {policy.issued}")
    return 0


def _note(connection: Connection, before: Signed | None, policy: Signed) -> None:
    was = {"version": None} if before is None else {**_short(before), "version": before.version}
    detail = audit.changed(was, {**_short(policy), "version": policy.version})
    audit.note(connection, user=USER, action="policy published", object="policy", detail=detail, now=now())


def _short(policy: Signed) -> dict[str, Json]:
    """What a policy says, field by field, each as short as a row of the audit can be read."""
    fields = json.loads(policy.policy().model_dump_json())
    return {name: short(json.dumps(value, ensure_ascii=False), LONGEST) for name, value in fields.items()}


def until_told() -> Event:
    """Set by SIGTERM or SIGINT."""
    stop = Event()

    def told(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, told)
    return stop
