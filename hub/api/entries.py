"""The ledger's entries by number, so that another system can follow the ledger and check it by itself.

Tested in `tests/hub/api/test_entries.py`.
"""

from flask import Response

from edge.contract.canonical import public_hex
from hub.api.blueprint import following, read, said
from hub.api.caller import unmasked
from hub.api.models import Entries, EntriesAsked, Head, LedgerEntry
from hub.console.context import hub, reading
from hub.ledger import following as ledger
from hub.ledger.head import Ledger, read_ledger
from hub.tokens.scopes import Scope
from hub.values.stored import said as json_of


@read("/entries", Scope.ENTRIES_READ, Entries)
def entries(query: EntriesAsked) -> Response:
    """The entries of the ledger above a number, in their order; a follower asks again from `last`."""
    whole = unmasked(query.why, "entries")
    found = ledger.entries_after(reading(), hub().town, query.after, query.limit + 1)
    items = []
    for row in found[: query.limit]:
        entry = {name: value for name, value in row.items() if name not in ("private", "sig")}
        entry["signature"] = None if row["sig"] is None else {"seq": row["seq"], "sig": row["sig"]}
        entry["private"] = dict(json_of(row["private"])) if whole else None
        items.append(LedgerEntry.model_validate(entry))
    last = items[-1].id if items else query.after
    says = _head(read_ledger(reading(), hub().town))
    after = last if len(found) > query.limit else None
    return said(Entries(items=items, last=last, head=says, next=following(after)))


def _head(found: Ledger) -> Head:
    key, head = public_hex(hub().opened.key.public_key()), found.head
    return Head(ledger=found.id, epoch=found.epoch, count=head.count, chain=head.chain, sig=head.sig, key=key)
