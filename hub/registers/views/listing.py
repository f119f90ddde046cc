"""The list of one register: what is asked for, how many in each state, a page of rows.

Tested in `tests/hub/registers/views/test_listing.py`.
"""

from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlencode

from flask import render_template, request, url_for

from hub.accounts.roles import Role
from hub.console.context import hub, needs, reading, role
from hub.console.forms import row_id
from hub.console.login import limited_search
from hub.registers import store
from hub.registers.store import Asked
from hub.registers.views.asking import ask_form, asked_of
from hub.registers.views.blueprint import blueprint, known_register
from hub.registers.views.showing import all_shown, columns, due

ROWS = 40


@blueprint.get("/<register_id>")
@needs(Role.VIEWER)
@limited_search
def rows(register_id: str) -> str | tuple[str, int]:
    """A page of a register's rows, the newest number first."""
    found = known_register(register_id)
    form = ask_form(found)
    fits = form.validate()
    asked = asked_of(form) if fits else Asked()
    register, town = found.register, hub().town
    before = row_id(request.args.get("before"))
    page = store.page(reading(), town, register, asked, role(), before=before, limit=ROWS + 1) if fits else []
    counted = (
        store.count(reading(), town, register, replace(asked, state=""), role())
        if fits
        else store.Counted({}, 0, whole=True)
    )
    kept = {name: value for name in form.data if (value := request.args.get(name))}
    here = url_for("registers.rows", register_id=register_id)
    answer = render_template(
        "registers/rows.html",
        found=found,
        register=register,
        form=form,
        columns=columns(found),
        rows=all_shown(found, page[:ROWS], role()),
        due=due,
        counted=counted,
        kept=kept,
        has_personal=any(each.personal for each in register.fields),
        asked_something=bool(kept),
        newest=f"{here}?{urlencode(kept)}" if before else None,
        older=f"{here}?{urlencode({**kept, 'before': page[ROWS - 1].number})}" if len(page) > ROWS else None,
    )
    return answer if fits else (answer, HTTPStatus.BAD_REQUEST)
