"""A pass as a picture, on a phone, on cards of paper."""

import io

import segno
from flask import Response, abort, render_template, request

from hub.accounts.roles import Role
from hub.console.context import hub, needs, note, now, policy, reading, user
from hub.gates.policy import rules_in_force
from hub.passes import cards, codes, store
from hub.passes.codes import How
from hub.passes.store import Issued, PassState
from hub.passes.views.blueprint import blueprint, pass_or_404

SHEET = 200
"""Cards that one click prints at most: 20 sheets."""


@blueprint.get("/<pass_id>.svg")
@needs(Role.OFFICER)
def picture(pass_id: str) -> Response:
    """The QR picture for a phone's screen: level M, quiet zone of 4 modules. `?level=q` for print, which gets dirty."""
    level = "q" if request.args.get("level") == "q" else "m"
    code = segno.make_qr(_leaves(pass_id, How.SVG).text, error=level, boost_error=False)
    out = io.BytesIO()
    code.save(out, kind="svg", border=4, scale=8, light="#ffffff", dark="#000000", svgclass=None, lineclass=None)
    return Response(out.getvalue(), mimetype="image/svg+xml")


@blueprint.get("/<pass_id>.png")
@needs(Role.OFFICER)
def png(pass_id: str) -> Response:
    """The code of a pass as a PNG, to be sent to a driver's phone."""
    return Response(cards.phone_png(_leaves(pass_id, How.PNG)), mimetype="image/png")


@blueprint.get("/<pass_id>/phone")
@needs(Role.OFFICER)
def phone(pass_id: str) -> str:
    """A page of nothing but the pass, for a phone held to a gate's camera."""
    issued = _leaves(pass_id, How.PHONE_PAGE)
    return render_template("passes/phone.html", issued=issued, state=issued.state(now()), now=now())


@blueprint.get("/<pass_id>/card.pdf")
@needs(Role.OFFICER)
def card(pass_id: str) -> Response:
    """One card. A pass that has ended is not printed."""
    issued = pass_or_404(pass_id)
    if issued.state(now()) in (PassState.REVOKED, PassState.EXPIRED):
        abort(404)
    return _pdf([issued], f"{issued.id}.pdf", sheet=request.args.get("sheet") == "1")


@blueprint.get("/cards.pdf")
@needs(Role.OFFICER)
def sheet() -> Response:
    """A4 sheets of the passes of a search that are valid or will be, newest first."""
    found: list[Issued] = []
    for state in (PassState.VALID, PassState.NOT_YET):
        if request.args.get("state", state) in (state, ""):
            found += store.page(
                reading(),
                town=hub().town,
                search=request.args.get("search", "").strip(),
                state=state,
                vehicle_class=request.args.get("vehicle_class", ""),
                now=now(),
                limit=SHEET,
            )
    return _pdf(found[:SHEET], f"cards-{now().astimezone(hub().zone):%Y-%m-%d}.pdf", sheet=True)


def _leaves(pass_id: str, how: How) -> Issued:
    """The pass of an address, whose code the audit now says that the user has; nobody has it by a HEAD request."""
    issued = pass_or_404(pass_id)
    if request.method == "HEAD":
        return issued
    with hub().writing.begin() as connection:
        codes.note(connection, (issued.id,), how, by=user().id, now=now())
    return issued


def _pdf(found: list[Issued], name: str, *, sheet: bool) -> Response:
    rules = policy()
    names = {gate: info.zh for gate, info in rules.gates.items()} if rules else {}
    town = hub().opened
    size = cards.Size.named(request.args.get("size", "id1"))
    town_rules = rules_in_force(town, reading())
    made = [cards.card(each, town_rules, names, hub().zone) for each in found]
    data = cards.pdf(made, size=size, sheet=sheet, now=now())
    with hub().writing.begin() as connection:
        for each in found:
            note(connection, "pass printed", f"passes/{each.id}", size=size.name.lower())
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, mimetype="application/pdf", headers=headers)
