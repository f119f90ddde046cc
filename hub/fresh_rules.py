"""A town whose rules are those of operation.toml as it stands now: whoever runs for months notices that it was edited."""

from dataclasses import replace
from threading import Lock

import structlog

from hub.errors import HubError
from hub.operation import FILE, Rules
from hub.town import Town

log = structlog.get_logger()


class FreshTown:
    """Reads the rules again when their file changed; a file that cannot be used leaves the last good rules in force."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._file = town.settings.folder / FILE
        self._stamp = self._look()
        self._lock = Lock()

    def current(self) -> Town:
        """The town as it is now; costs one look at the file's time."""
        stamp = self._look()
        if stamp != self._stamp:
            with self._lock:
                self._stamp = stamp
                try:
                    self._town = replace(self._town, rules=Rules.load(self._file.parent))
                except (HubError, OSError) as error:
                    log.error("the rules stay as they were", why=str(error))
        return self._town

    def _look(self) -> tuple[int, int] | None:
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size
