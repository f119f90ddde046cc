"""`init`: a new town. Tested in `tests/hub/commands/test_cli.py`."""

import argparse

from edge.contract.canonical import fingerprint, public_hex
from hub.backup.key import to_write_down
from hub.commands.common import Commands, now
from hub.lifecycle.founding import found
from hub.town.settings import Settings


def add_commands(commands: Commands) -> None:
    """Adds `init`."""
    init = commands.add_parser(
        "init",
        help="make a town's folder",
        description="Makes a town: configuration, certificate authority, keys, database, first admin. Never overwrites.",
    )
    init.add_argument("--town", default="demo", help="the town's id, a slug (default: %(default)s)")
    init.add_argument(
        "--host", default="127.0.0.1", help="name or address at which gates reach the hub (default: %(default)s)"
    )
    init.add_argument(
        "--broker-bind",
        metavar="ADDRESS",
        help="where the broker listens (default: loopback for a loopback host, else 0.0.0.0)",
    )
    init.add_argument("--broker-port", type=int, default=8883, metavar="PORT", help="default: %(default)s")
    init.add_argument(
        "--broker-user",
        default="mosquitto",
        metavar="USER",
        help="whom mosquitto becomes when root starts it (default: %(default)s)",
    )
    init.add_argument(
        "--web-host", default="127.0.0.1", metavar="ADDRESS", help="where the console listens (default: %(default)s)"
    )
    init.add_argument("--web-port", type=int, default=8000, metavar="PORT", help="default: %(default)s")
    init.add_argument("--timezone", default="Asia/Shanghai", help="default: %(default)s")
    init.add_argument(
        "--language", default="zh", choices=("zh", "en"), help="what the console speaks at first (default: %(default)s)"
    )
    init.set_defaults(run=_init)


def settings_from(arguments: argparse.Namespace) -> Settings:
    """The settings that the options of `init` ask for."""
    loopback = arguments.host in ("127.0.0.1", "localhost", "::1")
    return Settings.of(
        {
            "town": arguments.town,
            "timezone": arguments.timezone,
            "language": arguments.language,
            "broker": {
                "host": arguments.host,
                "bind": arguments.broker_bind or (arguments.host if loopback else "0.0.0.0"),  # noqa: S104 gates reach the hub over the network
                "port": arguments.broker_port,
                "user": arguments.broker_user,
            },
            "web": {"host": arguments.web_host, "port": arguments.web_port},
        },
        arguments.data,
    )


def _init(arguments: argparse.Namespace) -> int:
    settings = settings_from(arguments)
    founded = found(settings, now())
    print(f"town      {settings.town}")
    print(f"folder    {settings.folder}")
    print(f"console   http://{settings.web.host}:{settings.web.port}/")
    print(f"login     {founded.login}")
    print(f"password  {founded.password}   (shown once)")
    print(
        f"hub key   {fingerprint(public_hex(founded.town.key))}   (write it down: a restore asks whether a backup is of this hub)"
    )
    for line in to_write_down(founded.backup_key):
        print(line)
    return 0
