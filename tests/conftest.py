"""How the suite is spread over the two processes of `scripts/test`.

Whole towns (`tests/system`, `tests/faults`) share one of them, one after another: they wait far more than they compute, and two of them
at once would take each other's ports. Everything else goes file by file to whichever process has room, so that what a file's tests
share is made once.
"""

from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

import edge.camera.opencv  # noqa: F401  it limits the size of pictures, which OpenCV asks for once: a test that loads cv2 first would go without

HERE = Path(__file__).parent
TOWNS = ("system", "faults")


class Spread(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Towns as one piece of work, every other file as its own."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "towns" if file.startswith(tuple(f"tests/{folder}/" for folder in TOWNS)) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    return Spread(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # the longest piece of work is begun first
    items.sort(key=lambda item: item.path.relative_to(HERE).parts[0] not in TOWNS)
