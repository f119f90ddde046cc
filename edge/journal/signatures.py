"""The journal's signatures after a rekey. Tested in `tests/hub/lifecycle/test_rekey.py`."""

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edge.contract.canonical import sign, signed_by
from edge.journal.file import Meta
from edge.journal.open_file import OpenFile


def sign_anew(file: OpenFile, former: Sequence[Ed25519PublicKey], key: Ed25519PrivateKey) -> int:
    """After a rekey: what was signed with a former key of the gate is signed with the present one, which the hub believes now.

    Numbers and hashes stand. Only what such a key did sign, so that nobody has a chain signed that was written anew. All in
    one transaction, so that the last signature tells for all. Returns how many were signed.
    """
    with file.reading() as reader:
        last = reader.execute("select seq, hash, sig from signatures order by seq desc limit 1").fetchone()
    if last is None or not _signed_with(former, file.meta, *last):
        return 0
    with file.writing() as writing:
        meta = writing.meta
        rows = writing.connection.execute("select seq, hash, sig from signatures").fetchall()
        signed = [
            (sign(key, meta.head_of(seq, hash_)), seq)
            for seq, hash_, sig in rows
            if _signed_with(former, meta, seq, hash_, sig)
        ]
        writing.connection.executemany("update signatures set sig = ? where seq = ?", signed)
    return len(signed)


def _signed_with(keys: Sequence[Ed25519PublicKey], meta: Meta, seq: int, hash_: str, sig: str) -> bool:
    return any(signed_by(key, meta.head_of(seq, hash_), sig) for key in keys)
