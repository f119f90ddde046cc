"""What rows of the audit say can be destroyed, and the chain stays whole; whatever else is done to them is found."""

from datetime import timedelta

import pytest

from edge.contract.records import ZERO_HASH, chain_hash
from hub.accounts import audit, audit_chain, audit_erasing
from hub.accounts.audit_chain import BrokenAuditError
from hub.accounts.audit_commitments import plain
from tests.hub.accounts.test_audit_chain import check
from tests.hub.ledgers import meddle, table
from tests.hub.towns import NOW, Place

PLATE = "鲁B12345"


def note(place: Place, action: str, object_: str, **detail: str) -> None:
    with place.engine.begin() as connection:
        audit.note(connection, user="u-4", action=action, object=object_, detail=detail, now=NOW)


def erase(place: Place) -> int:
    with place.engine.begin() as connection:
        key = place.town.key.public_key()
        return audit_erasing.erase(connection, "demo", key, by="u-4", now=NOW + timedelta(days=1))


def filled(place: Place) -> Place:
    note(place, "plate watched", f"watched/{PLATE}", why="案件 3")
    note(place, "values shown", "visits/" + "ab" * 16, reason=f"{PLATE} 张三")
    note(place, "gate bundled", "gates/east")
    return place


def test_texts_are_destroyed_and_the_chain_holds(place: Place) -> None:
    before = check(filled(place))
    assert erase(place) > 0
    rows = table(place, "audit")
    assert not any(PLATE in str(row) or "张三" in str(row) for row in rows)
    assert check(place) == before + 1 == len(rows)
    assert {"plate watched", "values shown"} <= {row["action"] for row in rows}, "who did what stays"


def test_what_is_named_by_an_id_keeps_its_name(place: Place) -> None:
    erase(filled(place))
    objects = {row["action"]: row["object"] for row in table(place, "audit")}
    assert objects["plate watched"] == "destroyed"
    assert objects["values shown"] == "visits/" + "ab" * 16
    assert objects["gate bundled"] == "gates/east"


def test_no_salt_stays_with_which_a_plate_could_be_tried(place: Place) -> None:
    erase(filled(place))
    for row in table(place, "audit"):
        assert row["detail"] != "{}" or row["detail_salt"] is None or row["action"] in audit_erasing.KEPT_ACTIONS
        assert row["object"] != "destroyed" or row["object_salt"] is None


def test_destroyed_once_more_it_says_nothing_new(place: Place) -> None:
    erase(filled(place))
    assert erase(place) == 0
    note(place, "values shown", "visits/" + "cd" * 16, reason="李四")
    assert erase(place) == 1
    check(place)


def test_a_row_that_somebody_emptied_by_hand_is_named(place: Place) -> None:
    filled(place)
    number = len(table(place, "audit")) - 1
    meddle(place, "UPDATE audit SET detail = '{}', detail_salt = NULL WHERE number = :n", n=number)
    with pytest.raises(BrokenAuditError, match=rf"^audit row {number}: its text is gone, and no row says"):
        check(place)


def test_one_more_emptied_row_behind_the_back_of_a_destruction_is_found(place: Place) -> None:
    erase(filled(place))
    meddle(place, "UPDATE audit SET detail = '{}', detail_salt = NULL WHERE action = 'gate bundled'")
    with pytest.raises(BrokenAuditError, match="its text is gone, and no row says"):
        check(place)


@pytest.mark.parametrize("column", ["object", "detail"])
def test_a_destroyed_row_cannot_be_given_another_text(place: Place, column: str) -> None:
    erase(filled(place))
    meddle(place, f"UPDATE audit SET {column} = 'another' WHERE {column}_salt IS NULL")
    with pytest.raises(BrokenAuditError, match="was destroyed, and says something"):
        check(place)


def test_a_changed_commitment_is_named(place: Place) -> None:
    erase(filled(place))
    meddle(place, "UPDATE audit SET detail_hash = :other WHERE number = 2", other="00" * 32)
    with pytest.raises(BrokenAuditError, match=r"^audit row 2: was changed"):
        check(place)


def age(place: Place) -> None:
    """Makes the audit one of an older version: every hash over the texts themselves."""
    chain = ZERO_HASH
    for row in table(place, "audit"):
        old = {**row, "object_hash": None, "detail_hash": None}
        after = chain_hash(chain, audit_chain.text_of("demo", row["number"], old))
        meddle(
            place,
            "UPDATE audit SET object_salt = NULL, object_hash = NULL, detail_salt = NULL, detail_hash = NULL,"
            " prev = :prev, hash = :hash WHERE id = :id",
            prev=chain, hash=after, id=row["id"],
        )  # fmt: skip
        chain = after
    count = len(table(place, "audit"))
    with place.engine.begin() as connection:
        audit_chain.move(connection, "demo", count, chain)


def test_rows_of_an_older_version_are_sealed_anew_and_destroyed(place: Place) -> None:
    filled(place)
    age(place)
    before = {row["hash"] for row in table(place, "audit")}
    assert check(place) == len(before)
    assert erase(place) > 0
    rows = table(place, "audit")
    assert not before & {row["hash"] for row in rows}, "a plate could be tried against a hash over the text"
    assert not any(PLATE in str(row) for row in rows)
    assert check(place) == len(rows)


def test_an_audit_that_does_not_hold_is_not_destroyed(place: Place) -> None:
    filled(place)
    meddle(place, "UPDATE audit SET detail = 'x' WHERE number = 2")
    with pytest.raises(BrokenAuditError, match=r"^audit row 2: was changed"):
        erase(place)
    assert any(PLATE in str(row) for row in table(place, "audit")), "nothing was changed"


def test_values_that_no_text_has_are_spelt_all_the_same() -> None:
    assert plain(b"\0") == "hex:00"
    assert plain("\ud800") == "hex:eda080"
