"""`register list | add | show | export | import`. Tested in `tests/hub/commands/test_registers.py`."""

import argparse
import sys
from pathlib import Path

from hub.accounts import audit
from hub.accounts.roles import Role
from hub.accounts.store import names
from hub.commands.common import USER, Commands, changing, looking, now
from hub.console.speaking import speaking
from hub.downlink.signed_lists import readable_policy
from hub.errors import HubError
from hub.exports import lists, register_lists
from hub.exports.kinds import Reader
from hub.exports.writer import FORMATS, Listing, title_of
from hub.exports.writing.cells import HEADERS
from hub.organisation.naming import UnitNames
from hub.register_hooks import hooks_of
from hub.registers import catalogue
from hub.registers.declaration import MOST_BYTES
from hub.registers.importing import job_process, reading
from hub.registers.importing.preview import preview
from hub.registers.importing.run import AT_ONCE
from hub.registers.importing.store import begin
from hub.registers.importing.store import find as find_import
from hub.registers.overview import overview
from hub.town.town import Town

FAULTS = 20


def add_commands(commands: Commands) -> None:
    """Adds `register`."""
    register = commands.add_parser(
        "register", help="registers of the town", description="The town's registers beside the ledger of crossings."
    )
    verbs = register.add_subparsers(dest="verb", required=True, metavar="VERB")
    every = verbs.add_parser(
        "list", help="all of them", description="Lists the registers, and the templates that are not added."
    )
    every.set_defaults(run=_list)
    add = verbs.add_parser(
        "add", help="a new one", description="Adds a register that a TOML file declares, or a template."
    )
    add.add_argument("file", nargs="?", type=Path, metavar="FILE", help="the declaration")
    add.add_argument("--template", metavar="ID", help="one that comes with the product, instead of FILE")
    add.set_defaults(run=_add)
    show = verbs.add_parser("show", help="one declaration", description="Shows the declaration of a register.")
    show.add_argument("id", metavar="ID")
    show.set_defaults(run=_show)
    out = verbs.add_parser(
        "export", help="its rows", description="Writes the rows of a register as CSV or XLSX, masked."
    )
    out.add_argument("id", metavar="ID")
    out.add_argument("--format", choices=FORMATS, default="csv", help="default: %(default)s; xlsx needs --out")
    out.add_argument("--header", choices=HEADERS, default="machine", help="default: %(default)s")
    out.add_argument("--unmask", action="store_true", help="mask nothing; needs --reason, and is audited")
    out.add_argument("--reason", metavar="TEXT", help="why")
    out.add_argument("--out", type=Path, metavar="FILE", help="a new file (0600) instead of standard output")
    out.set_defaults(run=_export)
    into = verbs.add_parser(
        "import", help="rows from a list", description="Adds the rows of a CSV or XLSX file, all or none."
    )
    into.add_argument("id", metavar="ID")
    into.add_argument("file", type=Path, metavar="FILE")
    into.add_argument("--dry-run", action="store_true", help="only look at it")
    into.add_argument("--ignore", action="append", default=[], metavar="COLUMN", help="a column that may stay unread")
    into.set_defaults(run=_import)


def _list(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with looking(town) as connection:
        found = catalogue.every(connection, town.id)
        figures = overview(connection, town.id, [each.register for each in found], now().isoformat())
    for each in found:
        open_ = figures[each.register.id].open
        state = "closed" if each.closed_at else f"{open_} open" if open_ is not None else ""
        print(f"{each.register.id:<20}  {figures[each.register.id].rows:>7} rows  {state:<10}  {each.register.en}")
    there = {each.register.id for each in found}
    for id_ in catalogue.shipped():
        if id_ not in there:
            print(f"{id_:<20}  template")
    return 0


def _add(arguments: argparse.Namespace) -> int:
    if (arguments.file is None) == (arguments.template is None):
        raise HubError("register add: expected FILE or --template ID")
    town = Town.open(arguments.data)
    text = "" if arguments.file is None else _declaration(arguments.file)
    with changing(town) as connection:
        if arguments.template is not None:
            added = catalogue.add_shipped(connection, town.id, [arguments.template], by=USER, now=now())
        else:
            added = [catalogue.add(connection, town.id, text, by=USER, now=now()).register.id]
    for id_ in added or [arguments.template]:
        print(f"register {id_} {'added' if added else 'is there already'}")
    return 0


def _declaration(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise HubError(f"{path}: expected UTF-8") from None


def _show(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    with looking(town) as connection:
        print(catalogue.known(connection, town.id, arguments.id).text, end="")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    if arguments.unmask != bool((arguments.reason or "").strip()):
        raise HubError("--unmask: expected together with --reason TEXT, which the audit keeps")
    if arguments.format == "xlsx" and arguments.out is None:
        raise HubError("--format xlsx: expected --out FILE: a workbook does not go to a terminal")
    if arguments.out is not None and arguments.out.exists():
        raise HubError(f"{arguments.out}: exists already, not written over")
    town, when = Town.open(arguments.data), now()
    with changing(town) as connection:
        kind = register_lists.kind_of(catalogue.known(connection, town.id, arguments.id))
        detail = {"format": arguments.format, "unmasked": arguments.unmask, "why": arguments.reason}
        audit.note(connection, user=USER, action="list exported", object=kind.name, detail=detail, now=when)
    with looking(town) as connection, speaking("zh" if arguments.header == "zh" else "en"):
        # whoever has this command line reads as an officer does
        role = None if arguments.unmask else Role.OFFICER
        manner = lists.manner(
            kind, zone=town.settings.zone, header=arguments.header, role=role, policy=readable_policy(connection, town.id),
            names=names(connection),
        )  # fmt: skip
        question = kind.ask({}, Reader(town.id, when, role=Role.OFFICER, unmasked=arguments.unmask))
        listing = Listing(kind, question, manner)
        if arguments.out is None:
            sys.stdout.flush()
            with open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False) as out:
                listing.write(connection, out)
        else:
            listing.save(connection, arguments.format, arguments.out, title_of(listing, {}, town.id, when))
    return 0


def _import(arguments: argparse.Namespace) -> int:
    town, name = Town.open(arguments.data), arguments.file.name
    with arguments.file.open("rb") as file:
        # one byte more than is taken, so that too much is seen
        data = file.read(reading.MOST_BYTES + 1)
    sheet = reading.read(data, name)
    importing = job_process.importer(town, now, hooks_of(town))
    try:
        with importing.reading.connect() as connection:
            found = catalogue.known(connection, town.id, arguments.id)
            looked = preview(connection, town.id, found, sheet, name, importing.here, UnitNames.of(connection, town.id))
        for fault in looked.faults[:FAULTS]:
            print(fault.words(), file=sys.stderr)
        for notice in looked.notices:
            print(notice)
        if refusal := looked.refusal(arguments.ignore):
            raise refusal
        if arguments.dry_run:
            print(f"{name}: {len(looked.rows)} rows, every one is right")
            return 0
        drafts = [draft for _, draft in looked.rows]
        if len(drafts) <= AT_ONCE:
            importing.at_once(arguments.id, drafts, name, USER, Role.ADMIN)
        else:
            with importing.engine.begin() as connection:
                job = begin(
                    connection, town.id, arguments.id, name, tuple(arguments.ignore), len(drafts), by=USER, role=Role.ADMIN.value, now=now()
                )  # fmt: skip
            with importing.reading.connect() as connection:
                begun = find_import(connection, town.id, job)
            if begun is None or not importing.run(begun, sheet):
                raise HubError(f"{name}: it could not be finished; nothing of it is kept")
    finally:
        importing.engine.dispose()
        importing.reading.dispose()
    print(f"{name}: {len(drafts)} rows imported")
    return 0
