"""Runs a campaign of faults against a whole town, with a check of the four invariants after each handful.

scripts/faults --minutes 20 --seed 1          0 if nothing was lost, doubled or invented, 1 with every fault named
scripts/faults --minutes 1 --control          gates that open before they have written: a campaign must find it (1)
scripts/faults --power-cuts 40                the page cache goes with the power; with --control SQLite writes with NORMAL (1)
scripts/faults --io-errors 40                 the disk answers EIO
scripts/faults --loss 3                       40 % of a gate's packets are lost

2, with one line, where this machine lacks what a campaign needs.
"""

import argparse
import io
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from scripts.faulting import io_errors, loss, mixed, power
from scripts.faulting.account import Account, report
from scripts.faulting.needs import CannotRunError

Campaign = Callable[[Path, argparse.Namespace], Account]
BY_HAND: Mapping[str, Campaign] = {"power_cuts": power.run, "io_errors": io_errors.run, "loss": loss.run}
"""The campaigns that are asked for by an option of their own."""


def parser() -> argparse.ArgumentParser:
    """The command line of `scripts/faults`."""
    made = argparse.ArgumentParser(
        prog="scripts/faults",
        description="Kills, cuts, fills, clones and restores a whole town, and counts its records.",
    )
    made.add_argument("--minutes", type=float, default=2.0, metavar="N", help="how long (default: %(default)s)")
    made.add_argument("--seed", type=int, default=1, metavar="S", help="which faults (default: %(default)s)")
    made.add_argument("--gates", type=int, default=4, metavar="N", help="default: %(default)s")
    made.add_argument("--rate", type=float, default=10.0, help="vehicles a second at each gate (default: %(default)s)")
    made.add_argument("--kinds", metavar="TEXT", help="only kinds whose name holds this text")
    made.add_argument("--keep", type=Path, metavar="DIR", help="a new folder for everything, which then stays")
    made.add_argument("--control", action="store_true", help="careless gates: the campaign must fail")
    instead = made.add_mutually_exclusive_group()
    instead.add_argument(
        "--power-cuts", type=_count, metavar="N", help="instead: N power cuts that lose the page cache"
    )
    instead.add_argument(
        "--io-errors", type=_count, metavar="N", help="instead: N times EIO for a gate or the listener"
    )
    instead.add_argument("--loss", type=_count, metavar="N", help="instead: N rounds with 40 %% of all packets lost")
    return made


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


_count.__name__ = "count of at least 1"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one campaign and prints its table."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # progress is seen as it comes, in a file too
        sys.stdout.reconfigure(line_buffering=True)
    made = parser()
    chosen = made.parse_args(arguments)
    named = next((name for name in BY_HAND if getattr(chosen, name)), None)
    if chosen.control and named not in (None, "power_cuts"):
        made.error("--control: there is one for the campaign of all kinds, and one for --power-cuts")
    with tempfile.TemporaryDirectory(prefix="kakou-faults-") as name:
        folder = chosen.keep or Path(name)
        if chosen.keep is not None:
            folder.mkdir(parents=True)
        folder.chmod(0o711)
        began = time.monotonic()
        try:
            told = BY_HAND.get(named or "", mixed.run)(folder, chosen)
        except CannotRunError as error:
            print(f"scripts/faults: {error}", file=sys.stderr)
            return 2
        report(told, f"seed {chosen.seed}", time.monotonic() - began)
    return 1 if told.faults else 0


if __name__ == "__main__":
    sys.exit(main())
