"""The forms about an operation's decision, period and end. Tested in `tests/hub/operations/test_views.py`."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import DateTimeLocalField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from edge.contract.facts import Disinfection
from edge.contract.values import LONGEST_LINE
from hub.console.forms import PageForm, in_years, stripped
from hub.operations.frame import LONGEST, LONGEST_REASON, Frame

MINUTE = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
AS_IT_IS = ""
DISINFECTION = (
    (AS_IT_IS, _("As the template has it")),
    (Disinfection.OPTIONAL.value, _("Optional: the officer decides")),
    (Disinfection.OFF.value, _("Off")),
)


class CodedField(SelectField):
    """A choice of codes with their words. (WTForms takes pairs only once the field is there.)"""

    def __init__(self, label: Any, *, codes: Iterable[tuple[str, Any]], **more: Any):
        super().__init__(label, **more)
        self.choices = list(codes)


class FrameForm(PageForm):
    """What the decision says."""

    organ = StringField(
        _("Deciding organ"),
        [DataRequired(_("A decision names it.")), Length(max=LONGEST["organ"])],
        filters=[stripped],
    )
    number = StringField(
        _("Document number"),
        [DataRequired(_("A decision names it.")), Length(max=LONGEST["number"])],
        filters=[stripped],
    )
    scope = StringField(
        _("Scope"), [DataRequired(_("A decision names it.")), Length(max=LONGEST["scope"])], filters=[stripped]
    )
    measures = TextAreaField(
        _("Measures"), [DataRequired(_("A decision names it.")), Length(max=LONGEST["measures"])], filters=[stripped]
    )
    laws = TextAreaField(_("Legal bases, one on each line"), [Length(max=LONGEST["laws"])], filters=[stripped])

    def frame(self) -> Frame:
        """The decision as it was typed; `RefusedError` for one that cannot be."""
        return Frame.of({name: self[name].data for name in LONGEST})


class StartForm(FrameForm):
    """A new operation."""

    zh = StringField(
        _("Name in Chinese"), [DataRequired(_("Enter a name.")), Length(max=LONGEST_LINE)], filters=[stripped]
    )
    en = StringField(
        _("Name in English"), [DataRequired(_("Enter a name.")), Length(max=LONGEST_LINE)], filters=[stripped]
    )
    starts = DateTimeLocalField(_("Starts"), [Optional()], format=MINUTE)
    ends = DateTimeLocalField(_("Ends"), [InputRequired(_("A decision names the period."))], format=MINUTE)
    disinfection = CodedField(_("Disinfection"), codes=DISINFECTION)

    def validate_starts(self, field: DateTimeLocalField) -> None:
        """A year that gates can count."""
        in_years(field, 1971, 2199)

    validate_ends = validate_starts


class ExtendForm(PageForm):
    """A later end."""

    until = DateTimeLocalField(_("New end"), [InputRequired(_("Give the new end."))], format=MINUTE)
    number = StringField(
        _("Number of the document that extends it"),
        [DataRequired(_("A decision names it.")), Length(max=LONGEST["number"])],
        filters=[stripped],
    )
    reason = StringField(
        _("Reason"),
        [DataRequired(_("Say why; it stays in the history.")), Length(max=LONGEST_REASON)],
        filters=[stripped],
    )

    def validate_until(self, field: DateTimeLocalField) -> None:
        """A year that gates can count."""
        in_years(field, 1971, 2199)


class EndForm(PageForm):
    """The end. `sure`: the operation's id, typed."""

    reason = StringField(
        _("Reason"),
        [DataRequired(_("Say why; it stays in the history.")), Length(max=LONGEST_REASON)],
        filters=[stripped],
    )
    number = StringField(_("Number of the document that ends it"), [Length(max=LONGEST["number"])], filters=[stripped])
    sure = StringField(
        _("The operation's id, to confirm"), [InputRequired(_("Type the operation's id."))], filters=[stripped]
    )

    def confirm(self, id_: str) -> bool:
        """Returns True if the id was typed."""
        if self.sure.data == id_:
            return True
        self.sure.errors = [*self.sure.errors, gettext("Type the operation's id: %(id)s", id=id_)]
        return False


__all__ = ["EndForm", "ExtendForm", "FrameForm", "StartForm", "ValidationError"]
