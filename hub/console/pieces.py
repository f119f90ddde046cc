"""The parts of a page that are swapped one by one: a short mark of what each shows, so that only what changed is sent.

Tested in `tests/hub/gates/test_live.py`.
"""

import hashlib
import re

_AGES = re.compile(r' (?:data-age|data-hash)="[^"]*"')
"""Grows old by itself on the page."""


def fingerprint(id_: str, content: str) -> str:
    """The mark of a part: another one if it shows something else; ages go on by themselves and do not count."""
    return hashlib.sha256(f"{id_}\0{_AGES.sub('', str(content))}".encode()).hexdigest()[:8]


def marks(text: str) -> frozenset[str]:
    """The marks of the parts that a page shows, as its question names them."""
    return frozenset(text.split("."))
