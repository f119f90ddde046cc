"""The names under which a record may hold personal values: those of every operation, and those that one declares (`Policy.fields`).

Tested in `tests/contract/test_values.py`.
"""

import re

from edge.contract.facts import PERSONAL_FIELDS

EXTRA_FIELD = r"^x_[a-z_]{1,30}$"
"""The id of a personal field that an operation declares."""
_EXTRA = re.compile(EXTRA_FIELD.replace("$", r"\Z"))


def is_personal(field: str) -> bool:
    """Returns True if a record may hold a personal value under this name."""
    return field in PERSONAL_FIELDS or _EXTRA.match(field) is not None
