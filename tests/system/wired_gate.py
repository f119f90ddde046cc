"""A real gate in a process of its own whose wires a test holds: each line of standard input drives one pin of its first lane.

outer_loop on        something closes the contact to ground
outer_loop off       and lets it go
"""

import sys
import threading
from contextlib import ExitStack
from pathlib import Path

from edge import config
from edge.unit import WATCH, Unit


def main(folder: Path) -> None:
    """Runs the unit as `kakou-gate run` does, until standard input ends or somebody kills it."""
    settings = config.load(folder)
    ended = threading.Event()
    with ExitStack() as stack:
        unit = Unit(folder, settings, stack)
        unit.start()
        threading.Thread(target=obey, args=(unit, ended), daemon=True).start()
        while not ended.wait(WATCH) and unit.alive:
            unit.watch()


def obey(unit: Unit, ended: threading.Event) -> None:
    """Does what standard input says."""
    pins = unit.settings.lanes[0].pins.fitted()
    for line in sys.stdin:
        name, level = line.split()
        pin = unit.factory.pin(pins[name])
        if level == "on":
            pin.drive_low()
        else:
            pin.drive_high()
    ended.set()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
