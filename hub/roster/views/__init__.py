"""The pages of the roster: the week of the gates, one shift, duty staff, what the town sets, importing, hours, handovers."""

from hub.roster.views import importing, one_shift, records, settings, sheet, staff, week
from hub.roster.views.blueprint import blueprint

__all__ = ["blueprint", "importing", "one_shift", "records", "settings", "sheet", "staff", "week"]
