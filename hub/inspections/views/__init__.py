"""The pages of findings, one module per page, on one blueprint."""

from hub.inspections.views import day, every, new, one
from hub.inspections.views.blueprint import blueprint

__all__ = ["blueprint", "day", "every", "new", "one"]
