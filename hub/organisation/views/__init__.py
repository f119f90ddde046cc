"""The pages of the organisation: the tree of units, one unit, the levels, the import of a list; a module per page, on one blueprint."""

from hub.organisation.views import importing, levels, one, tree
from hub.organisation.views.blueprint import blueprint

__all__ = ["blueprint", "importing", "levels", "one", "tree"]
