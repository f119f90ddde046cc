"""Static files and icons, named by what they hold. Tested in `tests/hub/web/test_app.py`."""

import hashlib
from functools import cache
from pathlib import Path

from flask import url_for
from markupsafe import Markup

STATIC = Path(__file__).parents[1] / "static"


@cache
def icon(name: str) -> Markup:
    """A vendored icon, inline; beside a text that says the same, so it is hidden from screen readers."""
    (path,) = STATIC.glob(f"vendor/bootstrap-icons-*/{name}.svg")
    svg = path.read_text(encoding="utf-8").replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
    return Markup(svg)  # noqa: S704  # our own file


@cache
def _hash(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a static file; it changes with the file, so that browsers may keep it."""
    return url_for("static", filename=name, v=_hash(name))


@cache
def vendor(package: str, name: str) -> str:
    """The path below `static/` of a vendored file."""
    (path,) = STATIC.glob(f"vendor/{package}-*/{name}")
    return path.relative_to(STATIC).as_posix()
