"""The personal fields that an operation declares: their values of a visit, masked as the policy says, and as a list to export.

They stand in the entries' `private` alone, so that nothing else has to be destroyed at the operation's end.

Tested in `tests/hub/visits/test_extra_fields.py`.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement

from edge.contract.facts import Kind
from edge.contract.personal import EXTRA_FIELD
from edge.contract.policy import ExtraField, FieldMask, Policy
from hub.accounts.privacy import MASK, mask_field
from hub.database.schema import entries
from hub.exports.writing.cells import Column, Sort
from hub.exports.writing.question import Question
from hub.values.stored import text_of
from hub.values.visible import visible

PREFIX = EXTRA_FIELD[1:3]
_LIST = (
    Column("visit_id", "记录编号", "Visit"),
    Column("gate", "卡口", "Gate", group="place"),
    Column("kind", "条目类型", "Entry", group="place"),
    Column("received_at", "中心收到时间", "Received by the hub", Sort.TIME),
    Column("entry_seq", "台账序号", "Ledger entry", Sort.WHOLE),
)
Mask = Callable[[str], str]


def values_of(privates: Iterable[str]) -> dict[str, str]:
    """The value of each declared field of a visit, of its entries' `private` in their order: a correction counts."""
    found: dict[str, str] = {}
    for private in privates:
        found |= _values(private)
    return {field: value for field, value in found.items() if value}


def shown(policy: Policy | None, values: Mapping[str, str], *, masked: bool) -> list[tuple[str, str, str, str]]:
    """Each value with its field's id and words, in the order of the policy; of a field that it does not know nothing is shown masked."""
    known = {each.id: each for each in (policy.fields if policy else ())}
    order = [*(id_ for id_ in known if id_ in values), *sorted(values.keys() - known.keys())]
    found = []
    for id_ in order:
        field = known.get(id_)
        words = (id_, id_) if field is None else (field.zh, field.en)
        found.append((id_, *words, _cell(field, values[id_], masked=masked)))
    return found


def visit_fields_asked(town: str, fields: Sequence[ExtraField], where: Sequence[ColumnElement[bool]]) -> Question:
    """The entries that hold values of declared fields, in order of arrival: a column for each field of the present operation."""
    columns = (*_LIST, *(Column(each.id, each.zh, each.en) for each in fields))
    values: dict[str, ColumnElement[Any]] = {
        "visit_id": entries.c.visit,
        "gate": entries.c.gate,
        "kind": entries.c.kind,
        "received_at": entries.c.received_at,
        "entry_seq": entries.c.id,
        **{each.id: entries.c.private.label(each.id) for each in fields},
    }
    kinds = entries.c.kind.in_([Kind.VISIT_OPENED.value, Kind.CORRECTED.value])
    holds = entries.c.private.contains(f'"{PREFIX}', autoescape=True)
    return Question(columns, values, [entries.c.town == town, kinds, holds, *where], (entries.c.id,), entries)


def masks(fields: Sequence[ExtraField], *, masked: bool) -> dict[str, Mask]:
    """What is written in the column of each field, of an entry's `private`."""
    return {each.id: partial(_of_private, each, masked=masked) for each in fields}


def _of_private(field: ExtraField, private: str, *, masked: bool) -> str:
    value = _values(private).get(field.id)
    return _cell(field, value, masked=masked) if value else ""


def _cell(field: ExtraField | None, value: str, *, masked: bool) -> str:
    if not masked:
        return visible(value)
    return MASK if field is None else visible(mask_field(FieldMask(field.mask), value))


def _values(private: str) -> dict[str, str]:
    """The values of declared fields in an entry's `private`; none of one that cannot be read."""
    try:
        found = json.loads(private)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    values = {field: pair[1] for field, pair in found.items() if field.startswith(PREFIX) and _is_pair(pair)}
    return {field: text_of(value) or "" for field, value in values.items()}


def _is_pair(pair: object) -> bool:
    return isinstance(pair, list) and len(pair) == 2
