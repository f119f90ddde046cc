"""The browser of the tests: Chromium's headless shell where it is installed, else Chromium.

The shell is the same engine of the same version without a desktop's windows around it; a page in it takes two thirds of the time.
What looks at windows (`tests/edge/kiosk/test_screen.py`) starts Chromium itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
SHELL = "/usr/bin/chromium-headless-shell"
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-quic",
]  # fmt: skip
"""The browser fetches nothing by itself."""
expect.set_options(timeout=30_000)  # milliseconds; a page says only after 15 s that its stream is lost
NEEDED = pytest.mark.skipif(
    not any(Path(each).exists() for each in (SHELL, CHROMIUM)),
    reason=f"{CHROMIUM} is not installed (scripts/test does)",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, without what it would fetch by itself."""
    with sync_playwright() as playwright:
        found = SHELL if Path(SHELL).exists() else CHROMIUM
        started = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield started
        started.close()
