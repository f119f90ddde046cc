"""Starts the process that carries a destruction out, from the console: it outlives the page, and one that was cut off is started again.

Tested in `tests/hub/destruction/test_views.py`.
"""

import subprocess
import sys

from hub import generated_files
from hub.town.settings import Settings

COMMAND = (sys.executable, "-P", "-m", "hub.cli")


def start(settings: Settings) -> None:
    """Starts it, and returns at once; `OSError` if it cannot be started. Where one runs already, the second ends by itself."""
    generated_files.folder(settings.log)
    command = [*COMMAND, "--data", str(settings.folder), "operation", "destroy", "--go-on"]
    with (settings.log / "destruction.log").open("ab") as out:
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)  # ours
