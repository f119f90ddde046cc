"""What the hub's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.ledgers import settle
from tests.hub.towns import Place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A town of the test's own, with an empty ledger."""
    found = settle(tmp_path)
    yield found
    found.engine.dispose()
