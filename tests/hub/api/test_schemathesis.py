"""Schemathesis as its makers ship it, with every check, against a hub that serves a busy town: with a token and without one.

`scripts/fuzz api` runs it for longer.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hub import busy
from tests.hub.api.programs import served

EXAMPLES = 2
"""Of each address, beside those of the coverage phase, which are some hundred."""
PROGRAM = Path(sys.executable).with_name("schemathesis")


@pytest.mark.parametrize("with_token", [True, False])
def test_schemathesis_finds_nothing(tmp_path: Path, with_token: bool) -> None:
    place = busy.settle_busy(tmp_path)
    with served(place) as (hub, text):
        command = [
            str(PROGRAM),
            "run",
            f"http://127.0.0.1:{hub.port}/api/openapi.json",
            "--no-color",
            f"--max-examples={EXAMPLES}",
        ]
        # no shrinking: a failure is to be seen, and looked into with the line that it prints. One worker: Python 3.11 counts the depth of
        # its parser for all threads together, and raises where two parse at once
        command += [
            "--no-shrink",
            "--seed=14",
            "--workers=1",
            *(["-H", f"Authorization: Bearer {text}"] if with_token else []),
        ]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SCHEMATHESIS")}
        run = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=400, check=False)
    place.engine.dispose()
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]
    assert "No issues found" in run.stdout or not with_token
