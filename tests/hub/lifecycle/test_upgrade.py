"""The migrations make exactly the tables that the code speaks of."""

import os
import socket
import sys
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import Connection

from hub.database.engine import reader, sqlite_url, writer
from hub.database.migrate import configuration
from hub.database.schema import metadata
from hub.ledger.projections.sightings import Spoken, inside_now
from hub.lifecycle.upgrade import upgrade
from hub.service.supervise import Child, Supervisor
from hub.systemd import Notifier
from tests.hub.ledger.test_append import poisoned, three
from tests.hub.ledgers import check, send, table
from tests.hub.towns import Place
from tests.hub.wire import running, until, with_ports


def test_the_migrated_schema_is_the_metadata(tmp_path: Path) -> None:
    engine = writer(sqlite_url(tmp_path / "hub.db"))
    upgrade(engine)
    with engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        migrated = tables(connection)
    upgrade(engine)
    engine.dispose()
    direct = writer(sqlite_url(tmp_path / "direct.db"))
    metadata.create_all(direct)
    with direct.begin() as connection:
        assert tables(connection) == migrated
    direct.dispose()


def test_the_listener_brings_the_database_of_an_older_version_up(place: Place) -> None:
    with place.engine.begin() as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.downgrade(config, "0005")
    assert differences(place) != []
    settings = with_ports(place)
    argv = (sys.executable, "-m", "hub.cli", "--data", str(place.folder), "listener")
    with running(settings):
        supervisor = Supervisor([Child("listener", argv, settings.run, settings.log)])
        supervisor.start()
        try:
            until(lambda: differences(place) == [])
        finally:
            supervisor.stop()


def test_a_place_that_an_older_version_quarantined_verifies_after_the_upgrade(place: Place) -> None:
    gate = three(place.gates["east"])
    send(place, gate, *poisoned(gate))
    with place.engine.begin() as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.downgrade(config, "0006")
        before = connection.exec_driver_sql("SELECT digest FROM quarantine").scalar_one()
    upgrade(place.engine)
    (row,) = table(place, "quarantine")
    assert (row["digest"] != before, row["sort"]) == (True, "poison")
    assert check(place).entries == 2


def test_passages_of_an_older_version_are_told_with_their_numbers_after_the_upgrade(place: Place) -> None:
    send(place, three(three(place.gates["east"])))
    before = [told_inside(place), *(table(place, name) for name in ("sightings", "last_passed", "visits"))]
    assert all(before)
    with place.engine.begin() as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.downgrade(config, "0007")
    upgrade(place.engine)
    assert [told_inside(place), *(table(place, name) for name in ("sightings", "last_passed", "visits"))] == before
    assert check(place).entries == 6


def told_inside(place: Place) -> list[Spoken]:
    with place.engine.begin() as connection:
        return inside_now(connection, place.town.id)


def differences(place: Place) -> list[object]:
    """Between the town's database and the tables that the code speaks of."""
    with place.engine.begin() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))


def tables(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    """Each table's columns with types, null, default and key; and whether its ids are never used again, and it is its own key."""
    names = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all()
    return {
        name: [tuple(row) for row in connection.exec_driver_sql(f"PRAGMA table_info({name})")]
        + [("AUTOINCREMENT" in sql, "WITHOUT ROWID" in sql)]
        for name, sql in names
        if name not in ("alembic_version", "sqlite_sequence")
    }


def test_a_reader_can_not_write(tmp_path: Path) -> None:
    engine = writer(sqlite_url(tmp_path / "hub.db"))
    upgrade(engine)
    with engine.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    engine.dispose()
    looking = reader(sqlite_url(tmp_path / "hub.db"))
    with looking.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA query_only").scalar() == 1
    looking.dispose()


def test_systemd_is_told(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000"})
        notifier.ready()
        notifier.alive()
        notifier.stopping()
        assert [heard.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]
    assert notifier.watchdog_seconds == 30
    # nobody listens any more, and nobody ever did
    notifier.alive()
    Notifier({}).ready()
    assert Notifier({"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": str(os.getpid() + 1)}).watchdog_seconds is None
