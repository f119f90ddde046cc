"""Brings a database to the schema of this version, by the steps in migrations/."""

from datetime import UTC, datetime

from alembic import command
from alembic.util import CommandError
from sqlalchemy import select
from sqlalchemy.engine import URL, Connection, Engine

from edge.contract.steps import reached
from hub.database.engine import writer
from hub.database.migrate import configuration
from hub.database.schema import ledgers
from hub.errors import HubError
from hub.ledger.projections import undone
from hub.ledger.projections.rebuild import rebuild


def upgrade(engine: Engine) -> None:
    """Runs every step that the database has not yet had, in one transaction; `HubError` if a newer Kakou made it.

    Projections that an older version derived otherwise are derived anew in the same transaction.
    """
    config = configuration()
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            _derive_anew(connection)
            reached("upgrade.stepped")
    except CommandError:
        raise HubError("database: a newer version of Kakou made it; install that one, nothing was changed") from None


def _derive_anew(connection: Connection) -> None:
    for town in connection.execute(select(ledgers.c.town)).scalars().all():
        if undone.count(connection, town, undone.What.PROJECTIONS):
            rebuild(connection, town, datetime.now(UTC))
        # what the older version failed at is tried by this one
        undone.try_again(connection, town, undone.What.JUDGED)


def bring_up(url: str | URL) -> None:
    """`upgrade` for a program that is about to use the database at `url`, before anybody writes into it."""
    engine = writer(url)
    try:
        upgrade(engine)
    finally:
        engine.dispose()
