"""The scopes of the API: what a token allows, and what a role allows to somebody who is signed in.

Tested in `tests/hub/tokens/test_store.py`.
"""

from collections.abc import Iterable
from enum import StrEnum

from hub.accounts.roles import Role
from hub.errors import RefusedError


class Scope(StrEnum):
    """What a caller of the API may do; nothing that is not named."""

    VISITS_READ = "visits:read"
    """Visits, who is inside, visits.csv; plates masked, personal values too."""
    VISITS_PLATES = "visits:plates"
    """Plates in full wherever there are plates, and the filter `plate`."""
    PERSONAL_READ = "personal:read"
    """Personal values in full, where a request says why; the audit keeps it."""
    GATES_READ = "gates:read"
    ALERTS_READ = "alerts:read"
    FIGURES_READ = "figures:read"
    ENTRIES_READ = "entries:read"
    """The ledger's entries, as a follower needs them: no personal values."""
    PASSES_WRITE = "passes:write"
    """Issue and revoke passes."""


LEAST: dict[Scope, Role] = {
    Scope.VISITS_READ: Role.VIEWER,
    Scope.GATES_READ: Role.VIEWER,
    Scope.ALERTS_READ: Role.VIEWER,
    Scope.FIGURES_READ: Role.VIEWER,
    Scope.ENTRIES_READ: Role.VIEWER,
    Scope.VISITS_PLATES: Role.OFFICER,
    Scope.PASSES_WRITE: Role.OFFICER,
    Scope.PERSONAL_READ: Role.SUPERVISOR,
}
"""Scope -> the least role whose sessions have it."""


def of_role(role: Role) -> frozenset[Scope]:
    """The scopes of somebody who is signed in."""
    return frozenset(scope for scope, least in LEAST.items() if role.may(least))


def parse(words: Iterable[str]) -> frozenset[Scope]:
    """The scopes that these words name; `RefusedError` for a word that names none, or for no words."""
    found = [word.strip() for word in words if word.strip()]
    for word in found:
        if word not in set(Scope):
            raise RefusedError("scope %(scope)r: expected one of %(scopes)s", scope=word, scopes=tuple(Scope))
    if not found:
        raise RefusedError("scopes: expected at least one of %(scopes)s", scopes=tuple(Scope))
    return frozenset(map(Scope, found))


def spelled(scopes: Iterable[Scope]) -> str:
    """Scopes as a row keeps them: in the order of the list above, with blanks between."""
    chosen = set(scopes)
    return " ".join(scope for scope in Scope if scope in chosen)
