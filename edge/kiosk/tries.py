"""Keeps in a small file how often in a row each officer's PIN was wrong: a restart forgives no guess.

The file holds counts and no times: neither the monotonic clock nor the wall clock can be trusted over a restart, so a rest that
was running begins anew.

Tested in `tests/edge/kiosk/test_pins.py`.
"""

from collections.abc import Mapping
from pathlib import Path

import structlog
from pydantic import NonNegativeInt, TypeAdapter, ValidationError

from edge.contract.files import set_aside, write_whole

log = structlog.get_logger()

FILE = "pin-tries.json"
_COUNTS = TypeAdapter(dict[str, NonNegativeInt])
MOST = 1_000_000
"""A count beyond it is no count of ours."""


class TriesFile:
    """The counts in the file at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Mapping[str, int]:
        """Officer -> wrong PINs in a row. A file that cannot be used is moved aside, and counting begins anew."""
        try:
            text = self._path.read_bytes()
            counts = _COUNTS.validate_json(text, strict=True)
            if max(counts.values(), default=0) <= MOST:
                return counts
            error: Exception = ValueError(f"a count above {MOST}")
        except FileNotFoundError:
            return {}
        except (OSError, ValidationError) as fault:
            error = fault
        self._move_aside(error)
        return {}

    def keep(self, counts: Mapping[str, int]) -> None:
        """Writes the counts durably. A disk that takes no file forgives nothing until the next start: they count in memory."""
        try:
            write_whole(self._path, _COUNTS.dump_json(dict(counts)).decode())
        except OSError as error:
            log.error("wrong PINs are not kept on the disk", path=str(self._path), error=str(error))

    def _move_aside(self, error: Exception) -> None:
        fault = str(error).partition("\n")[0]
        try:
            log.error(
                "file of wrong PINs moved aside", path=str(self._path), to=str(set_aside(self._path)), fault=fault
            )
        except OSError as left:
            log.error("file of wrong PINs cannot be used", path=str(self._path), fault=fault, error=str(left))
