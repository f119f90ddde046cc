"""What a database keeps of rows that are gone: free pages, samples of its statistics, its log of writes. All of it is written anew.

    SQLite        `secure_delete` overwrites what is freed, VACUUM writes the file without free pages, the log (WAL) is cut to nothing
    PostgreSQL    VACUUM FULL writes each table anew; its own logs of writes and its server's backups are beyond us, and are named

Tested in `tests/hub/destruction/test_run.py`.
"""

from sqlalchemy import text
from sqlalchemy.engine import Engine

from edge.contract.canonical import Json
from hub.database.schema import metadata

TRIES = 5
"""How often the log is tried: a reader that looks at this moment holds it."""


def write_anew(engine: Engine) -> dict[str, Json]:
    """Writes the database without what was deleted; what was done. Outside of every transaction."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        driver = connection.connection.driver_connection
        if engine.dialect.name != "sqlite":
            for table in metadata.tables:
                connection.execute(text(f'VACUUM FULL "{table}"'))
            return {"tables": len(metadata.tables)}
        assert driver is not None
        names = [row[0] for row in driver.execute("SELECT name FROM sqlite_master WHERE name LIKE 'sqlite_stat%'")]
        for name in names:
            driver.execute(f"DELETE FROM {name}")  # noqa: S608  # a name of SQLite's own
        (free,) = driver.execute("PRAGMA freelist_count").fetchone()
        driver.execute("VACUUM")
        emptied = _empty_log(driver)
        return {"free_pages": free, "log_emptied": emptied}


def empty_log(engine: Engine) -> bool:
    """Cuts SQLite's log of writes to nothing; False: somebody reads at this moment."""
    if engine.dialect.name != "sqlite":
        return True
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        return _empty_log(driver)


def _empty_log(driver: object) -> bool:
    # each try waits for readers as long as the connection's time-out
    for _ in range(TRIES):
        (busy, _frames, _moved) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()  # type: ignore[attr-defined]
        if not busy:
            return True
    return False
