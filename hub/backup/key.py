"""The town's backup key: to whom scheduled backups are encrypted. The hub keeps the public half; the secret one is shown once.

keys/backup.pub holds the recipient (`age1…`). Who steals the hub's disk of backups, or the hub, cannot read them with it. Who loses
the secret half has no backups: it is written down when it is made, on paper, away from the hub.

Tested in `tests/hub/backup/test_make.py`.
"""

from collections.abc import Sequence
from contextlib import suppress

from hub.backup.age import Recipient, SecretKey
from hub.errors import HubError
from hub.generated_files import put
from hub.town.secret_files import write_secret
from hub.town.settings import Settings

FILE = "backup.pub"


def make(settings: Settings) -> SecretKey:
    """A new key, the recipient kept; the secret half is the caller's to show, and stands nowhere. Of a town that has none yet."""
    secret = SecretKey.generate()
    write_secret(settings.keys / FILE, secret.recipient.text + "\n")
    return secret


def replace(settings: Settings) -> SecretKey:
    """A new key in the place of the old one; older backups stay readable with the old secret half only."""
    secret = SecretKey.generate()
    put(settings.keys / FILE, (secret.recipient.text + "\n").encode(), 0o600)
    return secret


def find(settings: Settings) -> Recipient | None:
    """The recipient; None for a town that never had one. `HubError` for a file that holds something else."""
    path = settings.keys / FILE
    try:
        return Recipient.parse(path.read_text("ascii"))
    except FileNotFoundError:
        return None
    except (HubError, ValueError):
        raise HubError(f"{path}: expected the public half of an age key, age1…") from None


def text_if_readable(settings: Settings) -> str | None:
    """The recipient as people write it down; None for a town that has none, or whose file holds something else."""
    with suppress(HubError):
        recipient = find(settings)
        return None if recipient is None else recipient.text
    return None


def needed(settings: Settings) -> Recipient:
    """The recipient; `HubError` for a town that has none: a backup that anybody can read is never made instead."""
    recipient = find(settings)
    if recipient is None:
        raise HubError("backup: there is no backup key (kakou-hub backup-key new makes one)")
    return recipient


def to_write_down(secret: SecretKey) -> Sequence[str]:
    """The text that shows the secret half once, and says what to do with it."""
    return (
        f"backup key   {secret.text}",
        "             (shown once, kept nowhere: write it down now, on paper, and keep it away from this machine;",
        "             without it no scheduled backup can be read, with it all of them can)",
    )
