"""`init`: a new town; `setup-code`: another code to set it up in the browser. Tested in `tests/hub/commands/test_cli.py`."""

import argparse

from edge.contract.canonical import fingerprint, public_hex
from hub.backup.key import to_write_down
from hub.commands.common import Commands, changing, now
from hub.lifecycle.founding import found
from hub.setup import store as setup
from hub.town.settings import Settings
from hub.town.town import Town


def add_commands(commands: Commands) -> None:
    """Adds `init` and `setup-code`."""
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
    init.add_argument(
        "--wizard",
        action="store_true",
        help="make no admin: print a one-time code with which the first one is made in the browser",
    )
    init.set_defaults(run=_init)
    code = commands.add_parser(
        "setup-code",
        help="another code to set the town up",
        description="Prints another one-time code for a town without an admin; the one of before opens nothing any more.",
    )
    code.set_defaults(run=_code)


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
    founded = found(settings, now(), wizard=arguments.wizard)
    print(f"town      {settings.town}")
    print(f"folder    {settings.folder}")
    print(f"console   http://{settings.web.host}:{settings.web.port}/")
    if arguments.wizard:
        print(f"code      {founded.setup_code}   (shown once, good for 24 hours: open the console, and give it there)")
    else:
        print(f"login     {founded.login}")
        print(f"password  {founded.password}   (shown once)")
    print(
        f"hub key   {fingerprint(public_hex(founded.town.key))}   (write it down: a restore asks whether a backup is of this hub)"
    )
    for line in to_write_down(founded.backup_key):
        print(line)
    return 0


def _code(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with changing(town) as connection:
        code = setup.new_code(connection, town.id, now())
    print(f"code      {code}   (shown once, good for 24 hours: open the console, and give it there)")
    return 0
