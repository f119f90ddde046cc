"""The blueprint of the operation's pages, and what they share. Tested in `tests/hub/operations/test_views.py`."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, redirect, url_for
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from hub.console.context import hub, reading
from hub.console.display import worded
from hub.console.once import do_once
from hub.console.rule_words import rule_words
from hub.errors import RefusedError
from hub.operations import life
from hub.operations.frame import Operation
from hub.operations.rules_file import BadRulesError

blueprint = Blueprint("operation", __name__, url_prefix="/operation")


def present() -> Operation:
    """The operation that gates go by; `RefusedError` where neither the file nor what was published can be read."""
    return life.shown(reading(), hub().opened)


def act(do: Callable[[Connection], str], endpoint: str) -> Response | str:
    """Does what a form asks, once, says so and leads to a page; gives why not in words if it is refused."""
    said = []

    def once(connection: Connection) -> str:
        said.append(do(connection))
        return url_for(endpoint)

    try:
        with hub().writing.begin() as connection:
            there = do_once(connection, lambda: once(connection))
    except RefusedError as error:
        return refusal(error)
    for each in said:
        flash(each)
    return redirect(there)


def refusal(error: RefusedError) -> str:
    """Why something was refused, in the language of the page."""
    if isinstance(error, BadRulesError):
        return fault_words(error)
    return worded(error.words)


def fault_words(error: BadRulesError) -> str:
    """What is wrong with rules: where, and what was expected."""
    where = "operation.toml" if error.fault.line is None else f"operation.toml:{error.fault.line}"
    said = rule_words(f"operation.toml: {error.fault.why}") or f"operation.toml: {error.fault.why}"
    return said.replace("operation.toml", where, 1)


def of_town(local: datetime) -> datetime:
    """A time of a form, which is the town's."""
    return local.replace(tzinfo=hub().zone)


def to_town(when: datetime) -> datetime:
    """A time as a form shows it."""
    return when.astimezone(hub().zone).replace(tzinfo=None, microsecond=0)
