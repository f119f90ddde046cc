"""The pages of runs: a day as a timeline of each area, the history, the plans."""

from hub.runs.views import day, history, importing, plans
from hub.runs.views.blueprint import blueprint

__all__ = ["blueprint", "day", "history", "importing", "plans"]
