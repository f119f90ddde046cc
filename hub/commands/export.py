"""`export`: a list or register as CSV or as a workbook. Tested in `tests/hub/commands/test_cli.py`."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.accounts import audit
from hub.accounts.roles import Role
from hub.accounts.store import names
from hub.commands.common import USER, Commands, changing, looking, moment, now
from hub.commands.progress import Progress
from hub.console.speaking import speaking
from hub.downlink.signed_lists import readable_policy
from hub.errors import HubError
from hub.exports import asked as filters
from hub.exports import lists
from hub.exports.kinds import ListKind, Reader, declared
from hub.exports.writer import FORMATS, Listing, title_of
from hub.exports.writing.cells import HEADERS, Header
from hub.exports.writing.workbook import Title
from hub.gates import store as gates
from hub.town.town import Town
from hub.visits import presets
from hub.visits.presets import Preset

FILTERS = ("gate", "search", "state")


def add_commands(commands: Commands) -> None:
    """Adds `export`."""
    out = commands.add_parser(
        "export",
        help="lists as CSV or workbooks",
        description="Writes a list or register as CSV or XLSX, masked; CSV to standard output by default.",
    )
    out.add_argument("--what", choices=list(lists.LISTS), default="visits", help="default: %(default)s")
    out.add_argument("--format", choices=FORMATS, default="csv", help="default: %(default)s; xlsx needs --out")
    out.add_argument("--from", dest="begin", metavar="TIME", help="from this date or time on")
    out.add_argument("--to", dest="end", metavar="TIME", help="until the end of this date, or before this time")
    out.add_argument("--preset", choices=[each.value for each in Preset], help="instead of --from and --to")
    out.add_argument("--gate", metavar="GATE", help="only this gate")
    out.add_argument("--search", metavar="TEXT", help="only what holds this, as on the list's page")
    out.add_argument("--state", metavar="STATE", help="only what is in this state")
    out.add_argument("--header", choices=HEADERS, default="machine", help="default: %(default)s")
    out.add_argument(
        "--unmask", action="store_true", help="show driver, phone, origin, destination; needs --reason, and is audited"
    )
    out.add_argument("--reason", metavar="TEXT", help="why")
    out.add_argument("--out", type=Path, metavar="FILE", help="a new file (0600) instead of standard output")
    out.add_argument(
        "--progress", action="store_true", help="say on standard error how far it is, also where that is no terminal"
    )
    out.set_defaults(run=_export)


def _export(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    kind = lists.known(arguments.what)
    _check(arguments, kind)
    with looking(town) as connection:
        asked = _asked(town, connection, arguments, kind)
    if arguments.out is not None and arguments.out.exists():
        raise HubError(f"{arguments.out}: exists already, not written over")
    _note(town, arguments, asked)
    with looking(town) as connection, speaking("zh" if arguments.header == "zh" else "en"):
        listing = _listing(town, connection, arguments, kind, asked)
        shown = arguments.progress or sys.stderr.isatty()
        progress = Progress(listing.question.count(connection)) if shown else None
        written = progress.add if progress is not None else lambda _rows: None
        if arguments.out is None:
            with _standard_output() as out:
                listing.write(connection, out, written)
        else:
            _to_file(listing, connection, arguments, title_of(listing, asked, town.id, now()), written)
        if progress is not None:
            progress.finish()
    return 0


def _check(arguments: argparse.Namespace, kind: ListKind) -> None:
    if arguments.unmask and not (arguments.reason or "").strip():
        raise HubError("--unmask: expected --reason TEXT, which the audit keeps")
    if arguments.reason is not None and not arguments.unmask:
        raise HubError("--reason: expected together with --unmask")
    if arguments.unmask and not kind.personal:
        raise HubError(f"--unmask: the list {kind.name} holds nothing that is masked")
    if arguments.format == "xlsx" and arguments.out is None:
        raise HubError("--format xlsx: expected --out FILE: a workbook does not go to a terminal")
    if arguments.preset is not None and (arguments.begin is not None or arguments.end is not None):
        raise HubError("--preset: expected without --from and --to")
    known = {field.means or field.name for field in kind.fields}
    given = [name for name in FILTERS if getattr(arguments, name) is not None and name not in known]
    if given:
        raise HubError(f"--{given[0]}: the list {kind.name} can't be asked for it")
    times = (("--from", arguments.begin), ("--to", arguments.end), ("--preset", arguments.preset))
    timed = [option for option, value in times if value is not None]
    if timed and not {"start", "end"} <= known:
        raise HubError(f"{timed[0]}: the list {kind.name} can't be asked for it")


def _asked(town: Town, connection: Connection, arguments: argparse.Namespace, kind: ListKind) -> dict[str, str]:
    """What is asked for, times in RFC 3339 UTC."""
    start, end = _times(town, connection, arguments)
    if start and end and start >= end:
        raise HubError(f"--from {arguments.begin} --to {arguments.end}: expected the end after the beginning")
    if arguments.gate is not None and gates.find(connection, town.id, arguments.gate) is None:
        raise HubError(f"--gate {arguments.gate}: there is no such gate")
    given = {name: value for name in FILTERS if (value := getattr(arguments, name)) is not None}
    found = dict(filters.read(kind.fields, given, town.settings.zone))
    return found | {name: value for name, value in (("start", start), ("end", end)) if value is not None}


def _times(town: Town, connection: Connection, arguments: argparse.Namespace) -> tuple[str | None, str | None]:
    """From when, and before when."""
    zone = town.settings.zone
    if arguments.preset is None:
        start = None if arguments.begin is None else wall_text(moment(arguments.begin, zone))
        return start, None if arguments.end is None else wall_text(moment(arguments.end, zone, end=True))
    rules = readable_policy(connection, town.id)
    starts = rules.operation.starts if rules else None
    begin, before = presets.span(Preset(arguments.preset), connection, town, now(), operation_starts=starts)
    return None if begin is None else wall_text(begin), None if before is None else wall_text(before)


def _listing(
    town: Town, connection: Connection, arguments: argparse.Namespace, kind: ListKind, asked: filters.Asked
) -> Listing:
    header: Header = arguments.header
    policy = readable_policy(connection, town.id)
    manner = lists.manner(
        kind,
        zone=town.settings.zone,
        header=header,
        # whoever has this command line reads as an officer does
        role=None if arguments.unmask else Role.OFFICER,
        policy=policy,
        names=names(connection),
    )
    return Listing(kind, kind.ask(asked, Reader(town.id, now(), fields=declared(policy))), manner)


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    # neither must translate CRLF nor depend on the terminal's encoding
    sys.stdout.flush()
    with open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False) as out:
        yield out


def _to_file(
    listing: Listing,
    connection: Connection,
    arguments: argparse.Namespace,
    title: Title,
    written: Callable[[int], None],
) -> None:
    try:
        listing.save(connection, arguments.format, arguments.out, title, written)
    except FileExistsError:
        raise HubError(f"{arguments.out}: exists already, not written over") from None
    except BaseException:
        # half a table would pass for a whole one
        arguments.out.unlink(missing_ok=True)
        raise


def _note(town: Town, arguments: argparse.Namespace, asked: filters.Asked) -> None:
    detail = {
        "unmasked": arguments.unmask,
        "reason": arguments.reason if arguments.unmask else None,
        "gate": arguments.gate,
        "start": asked.get("start"),
        "end": asked.get("end"),
        **asked,
    }
    what, format_ = arguments.what, arguments.format
    known = what in ("visits", "entries")
    with changing(town) as connection:
        audit.note(
            connection,
            user=USER,
            action=f"{what} exported" if known else "list exported",
            object=f"{what}.{format_}",
            detail=detail,
            now=now(),
        )
