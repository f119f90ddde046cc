"""The pages that stand on the page of registers beside the registers themselves: each part of the product adds its line here.

Tested in `tests/hub/registers/views/test_every.py`.
"""

from dataclasses import dataclass
from typing import Any

from hub.accounts.roles import Role


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """A link on the page of registers: its endpoint, sign, words, and the group of registers that it stands in."""

    endpoint: str
    symbol: str
    text: Any
    about: Any
    group: str
    least: Role = Role.VIEWER


PAGES: tuple[RegisterPage, ...] = ()
"""In the order of the page."""
