"""Rows of a list that passes were issued for before, and rows that say the same as another row."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.database.schema import passes
from hub.errors import Words
from hub.passes.importing.rows import Asked, Here
from hub.passes.terms import PassTerms, Unfit


def twice(asked: Sequence[Asked]) -> list[tuple[int, Unfit]]:
    """Rows that say the same, or bear the same reference, as one before them."""
    found: list[tuple[int, Unfit]] = []
    first: dict[object, int] = {}
    for each in asked:
        wanted = each.wanted
        key = each.reference or (wanted.plate, wanted.vehicle_class, wanted.not_before, wanted.expires, _names(wanted))
        column, text = ("reference", each.reference) if each.reference else ("plate", wanted.plate)
        if key in first:
            found.append((each.row, Unfit(column, text, Words("the same as row %(row)s", row=first[key]))))
        first.setdefault(key, each.row)
    return found


class IssuedBefore:
    """The passes that the rows of a list may have been issued as already."""

    def __init__(self, connection: Connection, here: Here, asked: Sequence[Asked]):
        self._now = wall_text(here.now)
        columns = (passes.c.id, passes.c.plate, passes.c.vehicle_class, passes.c.gates, passes.c.not_before,
                   passes.c.expires, passes.c.reference)  # fmt: skip
        plates, references = {each.wanted.plate for each in asked}, {each.reference for each in asked} - {None}
        self._by_reference: dict[str, _Known] = {}
        self._by_plate: dict[str, list[_Known]] = {}
        for row in connection.execute(select(*columns).where(passes.c.town == here.town)):
            if row.reference in references:
                self._by_reference[row.reference] = _Known(*row)
            if row.plate in plates:
                self._by_plate.setdefault(row.plate, []).append(_Known(*row))

    def pass_of(self, asked: Asked) -> str | None:
        """The pass that was issued for this row; `Unfit` if its reference stands for another plate or class."""
        wanted = asked.wanted
        if asked.reference is not None:
            known = self._by_reference.get(asked.reference)
            if known is not None and (known.plate, known.vehicle_class) != (wanted.plate, wanted.vehicle_class):
                taken = Words(
                    "pass %(id)s was issued for it, with plate %(plate)s and class %(vehicle_class)s",
                    id=known.id,
                    plate=known.plate,
                    vehicle_class=known.vehicle_class,
                )
                raise Unfit("reference", asked.reference, taken)
            return None if known is None else known.id
        return next((each.id for each in self._by_plate.get(wanted.plate, ()) if self._fits(each, asked)), None)

    def _fits(self, known: "_Known", asked: Asked) -> bool:
        wanted = asked.wanted
        return (
            (known.vehicle_class, known.gates) == (wanted.vehicle_class, _names(wanted))
            and (not asked.from_given or known.not_before == wall_text(wanted.not_before))
            and (not asked.to_given or known.expires == wall_text(wanted.expires))
            and ((asked.from_given and asked.to_given) or known.expires > self._now)
        )


@dataclass(frozen=True, slots=True)
class _Known:
    id: str
    plate: str
    vehicle_class: str
    gates: str | None
    not_before: str
    expires: str
    reference: str | None


def _names(wanted: PassTerms) -> str | None:
    numbers = wanted.gate_numbers
    return None if numbers is None else ",".join(sorted(numbers, key=numbers.__getitem__))
