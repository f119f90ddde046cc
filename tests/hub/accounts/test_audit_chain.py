"""The chain of the audit: whatever is done to its rows without the hub's key is found, and the row is named."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection

from edge.contract.canonical import sign
from edge.contract.records import ZERO_HASH
from hub.accounts import audit, audit_chain
from hub.accounts.audit_chain import BrokenAuditError
from hub.backup.make import backup
from hub.database.engine import Seal, reader, writer
from hub.database.migrate import configuration
from hub.database.schema import audit as rows
from hub.database.schema import audit_heads
from hub.lifecycle.rekey import rekey
from hub.lifecycle.upgrade import upgrade
from hub.town.town import Town
from tests.hub.backups import restored
from tests.hub.ledgers import meddle, table
from tests.hub.towns import NOW, Place


def write(place: Place, count: int = 1, **more: str) -> None:
    for _ in range(count):
        with place.engine.begin() as connection:
            note(connection, **more)


def note(connection: Connection, what: str = "looked", **detail: str) -> None:
    audit.note(connection, user="u-1", action=what, object="visits/1", detail={"why": "案件 3", **detail}, now=NOW)


def check(place: Place) -> int:
    engine = reader(place.town.settings.database_url)
    try:
        with engine.begin() as connection:
            return audit_chain.verify(connection, place.town.id, place.town.key.public_key())
    finally:
        engine.dispose()


def sound(place: Place) -> bool:
    with place.engine.begin() as connection:
        return audit_chain.sound_head(connection, place.town.id, place.town.key.public_key())


def test_a_town_is_founded_with_a_chain_that_holds(place: Place) -> None:
    before = check(place)
    write(place, 3)
    assert check(place) == before + 3 == len(table(place, "audit"))
    assert [row["number"] for row in table(place, "audit")] == list(range(1, before + 4))
    assert sound(place)


@pytest.mark.parametrize("column", ["at", "user", "action", "object", "detail"])
def test_a_changed_row_is_named(place: Place, column: str) -> None:
    write(place, 3)
    meddle(place, f'UPDATE audit SET "{column}" = :new WHERE number = 4', new="another")
    with pytest.raises(BrokenAuditError, match=r"^audit row 4: was changed"):
        check(place)


def test_a_removed_row_is_named(place: Place) -> None:
    write(place, 3)
    meddle(place, "DELETE FROM audit WHERE number = 4")
    with pytest.raises(BrokenAuditError, match=r"^audit row 4: is not there \(the next one is 5\)"):
        check(place)


def test_a_row_that_was_removed_and_whose_followers_were_numbered_anew_is_named(place: Place) -> None:
    write(place, 1)
    last = len(table(place, "audit"))
    meddle(place, "DELETE FROM audit WHERE number = 4")
    for number in range(5, last + 1):
        meddle(place, "UPDATE audit SET number = :new WHERE number = :old", old=number, new=number - 1)
    with pytest.raises(BrokenAuditError, match=r"^audit row 4: does not follow the row before it"):
        check(place)


def test_a_tail_that_was_cut_off_is_found(place: Place) -> None:
    write(place, 3)
    last = len(table(place, "audit"))
    meddle(place, "DELETE FROM audit WHERE number > :n", n=last - 2)
    assert not sound(place)
    with pytest.raises(BrokenAuditError, match=rf"^audit row {last - 1}: is not there \(the head counts {last} rows"):
        check(place)


def test_a_tail_that_was_cut_off_with_a_head_to_match_is_not_signed(place: Place) -> None:
    write(place, 3)
    cut(place)
    assert not sound(place)
    with pytest.raises(BrokenAuditError, match=r"the head .* is not signed by the hub"):
        check(place)


def cut(place: Place) -> None:
    """Takes the last row away, and lets the head say so, as well as it can be done without the hub's key."""
    with place.engine.begin() as connection:
        last = connection.execute(select(rows).order_by(rows.c.number.desc()).limit(1)).one()
        connection.execute(delete(rows).where(rows.c.id == last.id))
        stranger = sign(Ed25519PrivateKey.generate(), ["audit", "demo", last.number - 1, last.prev])
        connection.execute(audit_heads.update().values({"count": last.number - 1, "chain": last.prev, "sig": stranger}))


def test_what_the_hub_writes_afterwards_hides_nothing(place: Place) -> None:
    write(place, 3)
    cut(place)
    write(place, 3)
    with pytest.raises(BrokenAuditError, match="is not signed by the hub"):
        check(place)


def test_an_audit_that_was_emptied_whole_does_not_begin_anew(place: Place) -> None:
    meddle(place, "DELETE FROM audit")
    meddle(place, "DELETE FROM audit_heads")
    with pytest.raises(BrokenAuditError, match="its head is not there"):
        check(place)
    write(place, 2)
    with pytest.raises(BrokenAuditError, match="is not signed by the hub"):
        check(place)


def test_a_row_that_was_put_in_is_found(place: Place) -> None:
    write(place)
    row = {"at": "2026-03-01T00:00:00.000Z", "user": "u-9", "action": "looked", "object": "x", "detail": "{}"}
    with place.engine.begin() as connection:
        connection.execute(insert(rows).values(row))
    with pytest.raises(BrokenAuditError, match="has no place in the chain"):
        check(place)
    meddle(place, "DELETE FROM audit WHERE number IS NULL")
    head = table(place, "audit_heads")[0]
    with place.engine.begin() as connection:
        place_ = {"town": "demo", "number": head["count"] + 1, "prev": head["chain"], "hash": ZERO_HASH}
        connection.execute(insert(rows).values(row | place_))
    with pytest.raises(BrokenAuditError, match=rf"^audit row {head['count'] + 1}: was changed"):
        check(place)


def test_an_engine_without_the_hubs_key_cannot_write_for_the_town(place: Place) -> None:
    engine = writer(place.town.settings.database_url)
    with engine.begin() as connection:
        note(connection)
    engine.dispose()
    with pytest.raises(BrokenAuditError, match="has no place in the chain"):
        check(place)


def test_many_write_at_once_and_the_chain_holds(place: Place) -> None:
    before = check(place)
    engines = [place.town.writer() for _ in range(4)]

    def work(number: int) -> None:
        for _ in range(15):
            with engines[number].begin() as connection:
                note(connection)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for engine in engines:
        engine.dispose()
    assert check(place) == before + 60


def test_a_transaction_that_is_rolled_back_leaves_the_chain_as_it_was(place: Place) -> None:
    before = check(place)
    with place.engine.connect() as connection:
        note(connection)
        connection.rollback()
    write(place)
    assert check(place) == before + 1


@pytest.mark.parametrize("odd", ["", "=1+1", "\u202e鲁B", "a\u0000b", '{"times": 1e308}', "😀", "{"])
def test_whatever_a_row_says_has_one_hash(place: Place, odd: str) -> None:
    with place.engine.begin() as connection:
        audit.note(connection, user=odd, action=odd, object=odd, detail={odd: odd}, now=NOW)
    assert check(place)


def downgrade(place: Place) -> None:
    with place.engine.begin() as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.downgrade(config, "0020")


def test_rows_of_an_older_version_are_chained_by_the_upgrade_and_signed(place: Place) -> None:
    write(place, 3)
    there = [row["id"] for row in table(place, "audit")]
    downgrade(place)
    # what an older version, or somebody's tool, may have left there
    meddle(place, "UPDATE audit SET detail = x'ff00' WHERE id = :id", id=there[0])
    meddle(place, "UPDATE audit SET \"user\" = 7, object = CAST(x'c3' AS TEXT) WHERE id = :id", id=there[1])
    upgrade(place.engine)
    assert check(place) == len(there)
    write(place)
    assert check(place) == len(there) + 1


def test_a_second_upgrade_signs_nothing(place: Place) -> None:
    write(place, 3)
    cut(place)
    upgrade(place.engine)
    with pytest.raises(BrokenAuditError, match="is not signed by the hub"):
        check(place)


@pytest.mark.parametrize("broken", [False, True])
def test_a_new_key_of_the_hub_signs_only_what_the_old_one_had(place: Place, broken: bool) -> None:
    if broken:
        cut(place)
    new = Ed25519PrivateKey.generate()
    with place.engine.begin() as connection:
        seal = Seal(place.town.id, new)
        audit_chain.change_key(connection, place.town.key.public_key(), seal)
        note(connection)
    with place.engine.begin() as connection:
        if broken:
            with pytest.raises(BrokenAuditError):
                audit_chain.verify(connection, place.town.id, new.public_key())
        else:
            assert audit_chain.verify(connection, place.town.id, new.public_key())


def pages(place: Place, **asked: str) -> list[int | None]:
    with place.engine.begin() as connection:
        return [each.number for each in audit.page(connection, audit.Asked(town="demo", **asked), before=None, limit=9)]


def test_the_audit_is_asked_by_time_user_action_object_and_text(place: Place) -> None:
    first = check(place)
    with place.engine.begin() as connection:
        for number in range(3):
            audit.note(
                connection, user=f"u-{number}", action="looked", object=f"visits/a{number}_",
                detail=audit.changed({"role": "viewer", "name": "王"}, {"role": f"r{number}", "name": "王"}),
                now=NOW + timedelta(days=10 + number),
            )  # fmt: skip
    assert pages(place, start="2026-03-12T00:00:00.000Z", end="2026-03-13T00:00:00.000Z") == [first + 2]
    assert pages(place, user="u-2", action="looked") == [first + 3]
    assert pages(place, object="visits/a1") == [first + 2]
    assert pages(place, object="visits/a1%") == []
    assert pages(place, search="r0") == [first + 1]
    with place.engine.begin() as connection:
        (found,) = audit.page(connection, audit.Asked(town="demo", search="r0"), before=None, limit=9)
        every = [each.number for each in audit.every(connection, audit.Asked(town="demo"))]
    assert found.detail == {"before": {"role": "viewer"}, "after": {"role": "r0"}}
    assert every == list(range(1, first + 4))


def test_a_restored_town_goes_on_with_its_chain(place: Place, tmp_path: Path) -> None:
    write(place, 3)
    before = check(place)
    file = tmp_path / "backup"
    backup(place.town, file, NOW)
    restored(tmp_path / "again", file, NOW)
    town = Town.open(tmp_path / "again")
    engine = reader(town.settings.database_url)
    with engine.connect() as connection:
        # the one row about the restoration; that of the backup itself came after the copy
        assert audit_chain.verify(connection, town.id, town.key.public_key()) == before + 1
    engine.dispose()


def test_a_rekeyed_town_goes_on_with_its_chain(place: Place) -> None:
    write(place, 3)
    before = check(place)
    town = rekey(place.folder, NOW).town
    after = Place(place.folder, town, town.writer(), place.gates, place.users)
    assert check(after) > before
    write(after)
    assert check(after)
    after.engine.dispose()


def test_an_audit_that_was_cut_before_a_rekey_is_still_found_after_it(place: Place) -> None:
    write(place, 3)
    cut(place)
    town = rekey(place.folder, NOW).town
    with pytest.raises(BrokenAuditError):
        check(Place(place.folder, town, place.engine, place.gates, place.users))
