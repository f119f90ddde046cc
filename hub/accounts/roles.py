"""The four roles, from the one that may least: a role may do all that those before it may.

Tested in `tests/hub/web/test_app.py`.
"""

from enum import StrEnum


class Role(StrEnum):
    """The roles of users: look (masked); work a shift; unmask for a reason and read the audit; everything."""

    VIEWER = "viewer"
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"

    def may(self, least: "Role") -> bool:
        """Returns True if this role is `least` or stands above it."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(least)


SIGNS_ON = frozenset({Role.OFFICER, Role.SUPERVISOR})
"""Roles whose users may sign on at a gate: they stand in the policy that gates hold."""
