"""The pages of the operation: its decision and period, beginning and end, rules with their versions, closing report."""

from hub.operations.views import closing, page, rules, start
from hub.operations.views.blueprint import blueprint

__all__ = ["blueprint", "closing", "page", "rules", "start"]
