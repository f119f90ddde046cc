"""The demo's live lines: what each gate's own screen says now, one line a gate, in place on a terminal."""

import shutil
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TextIO

from edge.contract.reasons import VERDICT_WORDS, Verdict
from edge.simulation.officer import Officer, OfficerError
from edge.simulation.scenario import TRUTH

SHAPES = {Verdict.GO: "●", Verdict.LOOK: "▲", Verdict.HOLD: "◆", Verdict.STOP: "■"}
"""Beside the words: no colour is needed to tell them apart."""
CLEAR_LINE = "\x1b[2K"


@dataclass(frozen=True, slots=True)
class GateWatch:
    """One gate as the demo looks at it from outside: its screen's address and its folder."""

    gate: str
    kiosk_url: str
    folder: Path

    def line(self) -> str:
        """What the gate says now, in one line."""
        came = self.came()
        try:
            state = Officer(self.kiosk_url).state()
        except OfficerError:
            return f"{self.gate:<10} came {came:>3}   gate is not running"
        lane = state["lanes"][0]
        link = "link up" if state["link"]["connected"] and state["link"]["hub_online"] else "NO LINK"
        return f"{self.gate:<10} came {came:>3}   {link}   queued {state['backlog']:>3}   {_lane(lane)}"

    def came(self) -> int:
        """How many vehicles came so far, by the scenario's own word."""
        path = self.folder / TRUTH
        return path.read_bytes().count(b'"arrived"') if path.exists() else 0


def _lane(lane: Mapping[str, str | None]) -> str:
    if lane["verdict"] is None:
        return f"{lane['state']}"
    verdict = Verdict(lane["verdict"])
    zh, en = VERDICT_WORDS[verdict]
    return f"{SHAPES[verdict]} {zh} {en:<9} {lane['reason']} {lane['plate'] or ''}".rstrip()


def fitting(line: str, width: int) -> str:
    """The head of a line that fits into so many columns; a Chinese character takes two."""
    for end, used in enumerate(accumulate(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in line)):
        if used > width:
            return line[:end]
    return line


class Lines:
    """Writes a block of lines: over the last one on a terminal, else one after another and not too often."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._written = 0
        self.in_place = out.isatty()
        self.every = 1.0 if self.in_place else 15.0
        """Seconds between two blocks."""

    def write(self, lines: Sequence[str]) -> None:
        """One block."""
        if self.in_place and self._written:
            self._out.write(f"\x1b[{self._written}A")
        if self.in_place:
            # a line that wraps would be two to the terminal and one to us
            width = shutil.get_terminal_size().columns - 1
            lines = [CLEAR_LINE + fitting(line, width) for line in lines]
        self._out.write("".join(f"{line}\n" for line in lines))
        self._out.flush()
        self._written = len(lines)
