"""A unit of the organisation and a level of its tree as values, and what may be said of them. Pure.

Tested in `tests/hub/organisation/test_store.py` and `tests/hub/organisation/test_levels.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from edge.contract.canonical import Json
from edge.contract.values import LONGEST_LINE
from hub.errors import RefusedError

ID = re.compile(r"[a-z0-9_-]{1,32}")
"""Ids of units and of levels."""
LONGEST_NAME = 60
MOST_UNITS = 20_000
"""Of one town: a county's micro-grids of 30 to 50 households fit."""
DEEPEST = 12
MOST_POSITION = 100_000


@dataclass(frozen=True, slots=True)
class Level:
    """A level of the tree, as a town names it: 镇, 管区, 村, 网格 ..."""

    id: str
    zh: str
    en: str

    def name(self, language: str) -> str:
        """The name in a language, or the one that there is."""
        return _in(language, self.zh, self.en)


DEFAULT_LEVELS = (
    Level("town", "镇", "Town"),
    Level("area", "管区", "Administrative area"),
    Level("village", "村", "Village"),
    Level("grid", "网格", "Grid"),
    Level("micro", "微网格", "Micro-grid"),
)
"""The levels of a town that has named none itself."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: a village, a grid ... `path` holds the ids from the root to the unit, each ended by `/`: a branch is a range of it."""

    id: str
    parent: str | None
    path: str
    level: str
    zh: str
    en: str
    position: int = 0
    """Its place among the units of the same parent; of equal ones the names decide."""
    remark: str = ""
    closed_at: str | None = None
    version: int = 1

    def name(self, language: str) -> str:
        """The name in a language, or the one that there is."""
        return _in(language, self.zh, self.en)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids from the root to the unit, its own one last."""
        return tuple(self.path.rstrip("/").split("/"))

    @property
    def depth(self) -> int:
        """How many units stand above it."""
        return len(self.ids) - 1

    def holds(self, other: "Unit") -> bool:
        """Returns True if the other unit stands in this one's branch; a unit stands in its own."""
        return other.path.startswith(self.path)

    @property
    def fields(self) -> Mapping[str, Json]:
        """What the audit says of it."""
        named: dict[str, Json] = {
            "parent": self.parent or "", "level": self.level, "zh": self.zh, "en": self.en,
            "position": self.position, "remark": self.remark, "closed": self.closed_at or "",
        }  # fmt: skip
        return named


NOWHERE = Unit("", None, "!/", "", "", "")
"""A branch without any unit: no id holds a `!`."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a form, a row of a list or the command line says of a unit. `parent` empty: it is a root. `id` empty: the hub gives one."""

    level: str
    zh: str = ""
    en: str = ""
    parent: str = ""
    id: str = ""
    position: int = 0
    remark: str = ""

    def checked(self) -> "Said":
        """The same without blanks around; `RefusedError` if a name, the id, the place or the remark is none."""
        said = replace(
            self, zh=self.zh.strip(), en=self.en.strip(), parent=self.parent.strip(), id=self.id.strip(), remark=self.remark.strip()
        )  # fmt: skip
        if said.id and ID.fullmatch(said.id) is None:
            raise RefusedError("unit %(text)r: expected 1 to 32 of a-z, 0-9, '_', '-' as its id", text=said.id)
        if not said.zh and not said.en:
            raise RefusedError("unit: expected a name, found nothing")
        for name in (said.zh, said.en):
            if len(name) > LONGEST_NAME or (name and not name.isprintable()):
                raise RefusedError("unit: expected a name of at most %(most)s visible characters", most=LONGEST_NAME)
        if len(said.remark) > LONGEST_LINE or (said.remark and not said.remark.isprintable()):
            raise RefusedError("remark: expected at most %(most)s visible characters", most=LONGEST_LINE)
        if not 0 <= said.position <= MOST_POSITION:
            raise RefusedError("order: expected 0 to %(most)s", most=MOST_POSITION)
        return said


def _in(language: str, zh: str, en: str) -> str:
    return (zh or en) if language.startswith("zh") else (en or zh)
