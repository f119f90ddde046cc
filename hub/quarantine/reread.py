"""A single quarantined record read again: one that holds its place in its gate's chain and could not be taken then.

Tested in `tests/hub/quarantine/test_settle.py`.
"""

from pydantic import ValidationError

from edge.contract.facts import HUB_KINDS
from edge.contract.records import Record, Sealed, commitments_hold, one_line
from hub.ledger.projections.good_record import Good


def read_again(data: bytes, *, town: str, gate: str, epoch: str, seq: int) -> Good | str:
    """The record, or in one line why it still cannot be taken."""
    try:
        sealed = Sealed.model_validate_json(data)
        record = Record.parse(sealed.raw)
    except ValidationError as error:
        return one_line(error)
    except (ValueError, RecursionError) as error:
        return " ".join(str(error).split())[:500]
    if (record.town, record.gate, record.epoch, record.seq) != (town, gate, epoch, seq):
        return "it names another town, gate, epoch or seq than its place"
    if record.kind in HUB_KINDS:
        return f"kind {record.kind}: only the hub writes it"
    field = commitments_hold(record, sealed.private)
    if field is not None:
        return f"private.{field}: not what raw committed to"
    absent = record.commitments.keys() - sealed.private.keys()
    return f"private.{min(absent)}: committed to, and not there" if absent else Good.of(sealed, record)
