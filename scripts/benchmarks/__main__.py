"""`scripts/bench`: runs the benchmarks that are asked for, prints the table, writes the JSON.

A benchmark is a module of this package with a `run(plan)` that yields rows. They are imported one by one when their turn
comes, so that whatever is missing on a machine costs only its own rows. Exit 0 when the table stands, also with rows that
could not run; 2 for a wrong command line.
"""

import argparse
import json
import logging
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import cast

import structlog

from hub.commands.common import OneLineParser
from scripts.benchmarks.machine import load, machine, versions
from scripts.benchmarks.rows import Benchmark, Plan, Row, guarded
from scripts.benchmarks.table import lines

BENCHMARKS = {
    "scanner": "the scanner per frame beside bare pyzbar and bare zxing-cpp",
    "reading": "read rate on drawn gate frames: twelve conditions, each rung, whole visits; --plot draws it",
    "latency": "from a frame to the kept decision beside a bare commit",
    "pins": "from a sensor's edge to the relay's pin beside a bare commit",
    "decision": "decode, verify and decide per pass beside a bare Ed25519 verify, and the largest lists",
    "ingest": "the hub's intake through mosquitto with TLS beside the same rows from memory",
    "backlog": "a week's backlog of four gates, their memory, and crossings that come meanwhile",
    "flood": "another gate's ack while one gate floods the hub, beside the same with nobody else about",
    "one_plate": "one more passage of a plate that passed 3,000 times, beside one of a plate that passed once",
    "stream": "from a gate's message to the page that shows it, crossings and alerts, beside its ack; 200 idle streams",
    "export": "the CSV of visits beside sqlite3 -csv, at a million rows too, and the memory it takes",
    "figures": "the figures of any range at a million visits beside the same questions by sqlite3",
    "pages": "each page at 100,000 persons and a million visits beside a bare Flask page, in time of the processor",
    "imports": "a list of 100,000 persons into a register beside sqlite3, and how long another writer waits meanwhile",
    "photographs": "read rate on the pictures of --photos beside bare pyzbar and bare zxing-cpp",
}
SEED = 7
PLOT = "reading.png"
ON_DISK = Path("/var/tmp")  # noqa: S108 -- mkdtemp makes a private folder in it; /tmp may be memory, where a sync costs nothing


def main(arguments: Sequence[str] | None = None) -> int:
    """Parses the command line, runs, prints; the exit status."""
    options = _parser().parse_args(arguments)
    if fault := _fault(options):
        print(f"bench: {fault}", file=sys.stderr)
        return 2
    # so that a benchmark that is ended takes its processes and its folder with it
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(128 + signal.SIGTERM))
    # standard output is the table's
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    with tempfile.TemporaryDirectory(prefix="kakou-bench-", dir=options.folder) as name:
        folder = Path(name)
        about = machine(folder)
        rows = [row for each in dict.fromkeys(options.only) for row in _run(each, folder, options)]
        if options.plot is not None and (folder / "reading" / PLOT).exists():
            options.plot.write_bytes((folder / "reading" / PLOT).read_bytes())
    about["load_after"] = load()
    print("\n".join(lines(about, rows)))
    if options.json is not None:
        found = {
            "machine": about,
            "versions": versions(),
            "seed": options.seed,
            "quick": options.quick,
            "rows": [row.as_json() for row in rows],
        }
        options.json.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def _fault(options: argparse.Namespace) -> str | None:
    """What is wrong with the command line, said before anything is measured."""
    unknown = [name for name in options.only if name not in BENCHMARKS]
    if unknown:
        return f"no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}"
    if not options.folder.is_dir():
        return f"{options.folder}: no such folder"
    if options.json is not None:
        try:
            options.json.touch()
        except OSError as error:
            return f"{options.json}: {error.strerror}"
    return None


def _run(name: str, folder: Path, options: argparse.Namespace) -> Iterator[Row]:
    """A benchmark's rows; it is imported only now."""

    def say(what: str) -> None:
        print(f"bench: {name}: {what}", file=sys.stderr, flush=True)

    def imported(plan: Plan) -> Iterator[Row]:
        return cast(Benchmark, import_module(f"scripts.benchmarks.{name}").run)(plan)

    own = folder / name
    own.mkdir()
    return guarded(name, imported, Plan(options.quick, options.seed, own, options.photos, say))


def _parser() -> argparse.ArgumentParser:
    text = "\n".join(f"  {name:<12} {what}" for name, what in BENCHMARKS.items())
    parser = OneLineParser(
        prog="scripts/bench",
        description=f"Measures Kakou, each figure beside its floor in the same run:\n\n{text}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write machine, versions, seed and rows to FILE")
    parser.add_argument(
        "--photos", type=Path, metavar="DIR", help="photographs X.png or X.jpg, each with X.txt or X.bin beside it"
    )
    parser.add_argument("--plot", type=Path, metavar="FILE", help="where the chart of `reading` goes (PNG)")
    parser.add_argument("--only", nargs="+", default=list(BENCHMARKS), metavar="NAME", help="just these")
    parser.add_argument("--quick", action="store_true", help="a few of everything: does it run, not how fast is it")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of passes, plates and scenes (default {SEED})")
    parser.add_argument(
        "--folder",
        type=Path,
        default=ON_DISK,
        metavar="DIR",
        help=f"where to write for the time being: the disk to measure (default {ON_DISK})",
    )
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("bench: stopped")
