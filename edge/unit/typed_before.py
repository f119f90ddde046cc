"""Places and purposes that officers typed at this gate before, counted from the journal's personal values: what they need not type again.

Three fields are looked at, and no name, phone or remark. Left out is what looks like a number of somebody's (a phone, a house, a
document), or is long: a place that says so much is somebody's address.

Tested in `tests/edge/unit/test_typed_before.py`.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

FIELDS = ("origin", "destination", "purpose")
MOST = 12
"""Values of a field."""
LONGEST = 16
"""Characters of a value."""
_NUMBER = re.compile(r"\d{3}")


def typed_before(visits: Iterable[Mapping[str, str]]) -> Mapping[str, tuple[str, ...]]:
    """The values of each field, the most frequent first, of equally frequent ones the latest. `visits`: personal values, oldest first."""
    counted = {name: Counter[str]() for name in FIELDS}
    latest: dict[tuple[str, str], int] = {}
    for number, private in enumerate(visits):
        for name in FIELDS:
            value = private.get(name, "").strip()
            if _is_offered(value):
                counted[name][value] += 1
                latest[name, value] = number
    return {
        name: tuple(sorted(values, key=lambda each: (-values[each], -latest[name, each]))[:MOST])
        for name, values in counted.items()
    }


def _is_offered(value: str) -> bool:
    return 0 < len(value) <= LONGEST and not _NUMBER.search(unicodedata.normalize("NFKC", value))
