"""The steps from version to version: which there are, and a database as an older version had it.

Tested in `tests/hub/lifecycle/test_upgrade.py`.
"""

import os
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from hub.database.engine import sqlite_url, writer


def configuration() -> Config:
    """Alembic's configuration: the steps lie beside this file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def revisions() -> frozenset[str]:
    """Every version of the tables that this program has a step for."""
    return frozenset(step.revision for step in ScriptDirectory.from_config(configuration()).walk_revisions())


def create(file: Path, revision: str) -> None:
    """A new SQLite database (0600) whose tables are those of an older version, and empty."""
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    engine, config = writer(sqlite_url(file)), configuration()
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        engine.dispose()
