"""The parts of logging in that hold state in the process: the user of a request, the limits on attempts and on searches."""

from flask import request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import UserMixin, current_user

from hub.accounts.store import User

limiter = Limiter(get_remote_address)
GUESSES = "10 per minute"
"""Wrong passwords for one login from one address."""
GUESSES_EACH = "60 per minute"
"""Wrong passwords from one address: a town's offices share one, so it is wide."""
SEARCHES = "60 per minute"
"""Searches of one user, on all pages together."""
SEARCH_FIELDS = ("plate", "search")


def guessed() -> str:
    """Whom somebody says to be, and from where: one who guesses locks out nobody else."""
    return f"{request.form.get('login', '')[:64].strip().lower()} {get_remote_address()}"


def searches() -> str:
    """Who searches."""
    return str(current_user.account.id) if current_user.is_authenticated else get_remote_address()


def searches_nothing() -> bool:
    """Whether a request looks for no vehicle: leafing through pages and filters is not slowed down."""
    return not any(request.args.get(field, "").strip() for field in SEARCH_FIELDS)


limited_search = limiter.shared_limit(SEARCHES, scope="search", key_func=searches, exempt_when=searches_nothing)
"""For a page that takes a plate: so that nobody tries out plates by the thousand."""


class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """A user with an open session; the id that the cookie carries is the session's token, not the user's id."""

    def __init__(self, account: User, token: str) -> None:
        self.account = account
        self.token = token

    def get_id(self) -> str:
        """What Flask-Login keeps in the signed cookie."""
        return self.token
