"""The pages of village plans: the list, one plan with what stands on it, its forms, the page for paper; on one blueprint."""

from hub.villages.views import changing, paper, showing
from hub.villages.views.blueprint import blueprint

__all__ = ["blueprint", "changing", "paper", "showing"]
