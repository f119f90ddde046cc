"""`scripts/fuzz`: hostile QR texts against the gate's decision, each of them timed. Exit 1 for an exception or more than 5 ms.

With `--intake`: hostile messages against the hub's listener (`intake`), from a seed; exit 1 for any fault.

With `--api URL`: Schemathesis against the API of a hub that runs, with `--token` or without.

With atheris installed (there are wheels for x86-64 only) the inputs are its own, guided by coverage, in `guided`; else, and
with `--plain`, they come from `attack`, by a seed.
"""

import argparse
import gc
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from random import Random

from edge.contract.reasons import Direction, Reason
from hub.commands.common import OneLineParser
from scripts.fuzzing.attack import Arsenal, Town, blow, cpu, town
from scripts.fuzzing.intake import throw

MOST_MS = 5.0
"""CPU of one text, judged once: what the gate can afford at 15 frames a second."""
_AGAIN = 5
_SHOWN = 3


class Report:
    """What was found. `worst`: milliseconds of CPU for one text, and the text. Every other one is judged on the way out."""

    def __init__(self) -> None:
        self.inputs = 0
        self.worst = (0.0, "")
        self.reasons: Counter[Reason] = Counter()
        self.faults: list[tuple[str, str]] = []
        self._began = time.perf_counter()

    def strike(self, town_: Town, text: str) -> None:
        """One text."""
        self.inputs += 1
        way = Direction.IN if self.inputs % 2 else Direction.OUT
        try:
            spent = cpu(lambda: self.reasons.update((blow(town_.rules, text, way),)))
            if spent > max(self.worst[0], 1.0):
                # a page fault or a collection is no fault of the text: the best of some tries is what it costs
                spent = min(spent, *(cpu(lambda: blow(town_.rules, text, way)) for _ in range(_AGAIN)))
        except Exception as error:  # any at all is what is looked for
            self.faults.append((f"{type(error).__name__}: {error}", text))
            return
        if spent > self.worst[0]:
            self.worst = (spent, text)

    @property
    def passed(self) -> bool:
        """No exception, and nothing that took too long."""
        return not self.faults and self.worst[0] <= MOST_MS

    def lines(self) -> list[str]:
        """The report as text."""
        seconds = time.perf_counter() - self._began
        worst, text = self.worst
        told = [
            f"inputs      {self.inputs:,}",
            f"throughput  {self.inputs / seconds:,.0f} a second",
            f"worst       {worst:.2f} ms of CPU (at most {MOST_MS:.0f}), on {_short(text)}",
            f"exceptions  {len(self.faults)}",
            "reasons     " + ", ".join(f"{reason} {times:,}" for reason, times in self.reasons.most_common()),
        ]
        return told + [f"  {what} on {_short(text)}" for what, text in self.faults[:_SHOWN]]


def fuzz(inputs: int, seed: int) -> Report:
    """So many texts out of the arsenal."""
    random = Random(seed)  # noqa: S311 -- texts, no secrets
    made = town(random)
    arsenal, report = Arsenal(made, random), Report()
    settled()
    try:
        for _ in range(inputs):
            report.strike(made, arsenal.text())
    except KeyboardInterrupt:
        print("fuzz: interrupted: this is what was found so far", file=sys.stderr)
    gc.unfreeze()
    return report


def against_api(url: str, token: str | None, examples: int, seed: int) -> int:
    """Schemathesis as its makers ship it, with every check, against a hub that runs; the exit status is its own."""
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{url.rstrip('/')}/api/openapi.json"]
    command += [f"--max-examples={examples}", f"--seed={seed}", "--rate-limit=auto"]
    # the command line of a process is read by others: that of the demo, of whose town nobody is
    command += ["-H", f"Authorization: Bearer {token}"] if token else []
    return subprocess.run(command, check=False).returncode


def settled() -> None:
    """What is there now is no garbage: no collection of it falls into a text's time."""
    gc.collect()
    gc.freeze()


def main(arguments: Sequence[str] | None = None) -> int:
    """Parses the command line, strikes, reports; the exit status."""
    options = _parser().parse_args(arguments)
    if options.api:
        return against_api(options.api, options.token, options.examples, options.seed)
    if options.intake:
        found = throw(options.inputs, options.seed, lambda line: print(line, file=sys.stderr, flush=True))
        print("\n".join(found.lines()))
        return 0 if found.passed else 1
    if find_spec("atheris") is not None and not options.plain:
        command = [sys.executable, "-P", "-m", "scripts.fuzzing.guided", str(options.inputs), str(options.seed)]
        # its C code ends the process that it runs in
        return subprocess.run(command, check=False).returncode
    report = fuzz(options.inputs, options.seed)
    print("\n".join(report.lines()))
    return 0 if report.passed else 1


def _short(text: str) -> str:
    return ascii(text) if len(text) <= 300 else f"{text[:300]!a} … ({len(text)} characters)"


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="scripts/fuzz",
        description="Hostile QR texts against the gate's decision, or messages against the hub's intake.",
    )
    parser.add_argument(
        "--intake", action="store_true", help="words and records of a hostile gate, against the listener"
    )
    parser.add_argument(
        "--inputs", type=int, default=100_000, help="how many texts, or words and records (default 100,000)"
    )
    parser.add_argument("--api", metavar="URL", help="Schemathesis against the API of a hub that runs, as the demo's")
    parser.add_argument("--token", metavar="TEXT", help="with --api: a token; it issues passes, so never a real town's")
    parser.add_argument("--examples", type=int, default=200, help="with --api: requests of each address (default 200)")
    parser.add_argument("--seed", type=int, default=7, help="the same seed, the same texts")
    parser.add_argument("--plain", action="store_true", help="random changes also where atheris is installed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
