"""The pages of requests of people with special needs, one module per page, on one blueprint."""

from hub.needs.views import every, new, one
from hub.needs.views.blueprint import blueprint

__all__ = ["blueprint", "every", "new", "one"]
