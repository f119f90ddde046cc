"""The registers of a town: those that are shipped, and its own; what the town chose of each: fields that are asked, names of roles, the end.

Tested in `tests/hub/registers/test_catalogue.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from edge.contract.values import Line
from hub.accounts import audit
from hub.database.schema import register_rows, registers
from hub.errors import RefusedError
from hub.registers import declaration
from hub.registers.declaration import Id, Register


class SlotNames(BaseModel):
    """How a town calls a role of a register."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: Line
    en: Line


class Chosen(BaseModel):
    """What a town chose of a register: fields asked or not against the declaration, names of its role slots, what becomes of it at the end."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    asked: Mapping[Id, bool] = Field(default_factory=dict)
    slots: Mapping[Id, SlotNames] = Field(default_factory=dict)
    end: Annotated[Literal["destroy", "archive", "keep"] | None, Field()] = None
    keep_days: int | None = Field(default=None, ge=0, le=36_600)

    @classmethod
    def of(cls, text: str) -> Self:
        """What the table says; nothing chosen where this version would not take it."""
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            return cls()


@dataclass(frozen=True, slots=True)
class TownRegister:
    """A register as a town has it: its declaration with the town's names in it, the fields that are asked, and whether it is closed."""

    register: Register
    text: str
    chosen: Chosen
    version: int
    added_at: str
    added_by: str
    changed_at: str
    changed_by: str
    closed_at: str | None

    @property
    def asked(self) -> frozenset[str]:
        """The fields that this town fills in."""
        return frozenset(each.id for each in self.register.typed if self.chosen.asked.get(each.id, each.asked))

    @property
    def end(self) -> str:
        """What becomes of its personal values when the operation ends: destroy, archive or keep."""
        return self.chosen.end or self.register.end.personal


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, str]:
    """The declarations that come with the product, by id, in the order of their groups."""
    folder = files("hub.registers") / "shipped"
    texts = [each.read_text("utf-8") for each in folder.iterdir() if each.name.endswith(".toml")]
    found = {declaration.read(text).id: text for text in texts}
    return dict(sorted(found.items()))


def every(connection: Connection, town: str) -> list[TownRegister]:
    """The registers of a town, by id."""
    query = select(registers).where(registers.c.town == town).order_by(registers.c.id)
    return [_of(row) for row in connection.execute(query)]


def find(connection: Connection, town: str, id_: str) -> TownRegister | None:
    """The register of a town with this id."""
    query = select(registers).where(registers.c.town == town, registers.c.id == id_)
    row = connection.execute(query).first()
    return None if row is None else _of(row)


def known(connection: Connection, town: str, id_: str) -> TownRegister:
    """The register of a town with this id; `RefusedError` if there is none."""
    found = find(connection, town, id_)
    if found is None:
        raise RefusedError("register %(register)r: there is no such register", register=id_)
    return found


def add(connection: Connection, town: str, text: str, *, by: str, now: datetime) -> TownRegister:
    """Adds the register that a TOML text declares; `RefusedError` if its id is taken, or its parent is not there."""
    register = declaration.read(text)
    if find(connection, town, register.id) is not None:
        raise RefusedError("register %(register)r: there is one already", register=register.id)
    _stands(connection, town, register)
    at = wall_text(now)
    row = {
        "town": town, "id": register.id, "declaration": text, "settings": "{}", "version": 1, "added_at": at, "added_by": by,
        "changed_at": at, "changed_by": by,
    }  # fmt: skip
    connection.execute(insert(registers).values(**row))
    _note(connection, by, "register added", register.id, {"zh": register.zh, "en": register.en}, now)
    return known(connection, town, register.id)


def add_shipped(connection: Connection, town: str, ids: list[str], *, by: str, now: datetime) -> list[str]:
    """Adds registers that come with the product, parents first, leaving out those that are there. Returns the ids that were added."""
    added: list[str] = []
    for id_ in ids:
        text = shipped().get(id_)
        if text is None:
            raise RefusedError("register %(register)r: none of those that are shipped", register=id_)
        if find(connection, town, id_) is not None:
            continue
        if parent := declaration.read(text).parent:
            added += add_shipped(connection, town, [parent], by=by, now=now)
        add(connection, town, text, by=by, now=now)
        added.append(id_)
    return added


def declare(
    connection: Connection, town: str, id_: str, text: str, *, version: int, by: str, now: datetime
) -> TownRegister:
    """Declares a register anew: fields may be added and renamed; one that rows fill can neither go nor change its type or its privacy."""
    there, register = known(connection, town, id_), declaration.read(text)
    _fresh(there, version)
    if register.id != id_:
        raise RefusedError(
            "register %(register)r: its id can't change, found %(found)r", register=id_, found=register.id
        )
    _stands(connection, town, register)
    if _rows(connection, town, id_):
        _keeps_its_fields(there.register, register)
    _change(connection, town, there, {"declaration": text}, by, now)
    detail = audit.changed({"declaration": there.text}, {"declaration": text})
    _note(connection, by, "register declared anew", id_, detail, now)
    return known(connection, town, id_)


def choose(
    connection: Connection, town: str, id_: str, chosen: Chosen, *, version: int, by: str, now: datetime
) -> TownRegister:
    """Writes what a town chooses of a register; `RefusedError` for a field that it does not have."""
    there = known(connection, town, id_)
    _fresh(there, version)
    for name in (*chosen.asked, *chosen.slots):
        if there.register.field(name) is None:
            raise RefusedError("register %(register)r: no such field %(field)r", register=id_, field=name)
    _change(connection, town, there, {"settings": chosen.model_dump_json(exclude_none=True)}, by, now)
    detail = audit.changed(there.chosen.model_dump(mode="json"), chosen.model_dump(mode="json"))
    _note(connection, by, "register settings changed", id_, detail, now)
    return known(connection, town, id_)


def close(
    connection: Connection, town: str, id_: str, *, version: int, by: str, why: str, now: datetime
) -> TownRegister:
    """Closes a register: nothing is added to it any more; its rows stay."""
    there = known(connection, town, id_)
    _fresh(there, version)
    if there.closed_at is not None:
        raise RefusedError("register %(register)r: it is closed already", register=id_)
    if not why.strip():
        raise RefusedError("give a reason")
    _change(connection, town, there, {"closed_at": wall_text(now)}, by, now)
    _note(connection, by, "register closed", id_, {"reason": why.strip()}, now)
    return known(connection, town, id_)


def _of(row: Row[tuple[object, ...]]) -> TownRegister:
    chosen = Chosen.of(row.settings)
    return TownRegister(
        _named(row.declaration, row.settings), row.declaration, chosen, row.version, row.added_at, row.added_by,
        row.changed_at, row.changed_by, row.closed_at,
    )  # fmt: skip


@lru_cache(maxsize=256)
def _named(text: str, settings: str) -> Register:
    """The declaration with the names that the town gave its role slots."""
    register, slots = declaration.read(text), Chosen.of(settings).slots
    if not slots:
        return register
    fields = tuple(
        each.model_copy(update={"zh": slots[each.id].zh, "en": slots[each.id].en}) if each.id in slots else each
        for each in register.fields
    )
    return register.model_copy(update={"fields": fields})


def _stands(connection: Connection, town: str, register: Register) -> None:
    if register.parent is not None and find(connection, town, register.parent) is None:
        raise RefusedError(
            "register %(register)r: its parent %(parent)r is not there", register=register.id, parent=register.parent
        )


def _fresh(there: TownRegister, version: int) -> None:
    if there.version != version:
        raise RefusedError(
            "register %(register)r: changed by somebody else in the meantime; look at it again",
            register=there.register.id,
        )


def _rows(connection: Connection, town: str, id_: str) -> int:
    query = select(func.count()).where(register_rows.c.town == town, register_rows.c.register == id_)
    return connection.execute(query.select_from(register_rows)).scalar_one()


def _keeps_its_fields(before: Register, after: Register) -> None:
    for each in before.fields:
        now = after.field(each.id)
        if now is None or (now.type, now.personal) != (each.type, each.personal):
            raise RefusedError(
                "register %(register)r: rows fill the field %(field)r: it can't go, and keeps its type and its privacy",
                register=before.id,
                field=each.id,
            )
        gone = {choice.id for choice in each.choices} - {choice.id for choice in now.choices}
        if gone:
            raise RefusedError(
                "register %(register)r: rows may say %(found)r in the field %(field)r: the choice can't go",
                register=before.id,
                field=each.id,
                found=min(gone),
            )
    gone = {each.id for each in before.states} - {each.id for each in after.states}
    if gone:
        raise RefusedError(
            "register %(register)r: rows may be in the state %(state)r: it can't go",
            register=before.id,
            state=min(gone),
        )


def _change(
    connection: Connection, town: str, there: TownRegister, columns: dict[str, str], by: str, now: datetime
) -> None:
    where = (registers.c.town == town, registers.c.id == there.register.id)
    changed = {"version": there.version + 1, "changed_at": wall_text(now), "changed_by": by}
    connection.execute(update(registers).where(*where).values(**columns, **changed))


def _note(connection: Connection, by: str, action: str, id_: str, detail: Mapping[str, object], now: datetime) -> None:
    audit.note(connection, user=by, action=action, object=f"registers/{id_}", detail=detail, now=now)  # type: ignore[arg-type]
