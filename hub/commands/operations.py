"""`operation publish | start | show | record | extend | end | report | versions`.

Tested in `tests/hub/commands/test_operations.py` and `tests/hub/town/test_rules_broken.py`.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from edge.contract.facts import Disinfection
from edge.contract.messages import Signed
from hub.accounts import audit
from hub.commands import destroying
from hub.commands.common import USER, Commands, changing, local, looking, moment, now
from hub.downlink import signed_lists
from hub.errors import HubError
from hub.gates.policy import publish_policy
from hub.operations import life, rules_file, store
from hub.operations.frame import Frame, Operation
from hub.operations.life import Beginning
from hub.operations.wording import left_words
from hub.town.default_operation import TEMPLATES, template_named
from hub.town.operation import Rules
from hub.town.town import Town
from hub.values.visible import short

LONGEST = 500
"""Characters of a field of the rules in a row of the audit."""
SHOWN_VERSIONS = 20


def add_commands(commands: Commands) -> None:
    """Adds `operation`."""
    operation = commands.add_parser(
        "operation",
        help="the operation, its rules, its lawful end",
        description="The operation: the decision that it goes by, its rules in operation.toml, its period, its end.",
    )
    verbs = operation.add_subparsers(dest="verb", required=True, metavar="VERB")
    destroying.add_verb(verbs)
    publish = verbs.add_parser(
        "publish", help="tell the gates", description="Publishes operation.toml to the gates if it changed."
    )
    publish.set_defaults(run=_publish)
    _add_start(verbs)
    show = verbs.add_parser(
        "show", help="how it stands", description="Prints the decision, the period, how long is left, the history."
    )
    show.set_defaults(run=_show)
    record = verbs.add_parser(
        "record",
        help="record its decision",
        description="Records the decision that the present operation goes by, or corrects it; its period and rules stay.",
    )
    _of_frame(record)
    record.set_defaults(run=_record)
    extend = verbs.add_parser(
        "extend", help="make its period longer", description="Sets a later end, by a document of its own."
    )
    extend.add_argument(
        "--to", required=True, metavar="TIME", help="the new end; a bare date counts to its last instant"
    )
    extend.add_argument("--number", required=True, metavar="TEXT", help="of the document that extends it")
    extend.add_argument("--reason", required=True, metavar="TEXT", help="why; it stays in the history")
    extend.set_defaults(run=_extend)
    end = verbs.add_parser(
        "end",
        help="end it",
        description="Ends the operation now: no pass lets a vehicle in from then on; vehicles inside may leave.",
    )
    end.add_argument("--reason", required=True, metavar="TEXT", help="why; it stays in the history")
    end.add_argument("--number", default="", metavar="TEXT", help="of the document that ends it")
    end.set_defaults(run=_end)
    versions = verbs.add_parser(
        "versions", help="its rules' versions", description="Lists the texts of operation.toml that were published."
    )
    versions.add_argument("--text", type=int, metavar="N", help="print the text of this version")
    versions.set_defaults(run=_versions)


def _add_start(verbs: Commands) -> None:
    start = verbs.add_parser(
        "start",
        help="begin one",
        description="Writes operation.toml from a template, publishes it and records the decision.",
    )
    start.add_argument("--template", required=True, metavar="NAME", help=", ".join(TEMPLATES))
    start.add_argument("--zh", metavar="NAME", help="its name in Chinese; default: the template's")
    start.add_argument("--en", metavar="NAME", help="its name in English")
    _of_frame(start)
    start.add_argument("--from", dest="start", metavar="TIME", help="when it begins; default: now")
    start.add_argument(
        "--to", required=True, metavar="TIME", help="when it ends; a bare date counts to its last instant"
    )
    start.add_argument(
        "--disinfection", choices=[each.value for each in Disinfection], help="loosens the template's rule"
    )
    start.set_defaults(run=_start)


def _of_frame(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--organ", required=True, metavar="TEXT", help="the organ that decided (决定机关)")
    parser.add_argument("--number", required=True, metavar="TEXT", help="the document's number (文号)")
    parser.add_argument("--measures", metavar="TEXT", help="the measures (措施); default: the template's")
    parser.add_argument("--scope", required=True, metavar="TEXT", help="where it holds (范围)")
    parser.add_argument(
        "--law", action="append", metavar="TEXT", help="a legal basis, repeatable; default: the template's"
    )


def _frame(arguments: argparse.Namespace, town: Town, template: str) -> Frame:
    measures, laws = arguments.measures, arguments.law
    if template:
        known, language = template_named(template), town.settings.language
        measures = known.measures.said(language) if measures is None else measures
        laws = [each.said(language) for each in known.laws] if laws is None else laws
    return Frame.of(
        {
            "organ": arguments.organ,
            "number": arguments.number,
            "measures": measures,
            "scope": arguments.scope,
            "laws": "\n".join(laws or ()),
        }
    )


def _start(arguments: argparse.Namespace) -> int:
    town, at = Town.open(arguments.data), now()
    zone = town.settings.zone
    made = Beginning(
        arguments.template,
        _frame(arguments, town, arguments.template),
        at.replace(microsecond=0) if arguments.start is None else moment(arguments.start, zone),
        moment(arguments.to, zone, end=True),
        arguments.zh,
        arguments.en,
        None if arguments.disinfection is None else Disinfection(arguments.disinfection),
    )
    with changing(town) as connection:
        operation = life.start(town, connection, made, by=USER, now=at)
    print(f"operation {operation.id} recorded and published: {operation.state(at)}")
    return 0


def _record(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with changing(town) as connection:
        known = life.present(connection, town.id, town.rules)
        template = known.template
        operation = life.record(town, connection, _frame(arguments, town, template), by=USER, now=now())
    print(f"operation {operation.id}: decision recorded")
    return 0


def _extend(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    until = moment(arguments.to, town.settings.zone, end=True)
    with changing(town) as connection:
        operation = life.extend(
            town, connection, until, number=arguments.number, reason=arguments.reason, by=USER, now=now()
        )
    print(f"operation {operation.id} ends {_local(town, operation.ends)}")
    return 0


def _end(arguments: argparse.Namespace) -> int:
    town, at = Town.open(arguments.data), now()
    with changing(town) as connection:
        operation = life.end(town, connection, reason=arguments.reason, number=arguments.number, by=USER, now=at)
    print(f"operation {operation.id} ended {_local(town, operation.ended_at)}; vehicles inside may leave")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    town, at = Town.open(arguments.data), now()
    with looking(town) as connection:
        operation = life.present(connection, town.id, town.rules)
        print("\n".join(_lines(town, operation, at)))
        for event in store.history(connection, town.id, operation.id):
            parts = (_local(town, event.at), event.act, event.by, event.number, event.reason)
            print("\t".join(each for each in parts if each))
    if not operation.framed:
        print("nobody recorded the decision that it goes by (operation record)", file=sys.stderr)
    return 0


def _lines(town: Town, operation: Operation, at: datetime) -> Iterator[str]:
    frame = operation.frame
    yield f"{operation.id}  {operation.zh}  {operation.en}"
    yield f"state: {operation.state(at)}{', its period is over' if operation.is_overdue(at) else ''}"
    yield f"period: {_local(town, operation.starts)} to {_local(town, operation.ends)}"
    if left := left_words(operation.seconds_left(at)):
        yield f"left: {left}"
    for name, value in frame.as_values().items():
        if value:
            yield f"{name}: {'; '.join(value.splitlines())}"
    if operation.ended_at:
        yield f"ended: {_local(town, operation.ended_at)} by {operation.ended_by}: {operation.end_reason}"


def _versions(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with looking(town) as connection:
        if arguments.text is not None:
            found = rules_file.numbered(connection, town.id, arguments.text) if 0 < arguments.text < 2**31 else None
            if found is None:
                raise HubError(f"version {arguments.text}: there is none")
            print(found.text, end="")
            return 0
        for each in rules_file.versions(connection, town.id, before=None, limit=SHOWN_VERSIONS):
            sound = "signed" if each.signed_by(town.id, town.key.public_key()) else "SIGNATURE DOES NOT HOLD"
            print(f"{each.number}\t{_local(town, each.at)}\t{each.by}\t{each.operation}\t{sound}\t{each.why}")
    return 0


def _local(town: Town, text: str | None) -> str:
    return "open" if text is None else local(text, town.settings.zone)


def _publish(arguments: argparse.Namespace) -> int:
    town, at = Town.open(arguments.data), now()
    with changing(town) as connection:
        before = signed_lists.current(connection, town.id, "policy")
        life.taken_up(town, connection, town.rules, by=USER, now=at)
        policy = publish_policy(town, connection, at)
        if before is None or before.version != policy.version:
            _note(connection, before, policy)
        _keep(town, connection, policy, at)
    print(f"policy version {policy.version}, of {policy.issued}")
    return 0


def _keep(town: Town, connection: Connection, policy: Signed, at: datetime) -> None:
    text = rules_file.text_now(town)
    rules_file.keep(town, connection, text, Rules.of_text(text), policy, by=USER, why="operation publish", now=at)


def _note(connection: Connection, before: Signed | None, policy: Signed) -> None:
    was = {"version": None} if before is None else {**_short(before), "version": before.version}
    detail = audit.changed(was, {**_short(policy), "version": policy.version})
    audit.note(connection, user=USER, action="policy published", object="policy", detail=detail, now=now())


def _short(policy: Signed) -> dict[str, Json]:
    """What a policy says, field by field, each as short as a row of the audit can be read."""
    fields = json.loads(policy.policy().model_dump_json())
    return {name: short(json.dumps(value, ensure_ascii=False), LONGEST) for name, value in fields.items()}
