"""The list of users: searched by name and login, by role, with those who are disabled. Tested in `tests/hub/accounts/test_views.py`."""

from flask import render_template, request

from hub.accounts import sessions, store
from hub.accounts.roles import SIGNS_ON, Role
from hub.accounts.store import User
from hub.accounts.views.blueprint import blueprint
from hub.console.context import needs, now, reading

STATES = ("", "open", "disabled")


@blueprint.get("/accounts")
@needs(Role.ADMIN)
def every() -> str:
    """Every user, those who are disabled last."""
    asked = {name: request.args.get(name, "").strip()[:64] for name in ("search", "role", "state")}
    everybody = store.every_user(reading())
    found = sorted((each for each in everybody if _fits(each, asked)), key=lambda each: each.disabled)
    return render_template(
        "people/list.html",
        users=found,
        all=len(everybody),
        asked=asked,
        open_sessions=sessions.count_open(reading(), now()),
        SIGNS_ON=SIGNS_ON,
    )


def _fits(user: User, asked: dict[str, str]) -> bool:
    text = asked["search"].casefold()
    return (
        (not text or text in user.name.casefold() or text in user.login.casefold() or text == user.id)
        and (asked["role"] not in set(Role) or user.role == asked["role"])
        and (asked["state"] not in STATES[1:] or user.disabled == (asked["state"] == "disabled"))
    )
