"""The operation's rules, written from the template with the choices that somebody made, and published to the gates.

Tested in `tests/hub/setup/test_steps.py`.
"""

from datetime import datetime

from sqlalchemy.engine import Connection

from edge.contract.canonical import sha256_hex
from hub import generated_files
from hub.accounts import audit
from hub.errors import HubError, RefusedError
from hub.gates.policy import publish_policy
from hub.setup import store
from hub.town import operation_file
from hub.town.default_operation import OperationChoices, default_text
from hub.town.operation import Rules
from hub.town.settings import Settings
from hub.town.town import Town


def digest(text: str) -> str:
    """What stands for the text of operation.toml."""
    return sha256_hex(text.encode())


def written_by_hand(settings: Settings, setup: store.Setup) -> bool:
    """Returns True if somebody has changed operation.toml since the setup wrote it: it is not written over."""
    try:
        return digest(operation_file.text(settings.folder / operation_file.FILE)) != setup.rules
    except HubError:
        return True


def write_rules(town: Town, connection: Connection, choices: OperationChoices, *, by: str, now: datetime) -> None:
    """Writes operation.toml and publishes it; if that fails, the file is what it was. `RefusedError` for a file that was changed by hand."""
    setup = store.find(connection, town.id)
    if setup is None or written_by_hand(town.settings, setup):
        raise RefusedError("operation.toml was changed by hand: it stays as it is")
    file = town.settings.folder / operation_file.FILE
    before = operation_file.content(file)
    text = default_text(Rules.load(town.settings.folder).starts, choices)
    try:
        generated_files.put(file, text.encode(), 0o600)
    except OSError as error:
        raise RefusedError("operation.toml cannot be written: %(why)s", why=str(error.strerror)) from None
    try:
        changed = Town(town.settings, town.key, Rules.load(town.settings.folder))
        publish_policy(changed, connection, now)
        store.note_rules(connection, town.id, digest(text))
        detail = {"disinfection": choices.disinfection.value, "operation": choices.zh}
        audit.note(connection, user=by, action="operation set up", object="operation", detail=detail, now=now)
    except BaseException as error:
        generated_files.put(file, before, 0o600)
        if isinstance(error, HubError) and not isinstance(error, RefusedError):
            raise RefusedError("operation.toml cannot be used so: %(why)s", why=str(error)) from None
        raise
