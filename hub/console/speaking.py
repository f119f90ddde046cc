"""Words in a language where no page is being made: for the command line's files. Tested in `tests/hub/visits/test_wording.py`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from flask_babel import Babel, force_locale


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within it, the words of `hub.console` are those of a language: `zh` or `en`."""
    app = Flask("hub", root_path=str(Path(__file__).parents[1]))
    Babel(app)
    with app.test_request_context(), force_locale(language):
        yield
