"""What the tests of the API share: a busy town, its app, a program with every scope."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.hub import busy
from tests.hub.api.programs import Program, token
from tests.hub.consoles import console
from tests.hub.towns import Place


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Place]:
    found = busy.settle_busy(tmp_path)
    yield found
    found.engine.dispose()


@pytest.fixture
def app(town: Place) -> Iterator[Flask]:
    with console(town) as app:
        yield app


@pytest.fixture
def county(town: Place, app: Flask) -> Program:
    """A county's program, whose token allows everything."""
    return Program(app, token(town))
