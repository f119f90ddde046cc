"""The base of the console's forms: built-in messages in the language of the request; nothing typed is lost.

Tested in `tests/hub/web/test_app.py`.
"""

from typing import Any

from flask import abort, request
from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from wtforms import DateField, DateTimeField, Form
from wtforms.i18n import get_translations
from wtforms.meta import DefaultMeta
from wtforms.validators import ValidationError

MAX_DIGITS = 18
"""Of a row's id: all of them fit into the 64 bits of a database's integer."""


class PageForm(Form):
    """A form of a page. Its CSRF token is the page's, checked for every POST before any view runs."""

    class Meta(DefaultMeta):
        """How the form speaks."""

        def get_translations(self, form: Any) -> Any:
            """WTForms' own words for what is wrong with a value."""
            locale = get_locale()
            if locale is None or locale.language == "en":
                return super().get_translations(form)
            return get_translations([locale.language])


def stripped(text: str | None) -> str:
    """A field's text without the blanks around it."""
    return (text or "").strip()


def row_id(text: str | None) -> int | None:
    """A row's id as an address spells it; None for none, or for one that is no number; 400 for what no database counts to."""
    if not text or not (text.isascii() and text.isdigit()):
        return None
    if len(text) > MAX_DIGITS:
        abort(400)
    return int(text)


def in_years(field: DateField | DateTimeField, first: int = 1970, last: int = 9998) -> None:
    """`ValidationError` for a time that has no neighbour in UTC, or that nothing here can hold."""
    if field.data and not first <= field.data.year <= last:
        raise ValidationError(_("Give a year from %(first)s to %(last)s.", first=first, last=last))


def version() -> int:
    """The version of the row that the form was made for; 400 for a form without."""
    found = row_id(request.form.get("version"))
    if found is None:
        abort(400)
    return found
