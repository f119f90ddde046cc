"""The pages of vehicles: the search that every page has, a page for each vehicle, and what is done about it there."""

from hub.vehicles.views import acts, one, search
from hub.vehicles.views.blueprint import blueprint

__all__ = ["acts", "blueprint", "one", "search"]
