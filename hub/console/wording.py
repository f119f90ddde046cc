"""Translates technical lines of the hub into the language of the request: why a message is in quarantine, the detail of an alert.

The lines are kept as they were written, in English, as evidence; what is shown is found by their shape. A line of no known shape
(a system's own error, say) is shown as it is.
"""

import re
from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext

from hub.console.rule_words import rule_words

_ = lazy_gettext
Shapes = tuple[tuple[re.Pattern[str], Any], ...]
"""Each shape of a line with its words, into which the groups go by name."""

_CAUSES: Shapes = (
    (
        re.compile(r"records (?P<first>\d+) to (?P<last>\d+), sent ahead of a backlog that will not come"),
        _(
            "Records %(first)s to %(last)s of a journal that is gone: sent ahead, and what came before them never arrived. Look for the gate's old card; without it, set these crossings right by hand."
        ),
    ),
    (
        re.compile(r"fork: prev of record (?P<seq>\d+) is not the hash of record (?P<before>\d+), which is held"),
        _(
            "Record no. %(seq)s does not follow the record no. %(before)s that stands in the ledger: a cloned card, two gates under one name, or a fault of the gate."
        ),
    ),
    (
        re.compile(r"fork: prev of record 1 is not 32 zero bytes"),
        _("Record no. 1 does not begin a journal: it names a record before it"),
    ),
    (
        re.compile(r"records: (?P<before>\d+) is followed by (?P<after>\d+), a hole inside the batch"),
        _("A hole inside: record no. %(before)s is followed by no. %(after)s. Nothing of the message was taken."),
    ),
    (
        re.compile(r"record (?P<seq>\d+): says that records (?P<first>\d+) to (?P<last>\d+) are lost"),
        _(
            "Record no. %(seq)s says that records %(first)s to %(last)s are lost, and the ledger holds some of them: not taken, and nothing is missing"
        ),
    ),
    (
        re.compile(r"fork: its gate has signed another record (?P<seq>\d+), with which it explained a gap"),
        _(
            "It contradicts the record no. %(seq)s with which its gate explained a gap: a cloned card, two gates under one name, or a fault of the gate."
        ),
    ),
    (
        re.compile(r"fork: record (?P<after>\d+), which is held, is not chained to this record (?P<seq>\d+)"),
        _(
            "The record no. %(after)s that stands in the ledger follows another record no. %(seq)s than this one: a cloned card, or two gates under one name."
        ),
    ),
    (
        re.compile(
            r"fork: of records (?P<first>\d+) to (?P<last>\d+), sent ahead, (?P<count>\d+) are others than the ledger holds"
        ),
        _(
            "Of the records %(first)s to %(last)s, which were sent ahead, %(count)s are others than those that stand in the ledger: a cloned card, or two gates under one name."
        ),
    ),
    (
        re.compile(
            r"late: records (?P<begin>\d+) to (?P<end>\d+) arrived, although their gate had called records (?P<first>\d+) to (?P<last>\d+) lost"
        ),
        _(
            "Arrived although its gate had called records %(first)s to %(last)s lost (with it came records %(begin)s to %(end)s). It is kept here and is no entry."
        ),
    ),
    (
        re.compile(
            r"late: of records (?P<first>\d+) to (?P<last>\d+), sent ahead, their gate has called (?P<count>\d+) lost since"
        ),
        _(
            "Of the records %(first)s to %(last)s, which were sent ahead, the gate has called %(count)s lost since. They are kept here; set these crossings right by hand."
        ),
    ),
    (
        re.compile(r"fork: another record (?P<seq>\d+) is held"),
        _(
            "A second record no. %(seq)s: a cloned card, or two gates under one name. The first one stands in the ledger."
        ),
    ),
    (re.compile(r"gate '(?P<gate>[^']*)': not a gate of this town"), _("From %(gate)s, which is no gate of this town")),
    (re.compile(r"(sig|bridge): not signed by gate"), _("Not signed by the gate that it names")),
    (re.compile(r"gate: sent by '(?P<gate>[^']*)'"), _("Sent by %(gate)s under another gate's name")),
    (re.compile(r"town: expected"), _("From another town")),
    (
        re.compile(r"record (?P<seq>\d+): (hash does not hold|prev is not)"),
        _("The chain breaks at record no. %(seq)s: changed, or put together wrongly"),
    ),
    (
        re.compile(r"record (?P<seq>\d+): "),
        _("Record no. %(seq)s cannot be taken; its number counts as held and nothing waits for it"),
    ),
    (re.compile(r"topic "), _("On a topic that is none of the gates'")),
    (re.compile(r"the hub failed at it: "), _("The hub itself failed at it: report it to who maintains the hub")),
)
_UNREADABLE = _("A message that cannot be read")

_REPLACED = r"epoch (?P<new>\w+) after (?P<old>\w+): the hub holds (?P<held>\d+) of its records"
_DETAILS: Shapes = (
    (re.compile(r"order (?P<id>\S+): village (?P<unit>\S+), due (?P<at>\S+)"), _("village %(unit)s, due %(at)s")),
    (re.compile(r"order (?P<id>\S+): due (?P<at>\S+)"), _("due %(at)s")),
    (re.compile(r"question (?P<id>\S+): due (?P<at>\S+), (?P<who>.*)"), _("%(who)s, due %(at)s")),
    (re.compile(r"clock: not synced"), _("the clock is not synced")),
    (re.compile(r"clock: (?P<n>-?\d+) s from the hub's"), _("%(n)s s away from the hub's clock")),
    (re.compile(r"backlog: (?P<n>\d+) records"), _("%(n)s records wait")),
    (
        re.compile(r"register (?P<names>.+): (?P<n>\d+) overdue since (?P<at>\S+)"),
        _("%(names)s: %(n)s overdue, the first since %(at)s"),
    ),
    (re.compile(r"disk: (?P<n>\d+) MiB free"), _("%(n)s MiB free")),
    (re.compile(r"last backup: (?P<at>\S+)"), _("the last one: %(at)s")),
    (re.compile(r"certificate of (?P<name>\S+): (?P<at>\S+)"), _("%(name)s: ends %(at)s")),
    (
        re.compile(_REPLACED + r", how many there were is not known"),
        _(
            "journal %(new)s after %(old)s: the hub holds %(held)s of the old one's records; how many there were is not known"
        ),
    ),
    (
        re.compile(_REPLACED + r", all that the gate spoke of when it last connected"),
        _(
            "journal %(new)s after %(old)s: the hub holds %(held)s of the old one's records, all that the gate spoke of when it last connected; what it kept later is not known"
        ),
    ),
    (
        re.compile(_REPLACED + r", all that the gate spoke of at (?P<at>\S+)"),
        _(
            "journal %(new)s after %(old)s: the hub holds %(held)s of the old one's records, all that the gate spoke of at %(at)s; what it kept later is not known"
        ),
    ),
    (
        re.compile(_REPLACED + r", the gate spoke of (?P<head>\d+) when it last connected: up to (?P<missing>\d+) may"),
        _(
            "journal %(new)s after %(old)s: the hub holds %(held)s of the old one's records, the gate spoke of %(head)s when it last connected: up to %(missing)s may be missing, and what it kept later"
        ),
    ),
    (
        re.compile(_REPLACED + r", the gate spoke of (?P<head>\d+) at (?P<at>\S+): up to (?P<missing>\d+) may"),
        _(
            "journal %(new)s after %(old)s: the hub holds %(held)s of the old one's records, the gate spoke of %(head)s at %(at)s: up to %(missing)s may be missing, and what it kept later"
        ),
    ),
    (re.compile(r"epoch (?P<new>\w+) after (?P<old>\w+)"), _("journal %(new)s after %(old)s")),
    (
        re.compile(r"epoch (?P<epoch>\w+), records (?P<first>\d+) to (?P<last>\d+): (?P<count>\d+) of them are in the"),
        _("journal %(epoch)s, records %(first)s to %(last)s: %(count)s of them are in the quarantine"),
    ),
    (re.compile(r"epoch (?P<epoch>\w+), record (?P<seq>\d+)"), _("journal %(epoch)s, record no. %(seq)s")),
    (
        re.compile(r"records (?P<first>\d+) to (?P<last>\d+)(?P<why>.*) \(and (?P<more>\d+) more ranges\)$"),
        _("records %(first)s to %(last)s, and %(more)s more ranges%(why)s"),
    ),
    (
        re.compile(r"records (?P<first>\d+) to (?P<last>\d+): pruned when a backup of the hub held them"),
        _("records %(first)s to %(last)s: the gate had let them go when a backup of the hub held them"),
    ),
    (
        re.compile(r"records (?P<first>\d+) to (?P<last>\d+): missing in the gate's own journal"),
        _("records %(first)s to %(last)s: missing in the gate's own journal"),
    ),
    (re.compile(r"records (?P<first>\d+) to (?P<last>\d+): (?P<why>.*)"), _("records %(first)s to %(last)s: %(why)s")),
    (
        re.compile(r"holds the hub's signature over (?P<signed>\d+) entries, and (?P<here>\d+) are here"),
        _("holds the hub's signature over %(signed)s entries, and %(here)s are here"),
    ),
    (
        re.compile(r"holds the hub's signature over another entry (?P<entry>\d+) than is here"),
        _("holds the hub's signature over another entry %(entry)s than is here"),
    ),
    *(
        (re.compile(rf"{what}: there is room for (?P<rows>\d+) messages, (?P<size>\d+) MiB"), words)
        for what, words in (
            ("noise", _("messages that cannot be read, or are not signed: %(rows)s are kept, or %(size)s MiB")),
            ("fork", _("second records under a number that is held: %(rows)s are kept, or %(size)s MiB")),
            ("late", _("records that had been called lost: %(rows)s are kept, or %(size)s MiB")),
            ("ahead", _("batches sent ahead of a backlog: %(rows)s are kept, or %(size)s MiB")),
            ("poison", _("records that cannot be taken: %(rows)s are kept, or %(size)s MiB")),
        )
    ),
    (
        re.compile(r"records: more than the contract allows"),
        _("batches, more than may wait or more bytes than a gate has"),
    ),
    (re.compile(r"hello: more than the contract allows"), _("hellos, more than the contract allows")),
    (re.compile(r"state: more than the contract allows"), _("states, more than the contract allows")),
    (re.compile(r"health: more than the contract allows"), _("healths, more than the contract allows")),
    (re.compile(r"picture: more than the contract allows"), _("pictures, more than the contract allows")),
    (re.compile(r"other: more than the contract allows"), _("messages on topics that are none of the gates'")),
    (re.compile(r"journal: more than the contract allows"), _("words of new journals, more than a gate may begin")),
    (
        re.compile(r"muted: more than the contract allows"),
        _("a flood, so that the hub did not listen to it for a while"),
    ),
    (
        re.compile(r"the ledger does not hold: (?P<where>.*)"),
        _("the ledger does not hold, so there is no backup of it: %(where)s"),
    ),
    (
        re.compile(r"(?P<file>.+): exists already, not written over"),
        _("%(file)s exists already and is not written over"),
    ),
    (
        re.compile(r"backup: there is no backup key"),
        _("there is no backup key, and nothing is written unencrypted: run kakou-hub backup-key new on the hub"),
    ),
    (
        re.compile(r"(?P<file>.+): read again, it is not what was written"),
        _("%(file)s: read again, it is not what was written"),
    ),
    (
        re.compile(r"(?P<file>.+): not a file of the hub's"),
        _("%(file)s is not a file of the hub's, no restore would take it: move it elsewhere"),
    ),
    (
        re.compile(r"the carried database: (?P<why>.*)"),
        _("no restore would take this database: %(why)s"),
    ),
    (
        re.compile(r"backup: a PostgreSQL ledger is backed up with its own tools"),
        _("a PostgreSQL ledger is backed up with its own tools (pg_dump)"),
    ),
    (re.compile(r"(?P<file>.+): copied to .+?: (?P<why>.*)"), _("%(file)s could not be copied: %(why)s")),
    (re.compile(r"(?P<file>.+): SQLite says of a copy: (?P<why>.*)"), _("a copy of %(file)s is damaged: %(why)s")),
    (re.compile(r"(?P<file>.+), (?P<entries>\d+) entries"), _("%(file)s, %(entries)s entries")),
)


def cause_words(why: str) -> str:
    """Why a message was not taken into the ledger, for somebody who has to judge it."""
    return _worded(_CAUSES, why) or str(_UNREADABLE)


def particulars(detail: str, write_time: Callable[[str], str]) -> str:
    """The detail of an alert in words, a time in it as `write_time` has it; the line itself where its shape is not known."""
    return _worded(_DETAILS, detail, write_time) or rule_words(detail) or detail


def _worded(shapes: Shapes, line: str, write_time: Callable[[str], str] = str) -> str | None:
    for shape, words in shapes:
        if found := shape.match(line):
            groups = {name: write_time(text) if name == "at" else text for name, text in found.groupdict().items()}
            # `%` formats the translation of the request
            return str(words % groups)
    return None
