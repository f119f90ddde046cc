"""`kakou-gate`: the commands of a gate. Wiring only; every error is one line on standard error and a status that is not 0."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from edge import log
from edge.camera.frames import CameraError
from edge.clock import SystemClock
from edge.commands import firmware, wiring
from edge.commands.enrol import EnrolError, enrol
from edge.commands.scan import Bench, explain_file, scan_file
from edge.config import FILE, ConfigError, ScannerSettings, load
from edge.contract.reasons import Direction
from edge.decision.rules import Rules
from edge.hardware.pins import HardwareError
from edge.journal import refused_records
from edge.journal.file import JournalError
from edge.journal.outbox import FILE as JOURNAL_FILE
from edge.journal.outbox import Outbox
from edge.keys import Keys, KeysError
from edge.kiosk import KioskError
from edge.scanner.scanner import Scanner

Command = Callable[[argparse.Namespace], int]
ONE_LINE = (ConfigError, CameraError, EnrolError, HardwareError, JournalError, KeysError, KioskError)


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong with a command line in one line, without the usage before it; so do its subcommands."""

    def error(self, message: str) -> NoReturn:
        """Ends the program with exit status 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    chosen = parser().parse_args(arguments)
    log.configure()
    command: Command = chosen.command
    try:
        return command(chosen)
    except ONE_LINE as error:
        print(f"kakou-gate: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1
    except OSError as error:
        print(f"kakou-gate: {error.filename or 'system'}: {error.strerror or error}", file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = OneLineParser(prog="kakou-gate", description="The gate unit of a Kakou checkpoint.")
    top.add_argument("--data", type=Path, required=True, metavar="DIR", help="the gate's folder")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, what: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=what, description=what)
        added.set_defaults(command=command)
        return added

    enrol = add("enrol", _enrol, "join a town with the bundle that its hub wrote for this gate")
    enrol.add_argument("bundle", type=Path, metavar="BUNDLE", help="the file of `kakou-hub gate bundle`")
    enrol.add_argument(
        "--again", action="store_true", help="new keys for a gate that is enrolled (a rekey); its journal stays"
    )
    add("run", _run, "run the gate unit until SIGTERM")
    scan = add("scan", _scan, "read pictures or videos as the camera would: one JSON line per file")
    scan.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a picture or a video")
    scan.add_argument("--explain", action="store_true", help="say which rung of the ladder read it, or what to do")
    outbox = add("outbox", _outbox, "the journal: epoch, head, acked, backlog")
    outbox.add_argument("--verify", action="store_true", help="walk the chain; status 1 names the first bad record")
    anew = "move a journal that cannot be used out of the way, unchanged: the gate then begins a new one"
    outbox.add_argument("--anew", action="store_true", help=anew)
    boot = add(
        "firmware",
        _firmware,
        "check the firmware's config.txt: unknown keys, comments behind values, pins of the lanes",
    )
    boot.add_argument("file", type=Path, nargs="?", default=firmware.FILE, metavar="FILE", help="default: %(default)s")
    wires = add("wiring", _wiring, "the wiring of gate.toml as a table")
    wires.add_argument("--svg", type=Path, metavar="FILE", help="draw the header of the Raspberry Pi instead")
    add("selftest", _selftest, "check every device, disk, clock, link and keys; status 0 or 1")
    return top


def _enrol(chosen: argparse.Namespace) -> int:
    bundle = enrol(chosen.data, chosen.bundle, again=chosen.again)
    print(f"gate {bundle.gate} of {bundle.town} enrolled in {chosen.data}")
    return 0


def _run(chosen: argparse.Namespace) -> int:
    from edge.unit.unit import run

    return run(chosen.data)


def _firmware(chosen: argparse.Namespace) -> int:
    faults = firmware.lint(chosen.file.read_text(encoding="utf-8", errors="replace"), _lanes(chosen.data))
    for fault in faults:
        print(f"{chosen.file}: {fault}")
    return 1 if faults else 0


def _wiring(chosen: argparse.Namespace) -> int:
    lanes = _lanes(chosen.data)
    if chosen.svg is None:
        print(wiring.table(lanes), end="")
    else:
        chosen.svg.write_text(wiring.drawing(lanes), encoding="utf-8")
    return 0


def _lanes(folder: Path) -> dict[str, dict[str, int]]:
    return {lane.name: lane.pins.fitted() for lane in load(folder).lanes}


def _scan(chosen: argparse.Namespace) -> int:
    bench = _bench(chosen.data)
    status = 0
    for path in chosen.files:
        try:
            line = explain_file(path, bench) if chosen.explain else scan_file(path, bench)
        except CameraError as error:
            print(f"kakou-gate: {error}", file=sys.stderr)
            status = 1
        else:
            print(json.dumps(line, ensure_ascii=False), flush=True)
    return status


def _bench(folder: Path) -> Bench:
    """What this gate judges with; a folder that was never enrolled has a scanner and no rules."""
    now = datetime.now(UTC)
    if not (folder / FILE).exists():
        return Bench(Scanner(ScannerSettings().decoders), Rules(), "", Direction.IN, now)
    from edge.lists.rules import open_lists, rules_at

    settings = load(folder)
    lane = settings.lanes[0]
    direction = Direction.IN if lane.direction == "loops" else Direction(lane.direction)
    lists = open_lists(folder, settings, Keys.load(folder))
    try:
        return Bench(Scanner(lane.scanner.decoders), rules_at(lists, now), settings.gate, direction, now)
    finally:
        lists.close()


def _outbox(chosen: argparse.Namespace) -> int:
    from edge.unit.journal_start import leave_journal

    settings = load(chosen.data)
    path = chosen.data / JOURNAL_FILE
    if not path.exists():
        raise JournalError(f"{path}: no such file; this gate has not run yet")
    keys = Keys.load(chosen.data)
    if chosen.anew:
        aside = leave_journal(
            chosen.data,
            lambda path: Outbox.open(
                path, town=settings.town, gate=settings.gate, key=keys.signing, clock=SystemClock()
            ),
        )
        print(f"moved to {aside}: keep it, its records may be got back; the gate begins a new journal")
        return 0
    outbox = Outbox.open(path, town=settings.town, gate=settings.gate, key=keys.signing, clock=SystemClock())
    try:
        print(f"epoch   {outbox.epoch}\nhead    {outbox.head}\nacked   {outbox.acked}\nbacklog {outbox.backlog}")
        for each in outbox.delivery.refused():
            print(f"refused {refused_records.line(each)}")
        if not chosen.verify:
            return 0
        fault = outbox.verify()
        if fault is not None:
            print(f"kakou-gate: {path}: {fault}", file=sys.stderr)
            return 1
        print("the chain holds")
        return 0
    finally:
        outbox.close()


def _selftest(chosen: argparse.Namespace) -> int:
    from edge.commands.selftest import selftest

    return selftest(chosen.data, print)


if __name__ == "__main__":
    sys.exit(main())
