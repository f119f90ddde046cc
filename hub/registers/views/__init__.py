"""The pages of every register, one module per page, on one blueprint."""

from hub.registers.views import every, importing, listing, one, writing
from hub.registers.views.blueprint import blueprint, register, room_of

__all__ = ["blueprint", "every", "importing", "listing", "one", "register", "room_of", "writing"]
