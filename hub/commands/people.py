"""`user add | change | passwd | disable | enable | list`, `officer pin | roster`. Tested in `tests/hub/commands/test_cli.py`."""

import argparse
import getpass
import sys
from collections.abc import Iterator

from sqlalchemy.engine import Connection

from hub.accounts import store as accounts
from hub.accounts.passwords import made_password
from hub.accounts.roles import Role
from hub.commands.common import USER, Commands, changing, looking, now
from hub.enrolment.left_open import LeftOpen, left_open
from hub.enrolment.officers import add_user, change_user, disable_user, enable_user, set_password, set_pin, set_roster
from hub.errors import HubError
from hub.town.town import Town

MUST_CHANGE = "it opens only the page on which the user sets an own one"


def add_commands(commands: Commands) -> None:
    """Adds `user` and `officer`."""
    user = commands.add_parser(
        "user", help="who may use the hub", description="Accounts of the console; officers also sign on at gates."
    )
    verbs = user.add_subparsers(dest="verb", required=True, metavar="VERB")
    add = verbs.add_parser(
        "add", help="a new user", description="Adds a user. Without --password-stdin a password is made and shown once."
    )
    add.add_argument("login", metavar="LOGIN")
    add.add_argument("--name", required=True, help="as gates and records show it")
    add.add_argument("--role", required=True, choices=[role.value for role in Role])
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    add.add_argument("--must-change", action="store_true", help=MUST_CHANGE)
    add.set_defaults(run=_add)
    change = verbs.add_parser(
        "change", help="another name or role", description="Changes a user's name or role; gates are told of officers."
    )
    change.add_argument("login", metavar="LOGIN")
    change.add_argument("--name", help="as gates and records show it (left out: stays)")
    change.add_argument("--role", choices=[role.value for role in Role], help="left out: stays")
    change.set_defaults(run=_change)
    passwd = verbs.add_parser(
        "passwd", help="another password", description="Sets another password; the user's sessions end."
    )
    passwd.add_argument("login", metavar="LOGIN")
    passwd.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    passwd.add_argument("--must-change", action="store_true", help=MUST_CHANGE)
    passwd.set_defaults(run=_passwd)
    disable = verbs.add_parser(
        "disable", help="end an account", description="The user may no longer log in nor sign on at a gate."
    )
    disable.add_argument("login", metavar="LOGIN")
    disable.set_defaults(run=_disable)
    enable = verbs.add_parser(
        "enable", help="open an account again", description="A disabled user may log in, and sign on, as before."
    )
    enable.add_argument("login", metavar="LOGIN")
    enable.set_defaults(run=_enable)
    every = verbs.add_parser("list", help="every user", description="Lists the users.")
    every.set_defaults(run=_list)
    _add_officer(commands)


def _add_officer(commands: Commands) -> None:
    officer = commands.add_parser(
        "officer", help="what officers may do at gates", description="What officers may do at the gates."
    )
    duties = officer.add_subparsers(dest="verb", required=True, metavar="VERB")
    pin = duties.add_parser(
        "pin",
        help="the PIN to override with",
        description="Sets the PIN with which an officer overrides at a gate's screen: asked for, or read from a pipe.",
    )
    pin.add_argument("officer", metavar="ID", help="the officer's id or login")
    pin.add_argument("--clear", action="store_true", help="take it away: this officer overrides no more")
    pin.set_defaults(run=_pin)
    roster = duties.add_parser(
        "roster",
        help="the gates at which the PIN counts",
        description="Says at which gates an officer overrides by PIN: only these get its hash. Without a roster: at all.",
    )
    roster.add_argument("officer", metavar="ID", help="the officer's id or login")
    roster.add_argument("gates", metavar="GATE", nargs="*", help="the gates")
    roster.add_argument("--all", action="store_true", help="every gate, also those that are added later")
    roster.set_defaults(run=_roster)


def _password(arguments: argparse.Namespace) -> tuple[str, str]:
    """The password, and what to print of it."""
    if arguments.password_stdin:
        return sys.stdin.readline().rstrip("\n"), ""
    made = made_password()
    return made, f", password {made} (shown once)"


def _add(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    password, shown = _password(arguments)
    with changing(town) as connection:
        user = add_user(
            town,
            connection,
            login=arguments.login,
            name=arguments.name,
            role=arguments.role,
            password=password,
            by=USER,
            now=now(),
            must_change=arguments.must_change,
        )
    print(f"user {arguments.login} added as {user}{shown}")
    return 0


def _passwd(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    password, shown = _password(arguments)
    with changing(town) as connection:
        user = _user(connection, arguments.login)
        set_password(town, connection, user.id, password, must_change=arguments.must_change, by=USER, now=now())
    print(f"password of {arguments.login} set{shown}")
    return 0


def _pin(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    pin = None if arguments.clear else _asked_twice("PIN (4 to 12 digits): ")
    with changing(town) as connection:
        set_pin(town, connection, arguments.officer, pin, by=USER, now=now())
    print(f"pin of {arguments.officer} {'taken away' if pin is None else 'set'}")
    return 0


def _roster(arguments: argparse.Namespace) -> int:
    if arguments.all == bool(arguments.gates):
        raise HubError("roster: expected gates, or --all")
    town = Town.open(arguments.data)
    at = None if arguments.all else list(dict.fromkeys(arguments.gates))
    with changing(town) as connection:
        set_roster(town, connection, arguments.officer, at, by=USER, now=now())
    print(f"{arguments.officer} overrides at {'every gate' if at is None else ', '.join(at)}")
    return 0


def _asked_twice(prompt: str) -> str:
    """A secret, unseen from the terminal, or the first line of a pipe; never from the command line, which others can read."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first, again = getpass.getpass(prompt), getpass.getpass("again: ")
    if first != again:
        raise HubError("pin: the two differ")
    return first


def _disable(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with changing(town) as connection:
        user, when = _user(connection, arguments.login), now()
        open_ = left_open(town, connection, user, when)
        disable_user(town, connection, user.id, by=USER, now=when)
    print(f"user {arguments.login} disabled")
    for line in _left_open(open_):
        print(f"left open: {line}")
    return 0


def _left_open(open_: LeftOpen) -> Iterator[str]:
    """What somebody else must see to; sessions have ended by themselves."""
    if open_.duty_since is not None:
        yield f"on duty at the post since {open_.duty_since}"
    yield from (f"signed on at {gate}" for gate in open_.signed_on)
    yield from (f"{gate} does not answer: the PIN counts there until it does" for gate in open_.pin_away)
    yield from (f"order {each.id} to {each.gate}, until {each.expires_at}" for each in open_.orders)
    if open_.passes:
        yield f"{open_.passes} valid passes, which stay valid"
    yield from (f"token {each.id} ({each.name}) of the API, which works no more" for each in open_.tokens)


def _enable(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with changing(town) as connection:
        enable_user(town, connection, _user(connection, arguments.login).id, by=USER, now=now())
    print(f"user {arguments.login} enabled")
    return 0


def _change(arguments: argparse.Namespace) -> int:
    if arguments.name is None and arguments.role is None:
        raise HubError("user change: expected --name or --role")
    town = Town.open(arguments.data)
    with changing(town) as connection:
        user = _user(connection, arguments.login)
        name, role = arguments.name or user.name, arguments.role or user.role.value
        after = change_user(town, connection, user.id, name=name, role=role, version=None, by=USER, now=now())
    print(f"user {after.login} is {after.name}, {after.role.value}")
    return 0


def _user(connection: Connection, login: str) -> accounts.User:
    user = accounts.find_login(connection, login)
    if user is None:
        raise HubError(f"user {login!r}: there is no such user")
    return user


def _list(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with looking(town) as connection:
        for user in accounts.every_user(connection):
            state = "  disabled" if user.disabled else "  must set a password" if user.must_change else ""
            print(f"{user.id:<6}  {user.login:<32}  {user.role:<10}  {user.name}{state}{_pin_counts(user)}")
    return 0


def _pin_counts(user: accounts.User) -> str:
    if user.pin is None:
        return ""
    return f"  PIN at {'every gate' if user.gates is None else ', '.join(user.gates)}"
