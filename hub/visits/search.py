"""The search form of the ledger: what a person typed -> a filter, or a line at the field that is wrong.

Tested in `tests/hub/web/test_app.py`.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _
from wtforms import DateTimeLocalField, SearchField, SelectField
from wtforms.validators import Length, Optional, ValidationError

from edge.contract.records import wall_text
from hub.console.forms import PageForm, in_years
from hub.ledger.queries import Cursor, Filter

FIELDS = (
    "plate", "gate", "direction", "outcome", "reason", "read_by", "start", "end", "vehicle_class", "verdict", "disinfected",
    "only", "waited", "unit",
)  # fmt: skip
FORMER = ("gate", "vehicle_class")
NAME = re.compile(r"[\w-]{1,64}")
LONGEST_BACK = 1000
_LIMITS = (15, 30, 45, 60, 90, 120, 180, 300, 600, 1800, 3600)
WAITS = tuple(
    (f"{above}-{at_most or ''}", above, at_most) for above, at_most in zip((0, *_LIMITS), (*_LIMITS, None), strict=True)
)
"""The waiting times that can be asked for: as an address spells them, more than so many seconds, at most so many (None: no limit)."""
_MINUTE = "%Y-%m-%dT%H:%M"


class SearchForm(PageForm):
    """Every field may stay empty; times are the town's."""

    plate = SearchField(_("Plate"), [Length(max=32)])
    gate = SelectField(_("Gate"), default="")
    direction = SelectField(_("Direction"), default="")
    outcome = SelectField(_("Outcome"), default="")
    reason = SelectField(_("Reason"), default="")
    read_by = SelectField(_("Read by"), default="")
    vehicle_class = SelectField(_("Class"), default="")
    verdict = SelectField(_("Verdict"), default="")
    disinfected = SelectField(_("Disinfection"), default="")
    only = SelectField(_("Only"), default="")
    waited = SelectField(_("Waited"), default="")
    start = DateTimeLocalField(_("From"), [Optional()], format=[_MINUTE, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"])
    end = DateTimeLocalField(_("Until"), [Optional()], format=[_MINUTE, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"])

    def validate_start(self, field: DateTimeLocalField) -> None:
        """A time that the ledger can hold."""
        in_years(field)

    def validate_end(self, field: DateTimeLocalField) -> None:
        """A range runs forwards."""
        in_years(field)
        if field.data and self.start.data and field.data <= self.start.data:
            raise ValidationError(_("“Until” must be later than “From”."))

    def offer(self, choices: Mapping[str, list[tuple[str, str]]], everything: str) -> None:
        """Fills the lists to choose from."""
        for name, pairs in choices.items():
            field = self[name]
            assert isinstance(field, SelectField)
            known = [("", everything), *pairs]
            if name in FORMER and field.data and field.data not in dict(known) and NAME.fullmatch(field.data):
                # a gate or a class of before still has its visits
                known.append((field.data, field.data))
            field.choices = known

    def filter(self, zone: ZoneInfo, *, whole: bool) -> Filter:
        """The filter that the form asks for; only of a form that is valid. `whole`: whole plates only."""
        return Filter(
            plate=(self.plate.data or "").strip(),
            whole=whole,
            gate=self.gate.data or "",
            direction=self.direction.data or "",
            outcome=self.outcome.data or "",
            reason=self.reason.data or "",
            read_by=self.read_by.data or "",
            vehicle_class=self.vehicle_class.data or "",
            verdict=self.verdict.data or "",
            disinfected=self.disinfected.data or "",
            only=self.only.data or "",
            waited=self.waited.data or "",
            start=_utc(self.start.data, zone),
            end=_utc(self.end.data, zone),
        )


def address(base: str, arguments: Mapping[str, str], **more: Cursor) -> str:
    """The address of a neighbouring page: the same search, another cursor."""
    kept = {name: value for name, value in arguments.items() if name in FIELDS and value}
    kept |= {name: "~".join(value) for name, value in more.items()}
    return f"{base}?{urlencode(kept)}" if kept else base


def search_again(base: str, back: str) -> str:
    """The address of the search from which a visit was opened: `back` is its query; what is no part of a search is left out."""
    try:
        asked = dict(parse_qsl(back[:LONGEST_BACK]))
    except ValueError:
        return base
    places = {name: tuple(asked[name].split("~")) for name in ("older", "newer") if asked.get(name, "").count("~") == 1}
    return address(base, asked, **places)  # type: ignore[arg-type]  # two parts each


def _utc(local: datetime | None, zone: ZoneInfo) -> str:
    return "" if local is None else wall_text(local.replace(tzinfo=zone))
