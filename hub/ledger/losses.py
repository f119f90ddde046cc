"""The `lost` records of gates, and which of them cannot be true.

Tested through `append`: `tests/hub/ledger/test_append.py` and `test_late.py`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from edge.contract.facts import Kind, Lost
from edge.contract.records import Record
from hub.ledger.projections.good_record import Good
from hub.ledger.received import Poison, Received


def lost_words(items: Iterable[Good | Poison]) -> Iterator[tuple[Record, Lost]]:
    """Every `lost` record among these, with its body."""
    for item in items:
        if isinstance(item, Good) and item.kind == Kind.LOST:
            record = item.record()
            assert isinstance(record.body, Lost)
            yield record, record.body


def lost_ranges(batch: Received) -> set[tuple[int, int]]:
    """The first and last number of everything that a batch calls lost."""
    return {(body.first, body.last) for _, body in lost_words(batch.items)}


def without_false_losses(batch: Received, is_held: Callable[[Received, int, int], bool]) -> Received:
    """The batch with each `lost` that names records which are held as poison: nobody can lose what the ledger has."""
    false = {}
    for place, item in enumerate(batch.items):
        for _, body in lost_words([item]):
            if body.last >= batch.first or is_held(batch, body.first, body.last):
                false[place] = _poison(batch.first + place, item, body)
    if not false:
        return batch
    return replace(batch, items=tuple(false.get(place, item) for place, item in enumerate(batch.items)))


def _poison(seq: int, item: Good | Poison, body: Lost) -> Poison:
    assert isinstance(item, Good)
    why = f"record {seq}: says that records {body.first} to {body.last} are lost, and the ledger holds some of them"
    return Poison(item.prev, item.hash, why, item.sealed.model_dump_json().encode())
