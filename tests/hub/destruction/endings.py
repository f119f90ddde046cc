"""A town whose operation is over, with personal values in every place that has one; and two admins who agree."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from edge.contract.facts import Kind, ShiftEnded
from hub.accounts.roles import Role
from hub.database.schema import metadata
from hub.destruction import decisions, parts, requests, run
from hub.destruction.decisions import Decision
from hub.destruction.parts import Choice
from hub.destruction.requests import Destruction
from hub.enrolment.officers import add_user
from hub.passes import passlist
from hub.town.town import Town
from hub.vehicles import store as notes
from tests.hub.ledgers import send
from tests.hub.passes.test_views import issue
from tests.hub.towns import NOW, PASSWORD, Place

PLATES = ("鲁B12345", "鲁B77777", "鲁U66666")
NAME, PHONE, REMARK = "欧阳震华", "13905327788", "车上有病人司马光"
WORDS = (*PLATES, NAME, PHONE, REMARK)
ENDS = NOW + timedelta(days=1)
LATER = ENDS + timedelta(days=1)


def ended(place: Place) -> Place:
    """The same town, whose operation has ended a day before `LATER`."""
    file = place.folder / "operation.toml"
    lines = file.read_text(encoding="utf-8").splitlines()
    ends = f'ends = "{ENDS.isoformat()}"'
    file.write_text("\n".join(ends if line.startswith("# ends =") else line for line in lines) + "\n", encoding="utf-8")
    place.town = Town.open(place.folder)
    return place


def filled(place: Place) -> Place:
    """An ended operation whose values stand in the ledger, lists, audit, logs, exports and the files beside the database."""
    private = {"driver": NAME, "phone": PHONE, "remark": REMARK}
    for gate in ("east", "west"):
        for number, plate in enumerate(PLATES):
            place.gates[gate].visit(plate, NOW + timedelta(minutes=number), private=private)
        send(place, place.gates[gate])
    place.gates["east"].keep(Kind.SHIFT_ENDED, ShiftEnded(officer="u-2"), NOW, private={"remark": REMARK})
    send(place, place.gates["east"])
    issue(place, PLATES[0])
    with place.engine.begin() as connection:
        passlist.watch_plate(
            place.town, connection, PLATES[1], deny_in=True, deny_out=False, notify=True, why=NAME, by="cli", now=NOW
        )
        notes.add(connection, town="demo", vehicle=PLATES[2], text=REMARK, by=place.users[Role.OFFICER], now=NOW)
        connection.exec_driver_sql(
            "INSERT INTO answered_forms (form, mark, leads_to, at) VALUES ('f', 'm', ?, '')",
            (f"/vehicles/{PLATES[0]}",),
        )
    settings = place.town.settings
    settings.log.mkdir(exist_ok=True)
    (settings.log / "web.log").write_text(
        f"a line\n{json.dumps({'plate': PLATES[0]})}\nanother {PHONE}\n", encoding="utf-8"
    )
    settings.exports.mkdir(exist_ok=True)
    (settings.exports / "ab12.csv").write_text(PLATES[0], encoding="utf-8")
    (settings.folder / "lists.db.broken-20260301T000000Z").write_text(NAME, encoding="utf-8")
    return ended(place)


def second_admin(place: Place) -> str:
    """Another admin."""
    with place.engine.begin() as connection:
        return add_user(
            place.town, connection, login="chief", name="周平", role=Role.ADMIN, password=PASSWORD, by="cli", now=NOW
        )


def decide_all(place: Place, but: dict[str, Decision] | None = None) -> None:
    """Everything is destroyed, but what is said otherwise."""
    with place.engine.begin() as connection:
        for id_, part in parts.every(connection, place.town.id).items():
            if part.asked:
                found = (but or {}).get(id_, Decision(id_, Choice.DESTROY, "突发事件应对法 85"))
                decisions.decide(
                    connection, town=place.town.id, operation="op-1", decision=found, by=place.users[Role.ADMIN],
                    key=place.town.key, now=LATER,
                )  # fmt: skip


def agreed(place: Place, recipient: str | None = None) -> Destruction:
    """Two admins agree."""
    other = second_admin(place)
    with place.engine.begin() as connection:
        asked = requests.request(
            connection,
            town=place.town.id,
            rules=place.town.rules,
            by=place.users[Role.ADMIN],
            now=LATER,
            recipient=recipient,
        )
        return requests.confirm(
            connection,
            town=place.town.id,
            rules=place.town.rules,
            id_=asked.id,
            by=other,
            now=LATER + timedelta(hours=1),
        )


def destroyed(place: Place) -> Destruction:
    """The whole way."""
    decide_all(filled(place))
    return run.run(place.town, agreed(place).id, LATER + timedelta(hours=2))


ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")


def spellings(words: tuple[str, ...] = WORDS, encodings: tuple[str, ...] = ENCODINGS) -> dict[bytes, str]:
    """Each word as bytes in every way a file may spell it."""
    found: dict[bytes, str] = {}
    for word in words:
        for spelt in (word, json.dumps(word)[1:-1], "".join(f"%{each:02X}" for each in word.encode())):
            for encoding in encodings:
                found[spelt.encode(encoding)] = word
    return found


def traces(folder: Path, words: tuple[str, ...] = WORDS, encodings: tuple[str, ...] = ENCODINGS) -> list[str]:
    """Every file below a folder that holds one of the words in its bytes, or in a value of its tables. `encodings`: fewer for many words."""
    wanted = spellings(words, encodings)
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            found += [f"{path.relative_to(folder)}: {word}" for spelt, word in wanted.items() if spelt in data]
            found += [f"{path.relative_to(folder)}: {each}" for each in _in_tables(path, words)]
    return sorted(set(found))


def _in_tables(path: Path, words: tuple[str, ...]) -> Iterator[str]:
    if not path.read_bytes()[:16].startswith(b"SQLite format 3"):
        return
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            text = "\n".join(
                each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each)
                for row in connection.execute(f'SELECT * FROM "{name}"')
                for each in row
            )
            yield from (f"{name}: {word}" for word in words if word in text)
    finally:
        connection.close()


def rows(place: Place, table: str) -> int:
    """How many rows a table has."""
    with place.engine.begin() as connection:
        return len(connection.execute(metadata.tables[table].select()).all())
