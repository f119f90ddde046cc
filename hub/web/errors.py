"""The pages of errors: what went wrong, in one line and in the reader's language.

Tested in `tests/hub/web/test_app.py`.
"""

from http import HTTPStatus

import structlog
from flask import Response, g, render_template, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from hub.api import problems
from hub.console import display
from hub.console.login import LaterError
from hub.database.engine import UnusableError, misasked
from hub.errors import RefusedError
from hub.web import session_end
from hub.web.origins import ElsewhereError

log = structlog.get_logger()


ERRORS = {
    400: _("The form was too old or incomplete. Go back, reload the page and send it again."),
    403: _("Your role may not do this."),
    404: _("There is nothing at this address."),
    405: _("This address does not take that kind of request."),
    413: _("That is more than a form may hold."),
    429: _("Too many attempts. Wait a minute, then try again."),
    500: _("The hub made a mistake. It is in the log; nothing you sent was kept halfway."),
    503: _("The hub is busy. Try again in a moment."),
}


def http_error(error: HTTPException) -> AnyResponse:
    """One clear line for an error that HTTP has a number for."""
    if problems.asked():
        return problems.of_http(error)
    code = error.code or 500
    if isinstance(error, CSRFError) and (answer := _signed_in_anew()) is not None:
        return answer
    if isinstance(error, LaterError):
        response = _error_page(code, error.description or "")
        response.headers["Retry-After"] = str(error.seconds)
        return response
    if isinstance(error, ElsewhereError):
        return _error_page(
            code,
            _(
                "Another site sent this form, or another address of this one: it is refused. Open the page here and send it again."
            ),
        )
    response = _error_page(code, ERRORS.get(code, _("The request could not be served.")))
    if code == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "5"
    return response


def _signed_in_anew() -> AnyResponse | None:
    """The answer to a form of a session that is over: sign in, or look through it in the new one. None: it has no excuse."""
    return session_end.hold() if current_user.is_authenticated else session_end.sign_in_if_kept()


def refused(error: RefusedError) -> AnyResponse:
    """The page for a refusal that the view itself does not show."""
    if problems.asked():
        return problems.of_refusal(error)
    return _error_page(HTTPStatus.CONFLICT, display.worded(error.words))


def unexpected_error(error: Exception) -> AnyResponse:
    """A fault of ours: into the log whole, onto the page as one line."""
    if isinstance(error, UnusableError) and not misasked(error):
        return no_database(error)
    log.error("web.fault", path=request.path, method=request.method, exc_info=error)
    if problems.asked():
        return problems.answer(500, problems.SAYS[HTTPStatus.INTERNAL_SERVER_ERROR])
    return _error_page(500, ERRORS[500])


def _error_page(code: int, text: str) -> AnyResponse:
    try:
        return Response(render_template("error.html", code=code, text=text), status=code)
    except UnusableError as error:
        # it says who is there, and which alerts stand
        return no_database(error)


def no_database(error: UnusableError) -> AnyResponse:
    """A database that is full, locked, gone or damaged: what it says of itself, on a page that asks it nothing."""
    log.error("web.database", path=request.path, method=request.method, error=str(error.orig))
    if problems.asked():
        line = f"The hub's database cannot be used: {error.orig}. Gates keep their records."
        return problems.answer(HTTPStatus.SERVICE_UNAVAILABLE, line)
    text = gettext(
        "The hub's database cannot be used: %(why)s. Gates keep their records. Look at the disk; if the file is damaged, restore a backup.",
        why=str(error.orig),
    )
    g.no_database = True
    response = Response(render_template("error.html", code=503, text=text, bare=True), status=503)
    response.headers["Retry-After"] = "5"
    return response
