"""The pages that stand on the page of registers beside the registers themselves, each with how full and how fresh what it leads to is.

The app is given them when it is made (`hub.web.register_cards`). Tested in `tests/hub/registers/views/test_every.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app

from hub.accounts.roles import Role

PAGES = "kakou-register-pages"


@dataclass(frozen=True, slots=True)
class CardFigures:
    """How full a page's list is: rows, how many are not finished, how many are late, when it was last written in.

    None for `open`: nothing of it is ever open. `late`: where the late ones are listed; `late_words`: what they are called, if not overdue.
    """

    rows: int
    open: int | None
    overdue: int
    changed_at: str | None
    late: str = ""
    late_words: str = ""


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """A link on the page of registers: its endpoint, sign, words, the group of registers that it stands in, and its figures."""

    endpoint: str
    symbol: str
    text: Any
    about: Any
    group: str
    figures: Callable[[], CardFigures | None]
    least: Role = Role.VIEWER


def set_pages(app: Flask, pages: Sequence[RegisterPage]) -> None:
    """Gives the app its pages, in their order."""
    app.extensions[PAGES] = tuple(pages)


def pages() -> tuple[RegisterPage, ...]:
    """The pages of this app."""
    found: tuple[RegisterPage, ...] = current_app.extensions.get(PAGES, ())
    return found
