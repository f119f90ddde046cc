"""The four roles, from the one that may least: a role may do all that those before it may."""

from enum import StrEnum


class Role(StrEnum):
    """What a user may do: look (masked); work a shift; unmask for a reason and read the audit; everything."""

    VIEWER = "viewer"
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"

    def may(self, least: "Role") -> bool:
        """Whether this role is at least `least`."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(least)


SIGNS_ON = frozenset({Role.OFFICER, Role.SUPERVISOR})
"""Roles whose users may sign on at a gate: they stand in the policy that gates hold."""
