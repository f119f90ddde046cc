"""The pages of accounts: users with their roles, sessions, PINs, for admins; and for everybody the page of the own account."""

from hub.accounts.views import adding, every, one, own
from hub.accounts.views.blueprint import blueprint

__all__ = ["adding", "blueprint", "every", "one", "own"]
