"""`verify` names what was changed behind the ledger's back: any byte of any column, any row."""

import json
import random
import subprocess
import sys

import pytest
from sqlalchemy import text

from edge.contract.canonical import sign
from edge.contract.facts import Destroyed, Kind
from edge.contract.messages import HubHead
from edge.contract.records import chain_hash
from hub.ledger.clock import moment
from hub.ledger.hub_entries import append_own
from hub.ledger.projections.rebuild import rebuild
from hub.ledger.verify_walk import BrokenError
from tests.hub.ledger.test_append import poisoned, three
from tests.hub.ledgers import check, meddle, send, table
from tests.hub.towns import NOW, Place


@pytest.fixture
def filled(place: Place) -> Place:
    """Entries 1-3 of east, 4-6 of west, 7-9 of east."""
    for name in ("east", "west", "east"):
        place.gates[name].visit("鲁B12345", NOW, private={"driver": "王伟"})
        send(place, place.gates[name])
    assert check(place).entries == 9
    return place


def broken(place: Place) -> str:
    with pytest.raises(BrokenError) as caught:
        check(place)
    return str(caught.value)


def flip(value: str, place: int) -> str:
    return value[:place] + ("1" if value[place] != "1" else "2") + value[place + 1 :]


@pytest.mark.parametrize("entry", [1, 5, 9])
@pytest.mark.parametrize("column", ["raw", "private", "hash", "prev", "chain", "visit", "epoch"])
def test_one_changed_byte_is_named(filled: Place, entry: int, column: str) -> None:
    value = table(filled, "entries")[entry - 1][column]
    if value == "{}":
        value = '{"driver":["00","1"]}'
    changed = flip(value, random.Random(entry).randrange(len(value)))
    meddle(filled, f"UPDATE entries SET {column} = :value WHERE id = :id", value=changed, id=entry)
    assert broken(filled).startswith(f"entry {entry} ")


@pytest.mark.parametrize(
    ("column", "value"), [("kind", "visit_closed"), ("gate", "north"), ("seq", 77), ("town", "other"), ("visit", None)]
)
def test_a_column_that_says_other_than_raw_is_named(filled: Place, column: str, value: object) -> None:
    meddle(filled, f"UPDATE entries SET {column} = :value WHERE id = 4", value=value)
    assert broken(filled).startswith("entry 4")


def test_personal_values_do_not_vanish_unsaid(filled: Place) -> None:
    opened = next(row for row in table(filled, "entries") if row["private"] != "{}")
    meddle(filled, "UPDATE entries SET private = '{}' WHERE id = :id", id=opened["id"])
    assert broken(filled).startswith(f"entry {opened['id']} ")
    assert "is gone, and no entry says that it was destroyed" in broken(filled)


@pytest.mark.parametrize("entry", [1, 5, 9])
def test_a_deleted_entry_is_named(filled: Place, entry: int) -> None:
    meddle(filled, "DELETE FROM entries WHERE id = :id", id=entry)
    assert broken(filled).startswith(f"entry {entry}: is not there")


def test_a_deleted_entry_is_named_when_the_ids_close_the_gap(filled: Place) -> None:
    meddle(filled, "DELETE FROM entries WHERE id = 5")
    for entry in range(6, 10):
        meddle(filled, "UPDATE entries SET id = :new WHERE id = :old", new=entry - 1, old=entry)
    assert broken(filled).startswith("entry 5 ")


def test_a_tail_cut_off_with_its_count_is_not_signed(filled: Place) -> None:
    rows = table(filled, "entries")
    meddle(filled, "DELETE FROM entries WHERE id > 6")
    meddle(filled, "UPDATE ledgers SET count = 6, chain = :chain", chain=rows[5]["chain"])
    assert broken(filled) == "ledger: the head is not signed by the hub"


def test_an_entry_swapped_with_its_neighbour_is_named(filled: Place) -> None:
    for new, old in ((99, 3), (3, 4), (4, 99)):
        meddle(filled, "UPDATE entries SET id = :new WHERE id = :old", new=new, old=old)
    assert broken(filled).startswith("entry 3 ")


def test_a_rewritten_record_is_found_though_every_chain_was_made_anew(filled: Place) -> None:
    rows = table(filled, "entries")
    chain, prev = "00" * 32, {"east": "00" * 32, "west": "00" * 32}
    for row in rows:
        raw = row["raw"].replace('"outcome":"passed"', '"outcome":"detained"') if row["id"] == 3 else row["raw"]
        chain = chain_hash(chain, raw)
        hash_ = chain_hash(prev[row["gate"]], raw)
        meddle(
            filled,
            "UPDATE entries SET raw = :raw, prev = :prev, hash = :hash, chain = :chain WHERE id = :id",
            raw=raw, prev=prev[row["gate"]], hash=hash_, chain=chain, id=row["id"],
        )  # fmt: skip
        prev[row["gate"]] = hash_
    head = HubHead.signed("demo", 9, chain, filled.town.key)
    meddle(filled, "UPDATE ledgers SET chain = :chain, sig = :sig", chain=chain, sig=head.sig)
    assert broken(filled) == "entry 3 (gate east, seq 3): the signature kept for it is over another hash"


def test_a_signature_of_another_key_is_named(filled: Place) -> None:
    forged = sign(filled.town.key, ["demo", "west", "", 3, ""])
    meddle(filled, "UPDATE signatures SET sig = :sig WHERE gate = 'west'", sig=forged)
    assert broken(filled) == "entry 6 (gate west, seq 3): the signature is not gate 'west''s"


def test_a_removed_last_signature_is_named(filled: Place) -> None:
    meddle(filled, "DELETE FROM signatures WHERE gate = 'east' AND seq = 6")
    assert broken(filled) == "entry 9 (gate east, seq 6): no signature of the gate covers it"


def test_a_signature_over_nothing_is_named(filled: Place) -> None:
    meddle(filled, "UPDATE signatures SET seq = 9 WHERE gate = 'east' AND seq = 6")
    assert broken(filled).startswith("signature of gate east, seq 9: ")


def test_a_gate_whose_key_is_gone_is_named(filled: Place) -> None:
    meddle(filled, "DELETE FROM gates WHERE gate = 'west'")
    assert broken(filled) == "entry 6 (gate west, seq 3): no key of gate 'west' is known"


def test_a_cursor_beyond_what_is_held_is_named(filled: Place) -> None:
    meddle(filled, "UPDATE cursors SET committed = 8 WHERE gate = 'east'")
    assert broken(filled) == "gate east: acknowledged up to seq 8, held up to 6"


def test_personal_values_may_be_destroyed_where_an_entry_says_so(filled: Place) -> None:
    with filled.engine.begin() as connection:
        append_own(
            connection,
            town=filled.town.id,
            kind=Kind.DESTROYED,
            visit=None,
            body=Destroyed(operation="op-1", user="u-1", values=6),
            private={},
            at=moment(NOW),
            key=filled.town.key,
        )
    meddle(filled, "UPDATE entries SET private = '{}'")
    assert broken(filled).startswith("visits, visit ")
    with filled.engine.begin() as connection:
        rebuild(connection, filled.town.id)
    assert check(filled).entries == 10


@pytest.mark.parametrize("change", ["raw", "gone"])
def test_a_quarantined_record_that_holds_a_place_is_checked(place: Place, change: str) -> None:
    gate = three(place.gates["east"])
    send(place, gate, *poisoned(gate))
    assert check(place).entries == 2
    if change == "gone":
        meddle(place, "DELETE FROM quarantine")
        assert broken(place).endswith("the gate's records 2 to 2 are missing before it")
    else:
        [row] = table(place, "quarantine")
        data = json.loads(row["raw"])
        data["raw"] = data["raw"].replace("beamed", "bounced")
        meddle(place, "UPDATE quarantine SET raw = :raw", raw=json.dumps(data).encode())
        assert broken(place).startswith("quarantine 1 (gate east, seq 2)")


def test_every_changed_byte_of_raw_is_found(filled: Place) -> None:
    original = table(filled, "entries")[3]["raw"]
    chance = random.Random(7)
    for _ in range(40):
        data = bytearray(original.encode())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(7)
        try:
            changed = data.decode()
        except UnicodeDecodeError:
            continue
        with filled.engine.begin() as connection:
            connection.execute(text("UPDATE entries SET raw = :raw WHERE id = 4"), {"raw": changed})
        assert broken(filled).startswith("entry 4 (")


def store(place: Place, table_: str, column: str, data: bytes, where: str, *, as_: str = "TEXT") -> None:
    meddle(place, f"UPDATE {table_} SET {column} = CAST(:data AS {as_}) WHERE {where}", data=data)


@pytest.mark.parametrize("bit", [0x01, 0x80])
@pytest.mark.parametrize("column", ["raw", "private", "hash", "prev", "chain", "visit", "kind", "gate", "epoch"])
def test_a_flipped_bit_is_named_though_it_is_no_utf_8(filled: Place, column: str, bit: int) -> None:
    data = bytearray(table(filled, "entries")[3][column].encode())
    data[len(data) // 2] ^= bit
    store(filled, "entries", column, bytes(data), "id = 4")
    line = broken(filled)
    assert line.startswith("entry 4 (")
    assert "B12345" not in line


@pytest.mark.parametrize("column", ["raw", "private", "hash", "prev", "chain", "visit", "kind", "gate", "epoch"])
def test_a_column_of_another_type_is_named(filled: Place, column: str) -> None:
    store(filled, "entries", column, table(filled, "entries")[3][column].encode(), "id = 4", as_="BLOB")
    assert broken(filled).startswith("entry 4 (")
    assert broken(filled).endswith(f": {column} is not text")


def test_a_seq_that_is_text_is_named(filled: Place) -> None:
    meddle(filled, "UPDATE entries SET seq = 'one' WHERE id = 4")
    assert broken(filled) == "entry 4 (gate west): seq is not a whole number"


@pytest.mark.parametrize(
    ("name", "column", "as_"),
    [
        ("ledgers", "count", "TEXT"), ("ledgers", "chain", "BLOB"), ("ledgers", "sig", "TEXT"),
        ("cursors", "committed", "TEXT"), ("cursors", "hash", "TEXT"), ("cursors", "gate", "TEXT"),
        ("signatures", "seq", "TEXT"), ("signatures", "sig", "BLOB"), ("signatures", "hash", "TEXT"),
        ("quarantine", "raw", "TEXT"), ("quarantine", "why", "TEXT"), ("quarantine", "seq", "TEXT"),
    ],
)  # fmt: skip
def test_a_row_beside_the_entries_with_a_wrong_type_is_named(place: Place, name: str, column: str, as_: str) -> None:
    gate = three(place.gates["east"])
    send(place, gate, *poisoned(gate))
    store(place, name, column, b"\xb1x", "1 = 1", as_=as_)
    assert broken(place).startswith(f"{name} 1")
    assert f": {column} is not " in broken(place)


@pytest.mark.parametrize("column", ["raw", "private", "kind"])
def test_the_command_names_the_entry_and_prints_no_personal_value(filled: Place, column: str) -> None:
    data = bytearray(table(filled, "entries")[3][column].encode())
    data[-3] ^= 0x80
    store(filled, "entries", column, bytes(data), "id = 4")
    command = [sys.executable, "-m", "hub.cli", "--data", str(filled.folder), "verify"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"kakou-hub: entry 4 (gate west, seq 1): {column} is not text\n"


@pytest.mark.parametrize(
    ("sql", "table_"),
    [
        ("UPDATE visits SET outcome = 'detained'", "visits"),
        ("DELETE FROM visits WHERE gate = 'west'", "visits"),
        ("UPDATE visits SET plate = CAST(x'b1' AS TEXT)", "visits"),
        ("DELETE FROM inside", "inside"),
        ("UPDATE last_passed SET direction = 'out'", "last_passed"),
        ("DELETE FROM sightings WHERE n = 2", "sightings"),
    ],
)
def test_a_projection_that_says_other_than_the_entries_is_named(filled: Place, sql: str, table_: str) -> None:
    meddle(filled, sql)
    line = broken(filled)
    assert line.startswith(f"{table_}, visit ")
    assert "B12345" not in line
    with filled.engine.begin() as connection:
        rebuild(connection, filled.town.id)
    assert check(filled).entries == 9
