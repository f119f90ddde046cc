"""Imports a list of passes: makes its preview, then issues all of it or nothing."""

import secrets
from collections.abc import Collection
from datetime import datetime

from sqlalchemy.engine import Connection

from hub.accounts import audit
from hub.gates import store as gates
from hub.gates.policy import rules_in_force
from hub.passes import glyphs, sheet
from hub.passes import keys as pass_keys
from hub.passes import store as passes
from hub.passes.importing.preview import Preview, preview
from hub.passes.importing.rows import Here
from hub.passes.issue import check_lasts
from hub.town.town import Town


def preview_import(town: Town, connection: Connection, data: bytes | sheet.Table, name: str, now: datetime) -> Preview:
    """The preview of a list of passes (a file's bytes, or read already), with every fault and doubt; nothing is changed."""
    rules = rules_in_force(town, connection)
    check_lasts(rules, now)
    table = sheet.read(data, name) if isinstance(data, bytes) else data
    here = Here(town.id, rules, gates.infos(connection, town.id), town.settings.zone, now, glyphs.drawable())
    return preview(connection, table, name, here)


def import_passes(
    town: Town,
    connection: Connection,
    data: bytes | sheet.Table,
    name: str,
    *,
    by: str,
    now: datetime,
    ignored: Collection[str] = (),
    confirmed: bool | str = False,
) -> tuple[passes.Issued, ...]:
    """Issues every pass of a list that was not issued before, or none: `RefusedError` with the first fault, doubt or column.

    `ignored`: columns that may stay unread, by name; `confirmed`: the mark of the preview whose doubts were confirmed, or True.
    """
    previewed = preview_import(town, connection, data, name, now)
    if refusal := previewed.refusal(ignored, confirmed is True or confirmed == previewed.mark):
        raise refusal
    key = pass_keys.signing_key(connection, town.id, town.settings.keys)
    issued = tuple(
        passes.sign(each.wanted, id_=secrets.token_bytes(8), key=key, by=by, now=now, reference=each.reference)
        for each in previewed.fresh
    )
    passes.keep(connection, town.id, issued)
    detail: dict[str, str | int] = {"issued": len(issued), "known": len(previewed.rows) - len(issued)}
    if previewed.doubts:
        detail["confirmed"] = len(previewed.doubts)
    if previewed.unread:
        detail["unread"] = ", ".join(previewed.unread)
    audit.note(connection, user=by, action="passes imported", object=name, detail=detail, now=now)
    return issued
