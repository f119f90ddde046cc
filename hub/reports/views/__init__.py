"""The pages of figures and of the daily report, one module per page, on one blueprint."""

from hub.reports.views import daily, page
from hub.reports.views.blueprint import blueprint

__all__ = ["blueprint", "daily", "page"]
