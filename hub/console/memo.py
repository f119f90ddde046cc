"""What pages say again and again, made once: words by their language, small parts of a list by what they show.

A page of fifty visits has five hundred words and two hundred small parts, of which some twenty differ.
Tested in `tests/hub/console/test_memo.py`.
"""

from functools import lru_cache
from typing import Any

from flask import Flask
from flask_babel import get_locale, get_translations
from markupsafe import Markup

ROOM = 4000
"""So many words, and so many parts, are remembered: a row of the ledger, the longest part, has some 4 kB."""
_parts: dict[tuple[object, ...], Markup] = {}


def register(app: Flask) -> None:
    """Gives `repeated` to the templates, and remembers what they have translated."""
    app.jinja_env.globals.update(_=words, gettext=words, repeated=repeated)


def words(text: str, /, **values: object) -> Markup:
    """A sentence in the reader's language; its values are escaped."""
    language = str(get_locale())
    return _translated(language, text) % values if values else _whole(language, text)


def repeated(macro: Any, *shown: str | bool | None) -> Markup:
    """What a macro makes of these values in the reader's language; called once for each of them. For macros that show nothing else."""
    key = (str(get_locale()), macro.name, *shown)
    made = _parts.get(key)
    if made is None:
        made = macro(*shown)
        if len(_parts) >= ROOM:
            _parts.clear()
        _parts[key] = made
    return made


@lru_cache(maxsize=ROOM)
def _translated(_language: str, text: str) -> Markup:
    return Markup(get_translations().ugettext(text))  # noqa: S704  # a sentence of ours


@lru_cache(maxsize=ROOM)
def _whole(language: str, text: str) -> Markup:
    return _translated(language, text) % {}  # a sentence writes `%%` for `%`
