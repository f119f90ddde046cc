"""Finds the unit that a cell of a list means: by its code (the id), its name, or a path of names such as 大集镇/城东管区/王家村.

Tested in `tests/hub/organisation/test_naming.py`.
"""

import re
from collections.abc import Sequence

from sqlalchemy.engine import Connection

from hub.errors import RefusedError
from hub.organisation import store
from hub.organisation.branch import Branch
from hub.organisation.units import Unit

_BETWEEN = re.compile(r"\s*[/／>＞→]\s*|\s+[-—－]\s+")
GAP = " / "
SHOWN = 3
"""Paths that a refusal names of those that a cell could mean."""


class UnitNames:
    """The units that a list may name. `within`: the branch to which its sender is limited."""

    def __init__(self, found: Sequence[Unit], within: Branch | None = None) -> None:
        self._units = {each.id: each for each in found}
        self._within = None if within is None else within.units
        self._by_name: dict[str, list[Unit]] = {}
        for each in found:
            if within is not None and each.id not in within.units:
                continue
            for name in {_spelled(each.zh), _spelled(each.en)} - {""}:
                self._by_name.setdefault(name, []).append(each)

    @classmethod
    def of(cls, connection: Connection, town: str, within: Branch | None = None) -> "UnitNames":
        """The units of a town, closed ones too: a refusal says that they are."""
        return cls(store.every(connection, town, closed=True), within)

    def find(self, text: str) -> str:
        """The id of the unit that a text means; `RefusedError` where it is none, a closed one, or several."""
        coded = self._units.get(text.strip())
        if coded is not None and (self._within is None or coded.id in self._within):
            return self._open(coded, text)
        parts = [_spelled(each) for each in _BETWEEN.split(text.strip().strip("/／"))]
        meant = [each for each in self._by_name.get(parts[-1], ()) if self._stands_below(each, parts[:-1])]
        # of units of one name the open ones are meant
        meant = [each for each in meant if each.closed_at is None] or meant
        if not meant:
            raise RefusedError("unit %(text)r: the organisation has none of this name, path or code", text=text[:80])
        if len(meant) > 1:
            paths = tuple(sorted(self._path(each) for each in meant)[:SHOWN])
            raise RefusedError(
                "unit %(text)r: %(count)s units could be meant: %(paths)s; give the whole path or the code",
                text=text[:80], count=len(meant), paths=paths,
            )  # fmt: skip
        return self._open(meant[0], text)

    def _open(self, unit: Unit, text: str) -> str:
        if unit.closed_at is not None:
            raise RefusedError("unit %(unit)r: it is closed", unit=text[:80])
        return unit.id

    def _stands_below(self, unit: Unit, names: Sequence[str]) -> bool:
        """Returns True if the units above one are called so, from the one right above it upwards; names in between may be left out."""
        above = [self._units[each] for each in reversed(unit.ids[:-1]) if each in self._units]
        wanted = list(reversed(names))
        for each in above:
            if wanted and wanted[0] in (_spelled(each.zh), _spelled(each.en)):
                wanted.pop(0)
        return not wanted

    def _path(self, unit: Unit) -> str:
        names = (self._units[each] for each in unit.ids if each in self._units)
        return GAP.join(each.zh or each.en for each in names)


def _spelled(text: str) -> str:
    return " ".join(text.split()).casefold()
