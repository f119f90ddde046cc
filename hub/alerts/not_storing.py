"""The reason why the listener cannot store anything, for every page to show, also on a disk without a free byte.

The file is made when there is room and only ever written over in place, which needs none. Empty (blanks): all is well.

Tested in `tests/hub/alerts/test_store.py`.
"""

from pathlib import Path

from hub import generated_files

SIZE = 256
NAME = "listener.trouble"


class Trouble:
    """The reason as one line in a file of fixed size."""

    def __init__(self, run: Path) -> None:
        self._path = run / NAME

    def say(self, what: str) -> None:
        """Puts the line there; a disk that takes not even that is no further trouble."""
        line = " ".join(what.split()).encode()[: SIZE - 1]
        try:
            generated_files.folder(self._path.parent)
            generated_files.make_way(self._path)
            if not self._path.exists() or self._path.stat().st_size != SIZE:
                self._path.write_bytes(b" " * SIZE)
            with self._path.open("r+b") as file:
                file.write(line.ljust(SIZE))
        except OSError:
            return

    def clear(self) -> None:
        """Takes the line away: all is well."""
        self.say("")

    def read(self) -> str | None:
        """The line, if there is one."""
        try:
            text = self._path.read_bytes().decode("utf-8", "replace").strip()
        except OSError:
            return None
        return text or None
