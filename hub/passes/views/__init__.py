"""The pages of passes, one module per page, on one blueprint."""

from hub.passes.views import importing, issuing, keys, one, printing, watched
from hub.passes.views.blueprint import blueprint

__all__ = ["blueprint", "importing", "issuing", "keys", "one", "printing", "watched"]
