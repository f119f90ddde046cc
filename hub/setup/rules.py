"""The operation's rules, written from the template with the choices that somebody made, and published to the gates.

Tested in `tests/hub/setup/test_steps.py`.
"""

from datetime import datetime

from sqlalchemy.engine import Connection

from hub.accounts import audit
from hub.errors import HubError, RefusedError
from hub.operations import rules_file
from hub.setup import store
from hub.town import operation_file
from hub.town.default_operation import EPIDEMIC, OperationChoices, default_text
from hub.town.operation import Rules
from hub.town.settings import Settings
from hub.town.town import Town


def written_by_hand(settings: Settings, setup: store.Setup) -> bool:
    """Returns True if somebody has changed operation.toml since the setup wrote it: it is not written over."""
    try:
        return rules_file.digest(operation_file.text(settings.folder / operation_file.FILE)) != setup.rules
    except HubError:
        return True


def write_rules(
    town: Town,
    connection: Connection,
    choices: OperationChoices,
    *,
    by: str,
    now: datetime,
    template: str = EPIDEMIC,
) -> None:
    """Writes operation.toml and publishes it; if that fails, the file is what it was. `RefusedError` for a file that was changed by hand."""
    setup = store.find(connection, town.id)
    if setup is None or written_by_hand(town.settings, setup):
        raise RefusedError("operation.toml was changed by hand: it stays as it is")
    text = default_text(Rules.load(town.settings.folder).starts, choices, template=template)
    try:
        rules_file.publish_text(town, connection, text, by=by, why="setup", now=now)
    except HubError as error:
        if isinstance(error, RefusedError):
            raise
        raise RefusedError("operation.toml cannot be used so: %(rules_fault)s", rules_fault=str(error)) from None
    store.note_rules(connection, town.id, rules_file.digest(text))
    detail = {"template": template, "operation": Rules.of_text(text).zh}
    if choices.disinfection is not None:
        detail["disinfection"] = choices.disinfection.value
    audit.note(connection, user=by, action="operation set up", object="operation", detail=detail, now=now)
