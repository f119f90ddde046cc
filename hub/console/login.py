"""The parts of logging in that keep state in the process: the user of a request, the mark of a browser, the limits on searches.

Tested in `tests/hub/accounts/test_sign_in.py`.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import current_app, request
from flask_babel import gettext
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import UserMixin, current_user
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from hub.accounts import audit, counting
from hub.accounts.counting import Rule
from hub.accounts.privacy import masked_plates
from hub.accounts.store import User
from hub.console.context import hub, now

limiter = Limiter(get_remote_address)
SEARCHES = "60 per minute"
"""Searches of one user, on all pages together."""
PLATES = Rule(free=30, first=600, longest=600, leak=120)
"""Plates that somebody may look for who does not see plates in full: thirty, and then thirty an hour."""
SEARCH_FIELDS = ("plate", "search")
KNOWN_FOR = 90 * 24 * 3600
"""Seconds for which a browser in which somebody signed in is known as theirs."""

P = ParamSpec("P")
R = TypeVar("R")


class LaterError(TooManyRequests):
    """Too many of something; its description is for a person, in the language of the request."""

    def __init__(self, text: str, seconds: float) -> None:
        self.seconds = max(1, round(seconds + 0.5))
        super().__init__(text)


def searches() -> str:
    """Who searches."""
    return str(current_user.account.id) if current_user.is_authenticated else get_remote_address()


def looked_for() -> str:
    """The plate, or part of one, that a request looks for; empty if it leafs through pages and filters."""
    return "\0".join(text for field in SEARCH_FIELDS if (text := request.values.get(field, "").strip()))


def searches_nothing() -> bool:
    """Returns True if a request looks for no vehicle: leafing through pages and filters is not slowed down."""
    return not looked_for()


_limited = limiter.shared_limit(SEARCHES, scope="search", key_func=searches, exempt_when=searches_nothing)


def limited_search(view: Callable[P, R]) -> Callable[P, R]:
    """For a page that takes a plate: so that nobody tries out plates by the thousand, and a viewer not even by the dozen."""

    @wraps(view)
    def counted(*args: P.args, **kwargs: P.kwargs) -> R:
        count_plate()
        return view(*args, **kwargs)

    limited: Callable[P, R] = _limited(counted)
    return limited


def count_plate() -> None:
    """Counts the plate that this request looks for, if the user does not see plates in full; `LaterError` if it is one too many.

    The same one again, as on the next page of what was found, is no other guess.
    """
    text = looked_for()
    if not text or not current_user.is_authenticated or not masked_plates(current_user.account.role):
        return
    who, when, secret = current_user.account.id, now().timestamp(), current_app.config["SECRET_KEY"]
    tally, same = counting.name(secret, "plates", who), counting.name(secret, "plate", who, text)
    with hub().writing.begin() as connection:
        held = counting.found(connection, (tally, same))
        if abs(when - held[same].at) < PLATES.longest:
            return
        if not (wait := held[tally].wait(when)):
            counted = held[tally].one_more(PLATES, when)
            counting.keep(connection, {tally: counted, same: counting.Tally(1, when)})
            if counted.until:
                detail = {"most": PLATES.free}
                what, about = "plate searches limited", f"users/{who}"
                audit.note(connection, user=who, action=what, object=about, detail=detail, now=now())
            return
    again = datetime.fromtimestamp(when + wait + 60, hub().zone)
    said = gettext(
        "You have looked for %(most)s plates within an hour, as many as your role may. Go on at %(time)s, or ask an officer.",
        most=PLATES.free,
        time=f"{again:%H:%M}",
    )
    raise LaterError(said, wait)


def device_of(login: str) -> str:
    """The mark of this browser, if that login signed in here before; else empty."""
    try:
        whose, mark = _marks().loads(request.cookies.get(_device_cookie(), ""))
    except (BadData, ValueError, TypeError):
        return ""
    return str(mark) if whose == _digest(login) else ""


def remember_device(response: Response, login: str) -> None:
    """Marks this browser as one in which a login signed in: others' wrong passwords keep it out no more."""
    mark = device_of(login) or secrets.token_hex(8)
    response.set_cookie(
        _device_cookie(),
        str(_marks().dumps([_digest(login), mark])),
        max_age=KNOWN_FOR,
        path="/login",
        httponly=True,
        samesite="Strict",
        secure=request.is_secure,
    )


def _device_cookie() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-device"


def _marks() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="browser of a login")


def _digest(login: str) -> str:
    return hashlib.sha256(login.encode()).hexdigest()[:16]


class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """A user with an open session; the id that the cookie carries is the session's token, not the user's id."""

    def __init__(self, account: User, token: str) -> None:
        self.account = account
        self.token = token

    def get_id(self) -> str:
        """The text that Flask-Login keeps in the signed cookie."""
        return self.token
