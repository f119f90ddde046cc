"""What is handed over is sealed, listed with its hash, readable with the archive's key alone, and then gone here."""

import json
from hashlib import sha256

from edge.contract.canonical import public_from_hex, signed_by
from hub.backup.age import SecretKey, decrypted
from hub.destruction import run
from hub.destruction.decisions import Decision
from hub.destruction.parts import Choice
from tests.hub.destruction.endings import LATER, PLATES, agreed, decide_all, filled, traces
from tests.hub.towns import BACKUP_KEY, Place


def handed_over(place: Place, recipient: str | None = None) -> str:
    filled(place)
    decide_all(place, {part: Decision(part, Choice.ARCHIVE, "突发事件应对法 94") for part in ("ledger", "passes")})
    of = agreed(place, recipient)
    run.run(place.town, of.id, LATER)
    return of.id


def test_what_is_handed_over_can_be_read_with_its_key_and_is_gone_here(place: Place) -> None:
    key = SecretKey.generate()
    folder = place.folder / "archive" / handed_over(place, key.recipient.text)
    with decrypted(folder / "ledger.jsonl.age", key) as file:
        rows = [json.loads(line) for line in file]
    assert {row["table"] for row in rows} >= {"entries", "visits", "inside"}
    assert any(row["row"].get("plate") == PLATES[0] for row in rows)
    assert traces(place.folder) == []


def test_the_list_names_each_file_with_its_hash_signed_by_the_hub(place: Place) -> None:
    folder = place.folder / "archive" / handed_over(place)
    listed = json.loads((folder / "list.json").read_text("utf-8"))
    assert [each["part"] for each in listed["files"]] == ["ledger", "passes"]
    for each in listed["files"]:
        assert sha256((folder / each["file"]).read_bytes()).hexdigest() == each["sha256"]
    assert signed_by(public_from_hex(listed["hub_key"]), ["archive", folder.name, listed["files"]], listed["sig"])
    assert listed["recipient"] == BACKUP_KEY.recipient.text
