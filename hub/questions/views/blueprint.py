"""The blueprint that the pages of questions stand on, and what they share. Tested with them: `tests/hub/questions/test_views.py`."""

from flask import Blueprint

from hub.accounts import store as accounts
from hub.accounts.roles import Role
from hub.console.context import reading

blueprint = Blueprint("questions", __name__, url_prefix="/questions")


def people() -> list[tuple[str, str]]:
    """Whom a question can be assigned to: the users who may answer one."""
    found = accounts.every_user(reading())
    return [(each.id, each.name) for each in found if not each.disabled and each.role.may(Role.OFFICER)]
