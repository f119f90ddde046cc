"""Checks one entry by itself: its columns and personal values against what was hashed, and its gate's signature.

Tested in `tests/hub/ledger/test_verify.py`.
"""

import json

from edge.contract.canonical import signed_by
from edge.contract.records import Record, commitment, signed_head
from hub.ledger.verify_walk import BrokenError, Entry, Walk
from hub.values.stored import pairs_of, part, said, whole_of
from hub.values.visible import short


def check_record(walk: Walk, row: Entry, where: str) -> None:
    # whatever the values are: they were taken, by this version or an older one, and their hash holds
    value = said(row.raw)
    if not value:
        raise BrokenError(f"{where}: raw is no JSON object")
    for column in ("town", "gate", "epoch", "seq", "kind", "visit"):
        found = whole_of(value.get(column)) if column == "seq" else value.get(column)
        if found != row._mapping[column]:
            raise BrokenError(f"{where}: {column} is {row._mapping[column]!r}, raw says {short(repr(found), 80)}")
    private, wrong = pairs_of(row.private), _shape_of_private(row.private)
    if wrong is not None:
        raise BrokenError(f"{where}: {wrong}")
    commitments = part(value, "commitments")
    for name, (salt, personal) in private.items():
        if name not in commitments:
            # whatever the name is, it is not the record's: it may be a value
            raise BrokenError(f"{where}: private holds a field to which raw did not commit")
        if not _committed(commitments[name], name, salt, personal):
            raise BrokenError(f"{where}: private.{name} is not what raw committed to")
    walk.odd += not _taken_today(row.raw)
    gone = commitments.keys() - private.keys()
    if gone and not walk.destroyed.allows(row.id, value):
        raise BrokenError(f"{where}: private.{min(gone)} is gone, and no entry says that it was destroyed")


def _shape_of_private(text: str) -> str | None:
    if text == "{}":
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or len(pairs_of(text)) != len(value):
        return "private is not {field: [salt, value]}"
    return None


def _committed(promised: object, field: str, salt: str, value: str) -> bool:
    try:
        return promised == commitment(salt, field, value)
    except ValueError:
        return False  # halves of characters have no bytes to commit to


def _taken_today(raw: str) -> bool:
    try:
        Record.parse(raw)
    except (ValueError, RecursionError):
        return False
    return True


def check_signature(walk: Walk, row: Entry, where: str, *, released: bool = False) -> None:
    # what lay in the quarantine came earlier than its entry
    key, keys = walk.keys.get(row.gate), walk.former.of(row.gate, 0 if released else row.id)
    if key is None:
        raise BrokenError(f"{where}: no key of gate {row.gate!r} is known")
    if row.signed_hash != row.hash:
        raise BrokenError(f"{where}: the signature kept for it is over another hash")
    head = signed_head(walk.town, row.gate, row.epoch, row.seq, row.hash)
    if not any(signed_by(each, head, row.sig) for each in (*keys, key)):
        raise BrokenError(f"{where}: the signature is not gate {row.gate!r}'s")
    walk.signatures += 1
