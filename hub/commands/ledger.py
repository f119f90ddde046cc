"""`export | verify | rebuild`. Tested in `tests/hub/commands/test_cli.py`."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.accounts import audit, privacy
from hub.accounts.roles import Role
from hub.accounts.store import names
from hub.commands.common import USER, Commands, changing, looking, moment, now
from hub.commands.progress import Progress
from hub.console.speaking import speaking
from hub.database.schema import entries, visits
from hub.downlink.signed_lists import readable_policy
from hub.errors import HubError
from hub.exports.writing.cells import HEADERS, Header, Manner
from hub.exports.writing.csv_text import stream_csv
from hub.gates import store as gates
from hub.ledger.projections import undone
from hub.ledger.projections.rebuild import rebuild
from hub.ledger.verify import verify
from hub.town.town import Town
from hub.visits import export, presets
from hub.visits.presets import Preset
from hub.visits.wording import Words, words


def add_commands(commands: Commands) -> None:
    """Adds `export`, `verify` and `rebuild`."""
    out = commands.add_parser(
        "export",
        help="rows as CSV",
        description="Writes visits (or entries) as CSV, masked; to standard output by default.",
    )
    out.add_argument("--what", choices=("visits", "entries"), default="visits", help="default: %(default)s")
    out.add_argument("--from", dest="begin", metavar="TIME", help="from this date or time on")
    out.add_argument("--to", dest="end", metavar="TIME", help="until the end of this date, or before this time")
    out.add_argument("--preset", choices=[each.value for each in Preset], help="instead of --from and --to")
    out.add_argument("--gate", metavar="GATE", help="only this gate")
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
    check = commands.add_parser(
        "verify",
        help="prove the ledger",
        description="Checks chains, signatures and commitments, and that the projections say what the entries say; "
        "1 names the first that does not.",
    )
    check.set_defaults(run=_verify)
    again = commands.add_parser(
        "rebuild",
        help="derive the projections anew",
        description="Derives visits and who is inside anew from the entries.",
    )
    again.set_defaults(run=_rebuild)


def _export(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    zone = town.settings.zone
    start, end = _times(town, arguments)
    if start and end and start >= end:
        raise HubError(f"--from {arguments.begin} --to {arguments.end}: expected the end after the beginning")
    if arguments.unmask and not (arguments.reason or "").strip():
        raise HubError("--unmask: expected --reason TEXT, which the audit keeps")
    if arguments.reason is not None and not arguments.unmask:
        raise HubError("--reason: expected together with --unmask")
    with looking(town) as connection:
        if arguments.gate is not None and gates.find(connection, town.id, arguments.gate) is None:
            raise HubError(f"--gate {arguments.gate}: there is no such gate")
    header: Header = arguments.header
    table, time = (visits, "opened_at") if arguments.what == "visits" else (entries, "received_at")
    where = export.between(table, time, town=town.id, start=start, end=end, gate=arguments.gate)
    with _target(arguments.out) as out:
        _note(town, arguments, start, end)
        with looking(town) as connection:
            said = _words(town, connection, header)
            # whoever has this command line reads as an officer does
            masks = {} if arguments.unmask else privacy.masks(Role.OFFICER)
            manner = Manner(zone, header, masks, said)
            question = export.visits_asked(where) if arguments.what == "visits" else export.entries_asked(where)
            shown = arguments.progress or sys.stderr.isatty()
            progress = Progress(question.count(connection)) if shown else None
            for rows, text in stream_csv(connection, question, manner):
                out.write(text)
                if progress is not None:
                    progress.add(rows)
            if progress is not None:
                progress.finish()
    return 0


def _times(town: Town, arguments: argparse.Namespace) -> tuple[str | None, str | None]:
    """From when, and before when, in RFC 3339 UTC."""
    zone = town.settings.zone
    if arguments.preset is None:
        start = None if arguments.begin is None else wall_text(moment(arguments.begin, zone))
        return start, None if arguments.end is None else wall_text(moment(arguments.end, zone, end=True))
    if arguments.begin is not None or arguments.end is not None:
        raise HubError("--preset: expected without --from and --to")
    with looking(town) as connection:
        rules = readable_policy(connection, town.id)
        starts = rules.operation.starts if rules else None
        begin, before = presets.span(Preset(arguments.preset), connection, town, now(), operation_starts=starts)
    return None if begin is None else wall_text(begin), None if before is None else wall_text(before)


def _words(town: Town, connection: Connection, header: Header) -> Words:
    """What codes are called in a header's language; nothing for machines."""
    if header == "machine":
        return {}
    with speaking(header):
        return words(header, readable_policy(connection, town.id), names(connection))


@contextmanager
def _target(file: Path | None) -> Iterator[TextIO]:
    # neither must translate CRLF nor depend on the terminal's encoding
    if file is None:
        sys.stdout.flush()
        with open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False) as out:
            yield out
        return
    if file.exists():
        raise HubError(f"{file}: exists already, not written over")
    with file.open("x", encoding="utf-8", newline="") as out:
        try:
            file.chmod(0o600)
            yield out
            out.flush()
        except BaseException:
            # half a table would pass for a whole one
            file.unlink(missing_ok=True)
            raise


def _note(town: Town, arguments: argparse.Namespace, start: str | None, end: str | None) -> None:
    detail = {
        "unmasked": arguments.unmask,
        "reason": arguments.reason if arguments.unmask else None,
        "gate": arguments.gate,
        "start": start,
        "end": end,
    }
    with changing(town) as connection:
        audit.note(
            connection,
            user=USER,
            action=f"{arguments.what} exported",
            object=f"{arguments.what}.csv",
            detail=detail,
            now=now(),
        )


def _verify(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with looking(town) as connection:
        keys = gates.keys(connection, town.id, retired=True)
        sound = verify(connection, town.id, gates=keys, hub=town.key.public_key())
    print(
        f"{sound.entries} entries of {sound.journals} journals hold, with {sound.signatures} signatures; head {sound.head}"
    )
    if sound.odd:
        print(f"{sound.odd} of them have values that an older version took and this one would not")
    return 0


def _rebuild(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with changing(town) as connection:
        count = rebuild(connection, town.id, now())
        failed = undone.every(connection, town.id, undone.What.DERIVED)
    print(f"projections derived anew from {count} entries")
    for entry, why in failed:
        print(f"entry {entry}: it stands, but what it says could not be derived ({why})", file=sys.stderr)
    return 1 if failed else 0
