"""The pages of every register, one module per page, on one blueprint."""

from hub.registers.views import days, every, importing, listing, naming, one, own, writing
from hub.registers.views.blueprint import blueprint, register, room_of

__all__ = [
    "blueprint",
    "days",
    "every",
    "importing",
    "listing",
    "naming",
    "one",
    "own",
    "register",
    "room_of",
    "writing",
]
