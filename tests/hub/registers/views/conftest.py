"""A town with registers that hold something, its console, and the rows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from hub.registers.rows import RegisterRow
from tests.hub.consoles import console
from tests.hub.ledgers import settle
from tests.hub.registers.views.filled import fill
from tests.hub.towns import Place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = settle(tmp_path)
    yield place
    place.engine.dispose()


@pytest.fixture
def rows(place: Place) -> dict[str, RegisterRow]:
    return fill(place)


@pytest.fixture
def app(place: Place, rows: dict[str, RegisterRow]) -> Iterator[Flask]:
    assert rows
    with console(place) as app:
        yield app
