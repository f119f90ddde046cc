"""The API put together: the Flask class that knows OpenAPI, its document, and its addresses on an app.

Tested in `tests/hub/api/test_document.py`.
"""

from importlib.metadata import version
from typing import Any

from flask import Response, current_app, g, jsonify
from flask_openapi.models.info import Info
from flask_openapi.openapi import OpenAPI
from flask_wtf import CSRFProtect

from hub.api import entries, export, figures, gates, passes, visits
from hub.api.blueprint import LINKS, SECURITY, beside, blueprint, conditional
from hub.api.export import answer_programs
from hub.api.problems import Problem, asked, of_http, of_values
from hub.api.rate import Buckets

DOCUMENT = "/api/openapi.json"
PARTS = (visits, gates, figures, entries, passes, export)
"""The modules whose addresses stand on the blueprint."""
ABOUT = (
    "The ledger, the gates and the passes of one town, for other programs. A token is made by an admin on the page *API* or with "
    "`kakou-hub token make`, and allows what its scopes say; a session of the console is good as well. Lists are pages with the "
    "address of the next one in `next` and in `Link`. Answers carry an ETag. Errors are problems (RFC 9457)."
)


def new_app(name: str, root_path: str) -> OpenAPI:
    """A Flask app that can describe the API."""
    app = OpenAPI(
        name,
        root_path=root_path,
        info=Info(title="Kakou", version=version("kakou"), description=ABOUT),
        doc_ui=False,
        validation_error_status=422,
        validation_error_model=Problem,
        validation_error_callback=of_values,
    )
    app.openapi_version = "3.1.0"
    return app


def register(app: OpenAPI, requests_per_minute: int) -> None:
    """Puts the API's addresses onto an app, whose session's cookie has its name by now."""
    app.security_schemes = {
        SECURITY[0]: {"type": "http", "scheme": "bearer", "description": "A token that an admin made"},
        SECURITY[1]: {"type": "apiKey", "in": "cookie", "name": app.config["SESSION_COOKIE_NAME"]},
    }
    app.extensions["kakou.api"] = Buckets(requests_per_minute)
    app.register_api(blueprint)
    app.paths.update(beside.paths)
    app.components_schemas.update(beside.components_schemas)
    app.add_url_rule(DOCUMENT, "api_document", document)


def exempt(csrf: CSRFProtect) -> None:
    """Takes the API out of the check of every form: who shows a token sends no form, and who has a session is checked by `caller.admit`."""
    csrf.exempt(blueprint)


def document() -> Response:
    """The OpenAPI document of the API; it says nothing of the town."""
    app: Any = current_app
    return conditional(jsonify(_linked(app.api_doc)))


def _linked(described: dict[str, Any]) -> dict[str, Any]:
    for item in described["paths"].values():
        for operation in item.values():
            for status, answer in operation["responses"].items():
                if links := LINKS.get((operation["operationId"], status)):
                    answer["links"] = links
    return described


def who() -> str | None:
    """The id of the caller of this request, for the log; None for a page."""
    found: str | None = g.get("api_who")
    return found


__all__ = ["answer_programs", "asked", "exempt", "new_app", "of_http", "register", "who"]
