"""A town whose rules follow operation.toml: a process that runs for months notices that the file was edited.

A file that cannot be used ends nothing: the rules published last hold, which the gates have, until it is right again. Of hub.toml only
what pages show follows the file (language, time zone); all else there counts from a process's start on.

Tested in `tests/hub/town/test_rules_broken.py`.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock

import structlog

from hub.database.engine import UnusableError
from hub.errors import HubError
from hub.town.operation import Rules
from hub.town.operation_file import FILE
from hub.town.settings import FILE as SETTINGS_FILE
from hub.town.settings import Settings
from hub.town.town import Town

log = structlog.get_logger()
Stamp = tuple[int, ...] | None


class FreshTown:
    """Reads the rules again when their file changed; `published` gives those published last, for when the file cannot be used."""

    def __init__(self, town: Town, published: Callable[[], Rules | None]) -> None:
        self._town, self._published = town, published
        self._file = town.settings.folder / FILE
        self._settings = town.settings.folder / SETTINGS_FILE
        self._lock = Lock()
        self._fault: str | None = None
        self._stamp = self._look()
        self._read()

    def current(self) -> Town:
        """The town as it is now; costs one look at the file's times."""
        if self._look() != self._stamp:
            with self._lock:
                # looked at before it is read: what is written meanwhile is read again
                self._stamp = self._look()
                self._read()
        return self._town

    @property
    def settings(self) -> Settings:
        """The settings of hub.toml as the last `current` found them; costs no look."""
        return self._town.settings

    @property
    def fault(self) -> str | None:
        """The fault of the file, in one line; None: its rules hold."""
        return self._fault

    def _read(self) -> None:
        self._town = replace(self._town, settings=self._shown())
        try:
            rules = Rules.load(self._file.parent)
        except HubError as error:
            log.error("the rules published last hold", why=str(error))
            self._fault = str(error)
            self._town = replace(self._town, given=self._last())
        else:
            if self._fault is not None:
                log.info("the rules of the file hold again")
            self._fault = None
            self._town = replace(self._town, given=rules)

    def _shown(self) -> Settings:
        """The settings with the language and the time zone of the file; those of before where it cannot be used."""
        before = self._town.settings
        try:
            found = Settings.load(before.folder)
        except HubError as error:
            log.error("the settings of before hold", why=str(error))
            return before
        return before.model_copy(update={"language": found.language, "timezone": found.timezone})

    def _last(self) -> Rules | None:
        try:
            found = self._published()
        except UnusableError as error:
            log.error("the rules published last cannot be read", why=str(error.orig))
            found = None
        # those read before are next best: nearly always the same
        return self._town.given if found is None else found

    def _look(self) -> tuple[Stamp, Stamp]:
        return _stamp(self._file), _stamp(self._settings)


def _stamp(file: Path) -> Stamp:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
