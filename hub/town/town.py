"""A town's folder opened: its settings and its key, and the rules of operation.toml for those who ask for them.

Tested in `tests/hub/town/test_rules_broken.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import Engine

from hub.database.engine import Seal, writer
from hub.errors import HubError
from hub.town.operation import Rules
from hub.town.secret_files import read_seed
from hub.town.settings import Settings

REKEY = "rekey"
"""The folder of a rekey that is not through (`hub/lifecycle/rekey.py`)."""
Detail = Mapping[str, str | int]


@dataclass(frozen=True)
class Town:
    """A town's folder without the ledger: settings, key, rules."""

    settings: Settings
    key: Ed25519PrivateKey
    """The hub's own: it signs heads, lists and the hub's entries."""
    given: Rules | None = None
    """The rules to go by; None: those of operation.toml, read when somebody first asks for them."""

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Reads settings and keys; `HubError` in one line, also for a database that is gone. Not the rules: few need them."""
        settings = Settings.load(folder)
        file = settings.folder / "hub.db"
        if settings.database.url is None and not file.exists():
            # SQLite would make it anew, empty
            raise HubError(f"{file}: not found")
        if (settings.folder / REKEY).exists():
            raise HubError(
                f"{settings.folder}: a rekey was cut off here (kakou-hub --data {folder} rekey goes on with it)"
            )
        return cls(settings, read_seed(settings.keys / "hub.key"))

    @property
    def id(self) -> str:
        """The town's id, which every row carries."""
        return self.settings.town

    def writer(self) -> Engine:
        """A new engine that writes into the town's database, and signs the audit by the hub's key."""
        return writer(self.settings.database_url, Seal(self.id, self.key))

    @cached_property
    def rules(self) -> Rules:
        """The rules of operation.toml; `HubError` names what is wrong in it."""
        return Rules.load(self.settings.folder) if self.given is None else self.given
