"""A form that met an ended session: what was typed waits, encrypted, until the same user has signed in again.

1. Each form of a page says whose it is (`form_of`, signed): the session that would say it may be gone.
2. Its values travel in the page to sign in, encrypted with the hub's key: who uses the browser next reads nothing.
3. After the sign-in they lie in the new session's row, if the user is the same; the page takes them out and shows them.

Passwords, PINs, tokens and files are never among them. Tested in `tests/hub/web/test_session_end.py`.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from cryptography.fernet import Fernet, InvalidToken
from flask import current_app
from flask_login import current_user
from itsdangerous import BadData, URLSafeSerializer

FOR = 24 * 3600
"""Seconds for which a form waits for its user to sign in."""
LONGEST = 40_000
"""Characters of all values together; a form to sign in takes no more."""
URL_ROOM = 6000
"""Characters of a form that an address may carry."""
FORM_OF, KEPT, KEPT_ACTION = "form_of", "kept", "kept_action"
_SECRET = re.compile(r"(^|_)(pass(word|phrase)?|pins?|secret|csrf_token|totp)(_|$)|password", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class KeptForm:
    """Whose form it is, on which page (path and query), where it would have been sent, and what stood in it."""

    user: str
    page: str
    action: str
    values: tuple[tuple[str, str], ...]

    def sealed(self) -> str:
        """The form as a text that this hub alone reads."""
        return _cipher().encrypt(json.dumps(asdict(self)).encode()).decode("ascii")


def opened(text: str) -> KeptForm | None:
    """The form in such a text; None for a text of another hub, one that is damaged, or too old."""
    try:
        found = json.loads(_cipher().decrypt(text.encode(), ttl=FOR))
    except (InvalidToken, ValueError):
        return None
    return KeptForm(
        found["user"], found["page"], found["action"], tuple((name, value) for name, value in found["values"])
    )


def keepable(values: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Those values of a form that may be kept: no secrets, none of the pages' own, as many as there is room for."""
    room, kept = LONGEST, []
    for name, value in values:
        room -= len(name) + len(value)
        if room >= 0 and name not in (FORM_OF, KEPT, KEPT_ACTION) and not _SECRET.search(name):
            kept.append((name, value))
    return tuple(kept)


def form_of() -> str:
    """The mark of a form: whose it is."""
    return str(_marks().dumps(current_user.account.id)) if current_user.is_authenticated else ""


def owner(mark: str) -> str | None:
    """The user whose form has this mark; None for none of ours."""
    try:
        return str(_marks().loads(mark))
    except BadData:
        return None


def _marks() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="whose form")


def _cipher() -> Fernet:
    key = hashlib.sha256(f"forms kept {current_app.config['SECRET_KEY']}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
