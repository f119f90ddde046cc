"""Texts that atheris makes, guided by which lines of the gate's code they reach: `python -m scripts.fuzzing.guided RUNS SEED`.

Each input is tried in four ways: as a text, behind the prefix of a pass, as the bytes of a COSE message, and as a payload that
the town has signed, so that no signature has to be guessed. It begins with genuine passes. atheris counts branches of Python
only: what it cannot see of cbor2 and of the signature check, the texts of `attack` are for.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import atheris
import base45
import cbor2

with atheris.instrument_imports(include=["edge", "base45"]):
    from edge.contract.passes import PREFIX
    from scripts.fuzzing.__main__ import Report, settled
    from scripts.fuzzing.attack import Town, genuine, signed, town, written


def texts(data: bytes, town_: Town) -> Iterator[str]:
    """One input, in each of the ways."""
    text = data.decode("utf-8", "surrogateescape")
    yield text
    yield PREFIX + text
    yield written(data)
    yield signed(data, town_)


def beginnings(town_: Town) -> Iterator[bytes]:
    """What the first inputs are: texts, messages and payloads of good passes."""
    for text in genuine(town_):
        yield text.encode()
        yield text.removeprefix(PREFIX).encode()
        message = base45.b45decode(text.removeprefix(PREFIX))
        yield message
        yield cbor2.loads(message).value[2]


def main(runs: int, seed: int) -> None:
    """Strikes until the runs are over, or the first fault; ends the process, with 1 for a fault."""
    made, report = town(Random(seed)), Report()  # noqa: S311 -- texts, no secrets
    folder = Path(tempfile.mkdtemp(prefix="kakou-fuzz-"))
    for number, data in enumerate(beginnings(made)):
        (folder / str(number)).write_bytes(data)

    def one(data: bytes) -> None:
        for text in texts(data, made):
            report.strike(made, text)
        if report.inputs >= runs or not report.passed:
            # libFuzzer ends a process without Python's farewell
            shutil.rmtree(folder)
            print("\n".join(report.lines()), flush=True)
            os._exit(0 if report.passed else 1)

    settled()
    atheris.Setup([sys.argv[0], f"-seed={seed}", "-max_len=600", "-verbosity=0", str(folder)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
