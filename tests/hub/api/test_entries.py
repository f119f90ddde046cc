"""A county follows the ledger through the API, and checks it without any code of the hub."""

import hashlib
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.contract.canonical import canonical
from tests.hub import busy
from tests.hub.api.programs import Program
from tests.hub.ledgers import journal, send, table
from tests.hub.towns import NOW, Place


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_who_follows_by_number_gets_every_entry_once_and_its_chain_holds(town: Place, county: Program) -> None:
    last, chain, count = 0, "00" * 32, 0
    hashes: dict[tuple[str, str], str] = {}
    while True:
        page = county.get(f"entries?after={last}&limit=50").json
        for entry in page["items"]:
            assert entry["prev"] == hashes.get((entry["gate"], entry["epoch"]), "00" * 32)
            assert entry["hash"] == sha256(bytes.fromhex(entry["prev"]) + entry["raw"].encode())
            hashes[entry["gate"], entry["epoch"]] = entry["hash"]
            count += 1
            chain = entry["chain"]
        last = page["last"]
        if page["next"] is None:
            break
    head = page["head"]
    assert (count, chain) == (head["count"], head["chain"]) == (len(table(town, "entries")), head["chain"])
    signed = canonical(["head", "demo", head["count"], head["chain"]])
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(head["key"])).verify(bytes.fromhex(head["sig"]), signed)


def test_a_gates_signature_comes_with_the_entry_that_it_signed(town: Place, county: Program) -> None:
    items = county.get("entries?limit=500").json["items"]
    signed = [each for each in items if each["signature"]]
    keys = {row["gate"]: row["public_key"] for row in table(town, "gates")}
    assert {each["gate"] for each in signed} >= set(keys)
    for each in signed:
        if each["gate"] in keys:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(keys[each["gate"]]))
            head = canonical(["demo", each["gate"], each["epoch"], each["seq"], each["hash"]])
            key.verify(bytes.fromhex(each["signature"]["sig"]), head)


def test_new_entries_come_after_the_last_that_was_read(town: Place, county: Program) -> None:
    last = county.get("entries?limit=500").json["last"]
    assert county.get(f"entries?after={last}").json["items"] == []
    gate = journal(town.town, "east", epoch="cd" * 16)
    gate.visit("鲁B12345", NOW)
    send(town, gate)
    page = county.get(f"entries?after={last}").json
    assert [each["kind"] for each in page["items"]] == ["visit_opened", "disinfected", "visit_closed"]
    assert min(each["id"] for each in page["items"]) > last
    assert county.get("entries?after=99999999").json["last"] == 99999999


def test_personal_values_come_only_for_a_reason(county: Program) -> None:
    plain = county.get("entries?limit=500")
    assert busy.PERSONAL["phone"] not in plain.text
    assert all(each["private"] is None for each in plain.json["items"])
    opened = [each for each in county.get("entries?limit=500&why=x").json["items"] if each["private"]]
    for each in opened:
        for field, (salt, value) in each["private"].items():
            commitment = json.loads(each["raw"])["commitments"][field]
            assert commitment == sha256(canonical([salt, field, value]))
