"""`pass issue | import | list | show | renew | replace | block | unblock | revoke | print`.

Tested in `tests/hub/passes/test_commands.py`.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from errno import EISDIR
from os import strerror
from pathlib import Path
from zoneinfo import ZoneInfo

import segno
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.commands import cards
from hub.commands.common import USER, Commands, changing, looking, moment, now, said, say_rules
from hub.errors import HubError
from hub.ledger.queries import VisitRow
from hub.passes import codes, store
from hub.passes.codes import How
from hub.passes.doubts import Doubt
from hub.passes.importing.preview import Preview
from hub.passes.importing.run import import_passes, preview_import
from hub.passes.issue import (
    block_pass,
    doubts_about,
    doubts_about_again,
    issue_pass,
    renew_pass,
    replace_pass,
    revoke_pass,
    unblock_pass,
)
from hub.passes.listed import read
from hub.passes.sheet import MOST_BYTES
from hub.passes.sheet.headings import plain
from hub.passes.store import Issued, PassState
from hub.town.town import Town

ROWS = 500


def add_commands(commands: Commands) -> None:
    """Adds `pass`."""
    pass_ = commands.add_parser(
        "pass", help="passes", description="Passes: signed QR codes that gates check without a network."
    )
    verbs = pass_.add_subparsers(dest="verb", required=True, metavar="VERB")
    _add_issue(verbs)
    _add_import(verbs)
    every = verbs.add_parser("list", help="passes, newest first", description="Lists passes, newest first.")
    every.add_argument("--search", default="", metavar="TEXT", help="part of a plate, an id or a reference")
    every.add_argument("--state", type=PassState, choices=list(PassState), metavar="|".join(PassState))
    every.add_argument("--class", dest="vehicle_class", default="", metavar="CLASS")
    every.set_defaults(run=_list)
    show = verbs.add_parser(
        "show",
        help="one pass",
        description="Shows a pass, the text of its QR code, and every scan of it, newest first.",
    )
    show.add_argument("id", metavar="ID")
    show.set_defaults(run=_show)
    renew = verbs.add_parser(
        "renew",
        help="a new pass like an old one",
        description="Issues a pass like this one, valid from now; the old one stays until it expires.",
    )
    renew.add_argument("id", metavar="ID")
    renew.add_argument(
        "--to",
        dest="end",
        metavar="TIME",
        help="valid until: a date (its end) or a time (default: as the class has it)",
    )
    renew.add_argument("--confirm", action="store_true", help="issue it although the plate is watched")
    renew.set_defaults(run=_renew)
    for verb, help_, description, run in (
        ("replace", "a new card for a lost one", "Revokes a pass and issues one like it with the same end.", _replace),
        ("block", "stop a pass for now", "Blocks a pass until it is unblocked; gates hear of it at once.", _change),
        ("unblock", "let a blocked pass count", "Lets a blocked pass count again; gates hear of it at once.", _change),
        ("revoke", "end a pass", "Revokes a pass for good; gates hear of it at once.", _change),
    ):
        command = verbs.add_parser(verb, help=help_, description=description)
        command.add_argument("id", metavar="ID")
        command.add_argument("--reason", required=verb != "unblock", default="")
        if verb == "replace":
            command.add_argument("--confirm", action="store_true", help="issue it although the plate is watched")
        command.set_defaults(run=run)
    cards.add_command(verbs)


def _add_issue(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    issue = verbs.add_parser(
        "issue", help="a new pass", description="Signs a pass; prints its id and the text of its QR code."
    )
    issue.add_argument("--plate", required=True)
    issue.add_argument(
        "--class", dest="vehicle_class", required=True, metavar="CLASS", help="a class of operation.toml"
    )
    issue.add_argument("--from", dest="begin", metavar="TIME", help="valid from: a date or a time (default: now)")
    issue.add_argument(
        "--to",
        dest="end",
        metavar="TIME",
        help="valid until: a date (its end) or a time (default: as the class has it)",
    )
    issue.add_argument("--gates", metavar="A,B", help="only these gates (default: every gate that the class may use)")
    issue.add_argument(
        "--priority", action=argparse.BooleanOptionalAction, default=None, help="default: as the class has it"
    )
    issue.add_argument(
        "--confirm",
        action="store_true",
        help="issue it in spite of doubts: an odd plate, one with a pass, a watched one",
    )
    issue.add_argument("--png", type=Path, metavar="FILE", help="also draw the code (level Q, for print)")
    issue.add_argument("--svg", type=Path, metavar="FILE", help="also draw the code (level Q, for print)")
    issue.set_defaults(run=_issue)


def _add_import(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = verbs.add_parser(
        "import",
        help="many passes from a list",
        description="Issues a pass for each row of a CSV (UTF-8 or GB 18030) or XLSX file: all of them, or none if a row is "
        "bad. Columns: plate, class, and any of from, to, gates, priority, reference, in English or Chinese. Rows that were "
        "imported before change nothing. What is doubtful, and columns that nobody reads, must be confirmed.",
    )
    command.add_argument("file", type=Path, metavar="FILE")
    command.add_argument(
        "--dry-run", action="store_true", help="only say what is in the list, and what is wrong with it"
    )
    command.add_argument(
        "--ignore-column",
        dest="ignored",
        action="append",
        default=[],
        metavar="NAME",
        help="a column that may stay unread, by its heading (its letters if it has none); may be given many times",
    )
    command.add_argument("--confirm-doubts", action="store_true", help="every doubt that --dry-run lists is meant so")
    command.set_defaults(run=_import)


def _issue(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    say_rules(town)
    zone, when = town.settings.zone, now()
    with changing(town) as connection:
        doubts = doubts_about(town, connection, arguments.plate, when)
        issued = issue_pass(
            town,
            connection,
            plate=arguments.plate,
            vehicle_class=arguments.vehicle_class,
            allowed=None if arguments.gates is None else [gate.strip() for gate in arguments.gates.split(",")],
            not_before=when if arguments.begin is None else moment(arguments.begin, zone),
            expires=None if arguments.end is None else moment(arguments.end, zone, end=True),
            priority=arguments.priority,
            by=USER,
            now=when,
            confirmed=doubts,
        )
        if doubts and not arguments.confirm:
            why = "; ".join(said(each.words(), zone) for each in doubts)
            raise HubError(f"pass issue: {why} (--confirm issues it all the same)")
        # inside the transaction: a picture that can't be written issues no pass
        _draw(issued.text, {"png": arguments.png, "svg": arguments.svg})
        for how, file in ((How.TEXT, True), (How.PNG, arguments.png), (How.SVG, arguments.svg)):
            if file:
                codes.note(connection, (issued.id,), how, by=USER, now=when)
    print(issued.id)
    print(issued.text)
    return 0


def _draw(text: str, wanted: Mapping[str, Path | None]) -> None:
    """Draws a code into the files that are wanted, by kind: into all of them, or, with an `OSError`, into none."""
    code = segno.make(text, error="q", boost_error=False, micro=False)
    files = {file: file.with_name(f".{file.name}.part") for file in wanted.values() if file is not None}
    try:
        for kind, file in wanted.items():
            if file is None:
                continue
            if file.is_dir():
                raise IsADirectoryError(EISDIR, strerror(EISDIR), str(file))
            try:
                code.save(str(files[file]), kind=kind, scale=6, border=4)
            except OSError as error:
                raise OSError(error.errno, error.strerror, str(file)) from None
        for file, part in files.items():
            part.replace(file)
    finally:
        for part in files.values():
            part.unlink(missing_ok=True)


def _import(arguments: argparse.Namespace) -> int:
    town, when, name = Town.open(arguments.data), now(), arguments.file.name
    say_rules(town)
    with arguments.file.open("rb") as file:
        # one byte more than is taken, so that too much is seen
        data = file.read(MOST_BYTES + 1)
    table = read(data, name)
    if arguments.dry_run:
        with looking(town) as connection:
            return _tell(
                preview_import(town, connection, table, name, when),
                arguments.ignored,
                town.settings.zone,
                confirmed=arguments.confirm_doubts,
            )
    with changing(town) as connection:
        found = preview_import(town, connection, table, name, when)
        _known_columns(found, arguments.ignored)
        issued = import_passes(
            town,
            connection,
            table,
            name,
            by=USER,
            now=when,
            ignored=arguments.ignored,
            confirmed=arguments.confirm_doubts,
        )
    for notice in found.notices if issued else ():
        print(notice)
    for each in issued:
        print(_line(each, when))
    print(f"{name}: {len(issued)} issued")
    return 0


def _known_columns(preview: Preview, ignored: Sequence[str]) -> None:
    unread = {plain(each) for each in preview.unread}
    for each in ignored:
        if plain(each) not in unread:
            raise HubError(f"--ignore-column {each!r}: no column of {preview.name} that is not read is called so")


def _tell(preview: Preview, ignored: Sequence[str], zone: ZoneInfo, *, confirmed: bool) -> int:
    """Prints what is in a list; gives 1 if it can't be issued as it is."""
    _known_columns(preview, ignored)
    for fault in preview.faults:
        print(said(fault.words(), zone))
    for doubt in preview.doubts:
        print(f"{said(doubt.words(), zone)} (doubtful{', confirmed' if confirmed else ''})")
    left = preview.columns_left(ignored)
    for heading in preview.unread:
        print(f"column {heading!r}: not read{' (--ignore-column)' if heading in left else ', as confirmed'}")
    for notice in preview.notices:
        print(notice)
    known = len(preview.rows) - len(preview.fresh)
    print(
        f"{preview.name}: {len(preview.fresh)} to issue, {known} known already, {len(preview.faults)} faults, "
        f"{len(preview.doubts)} doubts, {len(left)} columns not read"
    )
    return 1 if preview.refusal(ignored, confirmed) is not None else 0


def _list(arguments: argparse.Namespace) -> int:
    town, when = Town.open(arguments.data), now()
    with looking(town) as connection:
        after: tuple[str, str] | None = None
        while found := store.page(
            connection,
            town=town.id,
            search=arguments.search,
            state=arguments.state,
            vehicle_class=arguments.vehicle_class,
            now=when,
            after=after,
            limit=ROWS,
        ):
            for each in found:
                print(_line(each, when))
            after = (wall_text(found[-1].issued_at), found[-1].id)
    return 0


def _show(arguments: argparse.Namespace) -> int:
    town, when = Town.open(arguments.data), now()
    with changing(town) as connection:
        codes.note(connection, (store.known(connection, town.id, arguments.id).id,), How.TEXT, by=USER, now=when)
    with looking(town) as connection:
        issued = store.known(connection, town.id, arguments.id)
        print(_line(issued, when))
        print(f"issued {wall_text(issued.issued_at)} by {issued.issued_by}, key {issued.kid}")
        if issued.replaces is not None:
            print(f"follows {issued.replaces}")
        if (later := store.successor(connection, town.id, issued.id)) is not None:
            print(f"followed by {later.id}")
        if issued.blocked_at is not None:
            print(f"blocked {wall_text(issued.blocked_at)} by {issued.blocked_by}: {issued.blocked_reason}")
        if issued.revoked_at is not None:
            print(f"revoked {wall_text(issued.revoked_at)} by {issued.revoked_by}: {issued.revoked_reason}")
        print(issued.text)
        page = store.history(connection, town.id, issued.id, limit=ROWS)
        while True:
            for row in page.rows:
                print(_scan(row))
            if page.older is None:
                return 0
            page = store.history(connection, town.id, issued.id, older=page.older, limit=ROWS)


def _renew(arguments: argparse.Namespace) -> int:
    town, when = Town.open(arguments.data), now()
    say_rules(town)
    end = None if arguments.end is None else moment(arguments.end, town.settings.zone, end=True)
    with changing(town) as connection:
        doubts = _confirmed_again(town, connection, arguments)
        issued = renew_pass(town, connection, arguments.id, expires=end, by=USER, now=when, confirmed=doubts)
        codes.note(connection, (issued.id,), How.TEXT, by=USER, now=when)
    print(issued.id)
    print(issued.text)
    return 0


def _replace(arguments: argparse.Namespace) -> int:
    town, when = Town.open(arguments.data), now()
    say_rules(town)
    with changing(town) as connection:
        doubts, why = _confirmed_again(town, connection, arguments), arguments.reason
        issued = replace_pass(town, connection, arguments.id, by=USER, reason=why, now=when, confirmed=doubts)
        codes.note(connection, (issued.id,), How.TEXT, by=USER, now=when)
    print(issued.id)
    print(issued.text)
    return 0


def _confirmed_again(town: Town, connection: Connection, arguments: argparse.Namespace) -> tuple[Doubt, ...]:
    doubts = doubts_about_again(town, connection, arguments.id)
    if doubts and not arguments.confirm:
        raise HubError(f"pass {arguments.verb}: {doubts[0].words()} (--confirm issues it all the same)")
    return doubts


def _change(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    change, done = _CHANGES[arguments.verb]
    with changing(town) as connection:
        change(town, connection, arguments.id, by=USER, reason=arguments.reason, now=now())
    print(f"pass {arguments.id} {done}")
    return 0


_CHANGES: dict[str, tuple[Callable[..., Issued], str]] = {
    "block": (block_pass, "blocked"),
    "unblock": (unblock_pass, "unblocked"),
    "revoke": (revoke_pass, "revoked"),
}
"""What becomes of a pass by a verb, and how it is said."""


def _line(issued: Issued, when: datetime) -> str:
    gates = "all gates" if issued.gates is None else ",".join(issued.gates)
    span = f"{wall_text(issued.not_before)} .. {wall_text(issued.expires)}"
    priority = "  priority" if issued.priority else ""
    return f"{issued.id}  {issued.plate:<10}  {issued.vehicle_class:<16}  {span}  {issued.state(when):<7}  {gates}{priority}"


def _scan(row: VisitRow) -> str:
    outcome = row["outcome"] or "open"
    return f"{row['opened_at']}  {row['gate']:<10}  {row['direction']:<3}  {row['reason']:<16}  {outcome}  {row['visit_id']}"
