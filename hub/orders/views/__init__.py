"""The pages of orders: the list with its form, one order with its receipts, what is done about it."""

from hub.orders.views import importing, one, pages
from hub.orders.views.blueprint import blueprint

__all__ = ["blueprint", "importing", "one", "pages"]
