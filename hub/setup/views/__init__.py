"""The steps of setting a town up in the browser, for its first admin: display, operation, gates with their bundles, what is next."""

from hub.setup.views import display, gates, operation, over
from hub.setup.views.blueprint import blueprint

__all__ = ["blueprint", "display", "gates", "operation", "over"]
