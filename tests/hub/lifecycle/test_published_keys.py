"""A hub works with no key whose secret half the contract publishes (issue 10)."""

import json
from pathlib import Path

import pytest

from hub.errors import HubError
from hub.town.secret_files import read_seed
from tests.contract.samples import EXAMPLES

SECRET = json.loads((EXAMPLES / "keys.json").read_text(encoding="utf-8"))["secret"]


@pytest.mark.parametrize("name", SECRET)
def test_a_key_of_the_examples_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / "hub.key"
    file.write_text(SECRET[name] + "\n", encoding="ascii")
    with pytest.raises(HubError, match="a test key of the contract's examples"):
        read_seed(file)
