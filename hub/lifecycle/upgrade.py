"""Brings a database to the schema of this version, by the steps in migrations/."""

from datetime import UTC, datetime

from alembic import command
from alembic.util import CommandError
from sqlalchemy import inspect, select
from sqlalchemy.engine import Connection, Engine

from edge.contract.steps import reached
from hub.accounts import audit_chain
from hub.database.migrate import configuration
from hub.database.schema import audit_heads, ledgers
from hub.errors import HubError
from hub.ledger.projections import undone
from hub.ledger.projections.rebuild import rebuild
from hub.town.town import Town


def upgrade(engine: Engine) -> None:
    """Runs every step that the database has not yet had, in one transaction; `HubError` if a newer Kakou made it.

    Projections that an older version derived otherwise are derived anew in the same transaction.
    """
    config = configuration()
    try:
        with engine.begin() as connection:
            chained = inspect(connection).has_table(audit_heads.name)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            seal = audit_chain.seal_of(connection)
            if seal is not None and not chained:
                # a new database, or one whose audit had no chain
                audit_chain.begin(connection, seal)
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


def bring_up(town: Town) -> None:
    """`upgrade` for a program that is about to use a town's database, before anybody writes into it."""
    engine = town.writer()
    try:
        upgrade(engine)
    finally:
        engine.dispose()
