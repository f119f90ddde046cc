"""What is handed over: each part as one sealed file of JSON lines, and a list of the files with their hashes, signed by the hub.

    DIR/archive/<destruction>/<part>.jsonl.age     a row of a table a line: {"table": …, "row": {…}}; bytes in base64
    DIR/archive/<destruction>/list.json            file, SHA-256 and bytes of it, rows; the hub's signature over the canonical list

The key to open them is the archive's (an age recipient that was given), or the town's backup key. What is handed over is read again before
anything is destroyed. Tested in `tests/hub/destruction/test_archive.py`.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Table, select
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json, public_hex, sign
from edge.contract.files import write_whole
from hub import generated_files
from hub.backup.age import EncryptedFile, Recipient
from hub.database.schema import metadata, register_history, register_pictures, register_rows
from hub.destruction.parts import Part
from hub.destruction.wipe import wipe

FOLDER = "archive"
LIST = "list.json"


def folder(town_folder: Path, id_: str) -> Path:
    """Where a destruction's sealed files lie."""
    return town_folder / FOLDER / id_


def seal(connection: Connection, town: str, part: Part, into: Path, to: Recipient) -> dict[str, Json]:
    """Writes one part's sealed file anew and reads it again; what the list says of it."""
    generated_files.folder(into.parent)
    generated_files.folder(into)
    path = into / f"{part.id.replace(':', '-')}.jsonl.age"
    wipe(path)
    rows = 0

    def lines() -> Iterator[bytes]:
        nonlocal rows
        for name in part.tables:
            for row in _rows(connection, town, metadata.tables[name], part.register):
                rows += 1
                yield json.dumps({"table": name, "row": row}, ensure_ascii=False).encode("utf-8", "replace") + b"\n"

    file = EncryptedFile(path, to)
    file.write(lines())
    file.prove()
    return {"part": part.id, "file": path.name, "sha256": _hash(path), "bytes": path.stat().st_size, "rows": rows}


def write_list(into: Path, files: list[Json], to: Recipient, key: Ed25519PrivateKey) -> None:
    """Writes the signed list of the sealed files."""
    said: list[Json] = ["archive", into.name, files]
    content: dict[str, Json] = {
        "destruction": into.name, "recipient": to.text, "files": files, "hub_key": public_hex(key), "sig": sign(key, said),
    }  # fmt: skip
    write_whole(into / LIST, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def _rows(connection: Connection, town: str, table: Table, register: str | None) -> Iterator[Mapping[str, Json]]:
    query = select(table).where(table.c.town == town)
    if register is not None:
        of_it = select(register_rows.c.id).where(register_rows.c.town == town, register_rows.c.register == register)
        if table in (register_history, register_pictures):
            query = query.where(table.c.row.in_(of_it))
        else:
            query = query.where(table.c.register == register)
    for row in connection.execute(query.order_by(*table.primary_key).execution_options(yield_per=500)):
        yield {name: _plain(value) for name, value in row._mapping.items()}


def _plain(value: Any) -> Json:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _hash(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
