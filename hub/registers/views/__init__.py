"""The pages of every register, one module per page, on one blueprint."""

from hub.registers.views import every, listing, one, writing
from hub.registers.views.blueprint import blueprint, register

__all__ = ["blueprint", "every", "listing", "one", "register", "writing"]
