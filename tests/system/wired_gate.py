"""A real gate in a process of its own whose wires a test holds, by lines of standard input about its first lane.

outer_loop on        something closes the contact to ground
outer_loop off       and lets it go
sprayer ?            says on standard output how the pin stands: `sprayer on` or `sprayer off`
card hangs           from now on the journal's card answers no more
"""

import sys
import threading
from contextlib import ExitStack
from pathlib import Path

from edge import config
from edge.log import configure
from edge.unit.unit import Unit


def main(folder: Path) -> None:
    """Runs the unit as `kakou-gate run` does, until standard input ends or somebody kills it."""
    configure()
    settings = config.load(folder)
    ended = threading.Event()
    with ExitStack() as stack:
        unit = Unit(folder, settings, stack)
        unit.start()
        threading.Thread(target=obey, args=(unit, ended), daemon=True).start()
        unit.watch.run(ended)


def obey(unit: Unit, ended: threading.Event) -> None:
    """Does what standard input says."""
    pins = unit.base.settings.lanes[0].pins.fitted()
    for line in sys.stdin:
        match line.split():
            case ["card", "hangs"]:
                unit.journal.keep_all = hang  # type: ignore[method-assign,assignment]  # a disk that no call returns from
            case [name, "?"]:
                print(name, "on" if unit.base.factory.pin(pins[name]).state else "off", flush=True)
            case [name, "on"]:
                unit.base.factory.pin(pins[name]).drive_low()
            case [name, "off"]:
                unit.base.factory.pin(pins[name]).drive_high()
    ended.set()


def hang(_entries: object, /) -> None:
    """Never returns."""
    threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
