"""The picture of a crossing, beside its visit: asked of the gate with one touch, shown by itself when it has come, each look audited.

Tested in `tests/hub/pictures/test_store.py`.
"""

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse

from hub.accounts.roles import Role
from hub.console.context import hub, needs, note, now, reading, user
from hub.ledger import queries
from hub.orders import pending
from hub.pictures import store

blueprint = Blueprint("pictures", __name__, url_prefix="/visits/<visit_id>")


@blueprint.post("/picture")
@needs(Role.OFFICER)
def look(visit_id: str) -> AnyResponse | str:
    """Shows the picture if it is here; else asks the gate for it, once, and shows it when it comes."""
    with hub().writing.begin() as connection:
        row = queries.visit(connection, hub().town, visit_id)
        if row is None or store.taken(connection, hub().town, visit_id) is None:
            abort(404)
        if store.ask_unless_asked(connection, hub().town, visit_id, row["gate"], by=user().id, now=now()):
            pending.publish(connection, hub().town, row["gate"], key=hub().opened.key, now=now())
            note(connection, "picture asked for", f"visits/{visit_id}")
        # what the request reads was there before this
        shown = _box(connection, visit_id, look=True)
    if request.headers.get("HX-Request"):
        return shown
    return redirect(url_for("ledger.visit", visit_id=visit_id, look=1, _anchor="picture"))


@blueprint.get("/picture")
@needs(Role.OFFICER)
def box(visit_id: str) -> str:
    """How the picture stands now; a page that waits for the picture asks for this again."""
    return _box(reading(), visit_id, look="look" in request.args)


@blueprint.get("/picture.jpg")
@needs(Role.OFFICER)
def picture(visit_id: str) -> Response:
    """The picture itself; the audit says who looked."""
    data = store.jpeg(reading(), hub().town, visit_id)
    if data is None:
        abort(404)
    with hub().writing.begin() as connection:
        note(connection, "picture seen", f"visits/{visit_id}")
    return Response(data, mimetype="image/jpeg")


def _box(connection: Connection, visit_id: str, *, look: bool) -> str:
    town = hub().town
    return render_template(
        "pictures/box.html",
        visit_id=visit_id,
        taken=store.taken(connection, town, visit_id) is not None,
        picture=store.asked(connection, town, visit_id),
        look=look,
        now=now(),
    )
