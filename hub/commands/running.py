"""`serve | listener | web`.

Tested in `tests/hub/service/test_supervise.py`.
"""

import argparse
import os
import signal
from functools import partial
from threading import Event
from types import FrameType

from hub import generated_files, log
from hub.alerts.not_storing import Trouble
from hub.commands.common import Commands
from hub.database.engine import check_url
from hub.lifecycle import upgrade
from hub.listener.listener import listen
from hub.service.serve import check_free, serve, web_command, web_environment
from hub.service.wait_for_disk import wait_for_room
from hub.systemd import Notifier
from hub.town.town import Town


def add_commands(commands: Commands) -> None:
    """Adds `serve`, `listener` and `web`."""
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


def until_told() -> Event:
    """Set by SIGTERM or SIGINT."""
    stop = Event()

    def told(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, told)
    return stop
