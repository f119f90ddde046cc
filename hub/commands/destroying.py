"""`operation destroy`: what becomes of each part, a dry run, two admins, the destruction itself and its signed report.

Tested in `tests/hub/commands/test_destroying.py`.
"""

import argparse
import getpass
import sys
from pathlib import Path

from edge.contract.files import write_whole
from edge.contract.records import wall_text
from hub.accounts import store as accounts
from hub.accounts.roles import Role
from hub.backup.age import Recipient
from hub.commands.common import Commands, changing, local, looking, moment, now
from hub.destruction import decisions, paper, plan, report, requests, run
from hub.destruction.decisions import Decision
from hub.destruction.ended import require_ended
from hub.destruction.parts import Choice
from hub.errors import HubError
from hub.town.town import Town

EVERY = "all"
DESCRIPTION = (
    "Destroys the personal values of an operation that has ended: first each part is decided (--decide), a dry run shows what will go "
    "(--dry-run), one admin asks for it (--request), another confirms it within a day (--confirm ID). Without an option: the dry run."
)


def add_verb(verbs: Commands) -> None:
    """Adds `destroy`."""
    destroy = verbs.add_parser("destroy", help="destroy personal values", description=DESCRIPTION)
    what = destroy.add_mutually_exclusive_group()
    what.add_argument("--dry-run", action="store_true", help="show what will go, and change nothing")
    what.add_argument(
        "--decide",
        metavar="PART=CHOICE",
        help="destroy, archive or keep a part (all=destroy: every part that is not decided yet)",
    )
    what.add_argument("--request", action="store_true", help="ask for the destruction, as one admin")
    what.add_argument("--confirm", metavar="ID", help="confirm it, as another admin, and carry it out")
    what.add_argument("--cancel", metavar="ID", help="take a request back")
    what.add_argument("--go-on", action="store_true", help="go on with a destruction that was cut off")
    what.add_argument("--again", action="store_true", help="ask the gates again that could not do it")
    what.add_argument("--report", type=Path, metavar="FILE", help="write the signed report (.json or .pdf)")
    what.add_argument("--check", type=Path, metavar="REPORT", help="check a report's signature")
    destroy.add_argument("--as", dest="login", metavar="LOGIN", help="as which admin; the password is asked for")
    destroy.add_argument("--reason", default="", help="why a part is decided so")
    destroy.add_argument("--until", metavar="DAY", help="until when a part is kept")
    destroy.add_argument("--to", metavar="AGE1…", help="the archive's key (default: the town's backup key)")
    destroy.add_argument("--language", choices=("zh", "en"), help="of a report as PDF (default: the town's)")
    destroy.set_defaults(run=_destroy)


def _destroy(arguments: argparse.Namespace) -> int:
    if arguments.check is not None:
        return _check(arguments)
    town = Town.open(arguments.data)
    if arguments.decide:
        return _decide(town, arguments)
    if arguments.request:
        return _request(town, arguments)
    if arguments.confirm:
        return _confirm(town, arguments)
    if arguments.cancel:
        by = _admin(town, arguments)
        with changing(town) as connection:
            requests.cancel(connection, town=town.id, id_=arguments.cancel, by=by, now=now())
        print(f"destruction {arguments.cancel}: cancelled")
        return 0
    if arguments.go_on:
        return _carry_out(town, _newest(town).id)
    if arguments.again:
        sent = run.ask_gates_again(town, _newest(town).id, now())
        print(f"{sent} gates are asked again")
        return 0
    if arguments.report is not None:
        return _report(town, arguments)
    return _show(town)


def _show(town: Town) -> int:
    with looking(town) as connection:
        found = plan.plan(connection, town.settings, town.rules.id, now())
    print(f"operation {found.operation}: this would be done; nothing has been changed")
    for each in found.parts:
        decided = each.decision
        choice = f"not decided (proposed: {each.proposed})" if decided is None else decided.choice.value
        until = f" until {local(decided.until, town.settings.zone)}" if decided and decided.until else ""
        counts = ", ".join(f"{name} {count}" for name, count in each.counts.items())
        print(f"  {each.part:24} {choice}{until}: {counts or 'whatever is there'}")
    print("out of reach:")
    for one in found.unreached:
        which = ", ".join(one.which) or ("" if one.count is None else str(one.count))
        print(f"  {paper.words_of(one.what, 'en')}{': ' if which else ''}{which}")
    require_ended(town.rules, now())
    return 0


def _decide(town: Town, arguments: argparse.Namespace) -> int:
    part, mark, choice = str(arguments.decide).partition("=")
    if not mark or choice not in {each.value for each in Choice}:
        raise HubError(f"--decide {arguments.decide!r}: expected PART=destroy, PART=archive or PART=keep")
    until = None if arguments.until is None else wall_text(moment(arguments.until, town.settings.zone, end=True))
    by = _admin(town, arguments)
    with changing(town) as connection:
        names = decisions.undecided(connection, town.id, town.rules.id) if part == EVERY else [part]
        for name in names:
            decision = Decision(name, Choice(choice), arguments.reason, until)
            decisions.decide(
                connection, town=town.id, operation=town.rules.id, decision=decision, by=by, key=town.key, now=now()
            )
            print(f"{name}: {choice}")
    return 0


def _request(town: Town, arguments: argparse.Namespace) -> int:
    recipient = None if arguments.to is None else Recipient.parse(arguments.to).text
    by = _admin(town, arguments)
    with changing(town) as connection:
        asked = requests.request(connection, town=town.id, rules=town.rules, by=by, now=now(), recipient=recipient)
    print(
        f"destruction {asked.id}: requested; another admin confirms it until {local(asked.expires_at, town.settings.zone)}:"
    )
    print(f"  kakou-hub --data {town.settings.folder} operation destroy --confirm {asked.id} --as LOGIN")
    return 0


def _confirm(town: Town, arguments: argparse.Namespace) -> int:
    by = _admin(town, arguments)
    with changing(town) as connection:
        requests.confirm(connection, town=town.id, rules=town.rules, id_=arguments.confirm, by=by, now=now())
    return _carry_out(town, arguments.confirm)


def _carry_out(town: Town, id_: str) -> int:
    def say(line: str) -> None:
        print(line, flush=True)

    found = run.run(town, id_, now(), say)
    print(f"destruction {found.id}: done at the hub; kakou-hub operation destroy --report FILE writes the report")
    print("gates answer as they come; the report gains their receipts")
    return 0


def _report(town: Town, arguments: argparse.Namespace) -> int:
    of = _newest(town)
    with changing(town) as connection:
        if of.state == "done":
            report.keep(connection, town, of.id, now())
        found = report.known(connection, town.id, of.id)
    file: Path = arguments.report
    if file.suffix == ".pdf":
        data = paper.pdf(found, report.key_of(town), arguments.language or town.settings.language, town.settings.zone)
        write_whole(file, data)
    else:
        write_whole(file, found.text(report.key_of(town)))
    print(f"{file}: report {found.version} of destruction {of.id}")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    key = report.key_of(Town.open(arguments.data))
    found = report.check(arguments.check, key)
    content = found.content
    print(
        f"{arguments.check}: report {found.version} of destruction {content['destruction']}, made {found.made_at}, holds"
    )
    for each in content["gates"]:
        print(f"  gate {each['gate']}: {each['state']}")
    return 0


def _newest(town: Town) -> requests.Destruction:
    with looking(town) as connection:
        found = requests.newest(connection, town.id)
    if found is None:
        raise HubError("destruction: nobody has asked for one")
    return found


def _admin(town: Town, arguments: argparse.Namespace) -> str:
    """Who does it: an admin by login and password, for two people must agree."""
    if arguments.login is None:
        raise HubError("destroy: expected --as LOGIN, an admin of the hub")
    secret = (
        getpass.getpass(f"password of {arguments.login}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    )
    with looking(town) as connection:
        user = accounts.authenticate(connection, arguments.login, secret)
    if user is None or user.role is not Role.ADMIN:
        raise HubError(f"user {arguments.login!r}: expected an admin's login and password")
    return user.id
