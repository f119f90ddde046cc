"""The one-time code: printed once, kept as a digest, good for a day and one use; and the steps, each written when it is done."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from hub.cli import main
from hub.database.engine import writer
from hub.enrolment.officers import add_user
from hub.errors import RefusedError
from hub.lifecycle.founding import Founded, found
from hub.setup import store
from hub.setup.store import LASTS, Step
from hub.town.settings import Settings
from tests.hub.towns import NOW, PASSWORD


@pytest.fixture
def founded(tmp_path: Path) -> Founded:
    return found(Settings.of({"town": "demo", "language": "en"}, tmp_path / "hub"), NOW, wizard=True)


@pytest.fixture
def connection(founded: Founded) -> Iterator[Connection]:
    engine = writer(founded.town.settings.database_url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def setup(connection: Connection) -> store.Setup:
    found = store.find(connection, "demo")
    assert found is not None
    return found


def test_the_code_stands_nowhere_in_the_towns_folder(founded: Founded) -> None:
    bare = founded.setup_code.replace("-", "")
    assert len(bare) == 12
    assert founded.password == ""
    for file in founded.town.settings.folder.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            assert bare.encode() not in data
            assert founded.setup_code.encode() not in data


def test_a_code_opens_once(founded: Founded, connection: Connection) -> None:
    token = store.use_code(connection, "demo", founded.setup_code, NOW)
    assert token is not None
    assert store.use_code(connection, "demo", founded.setup_code, NOW) is None
    assert setup(connection).held_by(token, NOW)
    assert not setup(connection).held_by("another", NOW)
    assert not setup(connection).held_by(token, NOW + LASTS)


def test_a_code_is_read_however_it_is_typed(founded: Founded, connection: Connection) -> None:
    typed = founded.setup_code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert store.use_code(connection, "demo", f" {typed} ", NOW) is not None


@pytest.mark.parametrize("typed", ["", "0000-0000-0000", "鲁B12345", "x" * 5000])
def test_a_wrong_code_opens_nothing(connection: Connection, typed: str) -> None:
    assert store.use_code(connection, "demo", typed, NOW) is None


def test_a_code_ends_after_a_day(founded: Founded, connection: Connection) -> None:
    late = NOW + timedelta(hours=24)
    assert store.use_code(connection, "demo", founded.setup_code, late) is None
    again = store.new_code(connection, "demo", late)
    assert store.use_code(connection, "demo", founded.setup_code, late) is None
    assert store.use_code(connection, "demo", again, late) is not None


def test_another_code_takes_the_right_of_the_browser_before(founded: Founded, connection: Connection) -> None:
    token = store.use_code(connection, "demo", founded.setup_code, NOW)
    assert token is not None
    store.new_code(connection, "demo", NOW)
    assert not setup(connection).held_by(token, NOW)


def test_no_code_is_made_where_there_is_an_admin(founded: Founded, connection: Connection) -> None:
    add_user(founded.town, connection, login="boss", name="陈静", role="admin", password=PASSWORD, by="cli", now=NOW)
    with pytest.raises(RefusedError, match="first administrator"):
        store.new_code(connection, "demo", NOW)


def test_steps_are_kept_in_their_order_and_none_is_forgotten(connection: Connection) -> None:
    assert setup(connection).next_step is Step.TOWN
    for step in (Step.GATES, Step.TOWN, Step.TOWN):
        store.do_step(connection, "demo", step)
    assert setup(connection).done == ("town", "gates")
    assert setup(connection).next_step is Step.OPERATION
    with pytest.raises(RefusedError, match="not done yet"):
        store.finish(connection, "demo", by="u-1", now=NOW)
    store.do_step(connection, "demo", Step.OPERATION)
    store.finish(connection, "demo", by="u-1", now=NOW)
    assert not setup(connection).is_open
    with pytest.raises(RefusedError, match="finished"):
        store.do_step(connection, "demo", Step.TOWN)
    with pytest.raises(RefusedError, match="finished"):
        store.note_bundle(connection, "demo", "east", NOW)


def test_a_bundle_is_given_out_once(connection: Connection) -> None:
    store.note_bundle(connection, "demo", "east", NOW)
    store.note_bundle(connection, "demo", "west", NOW)
    with pytest.raises(RefusedError, match="is there once"):
        store.note_bundle(connection, "demo", "east", NOW)


def test_the_command_line_prints_the_code_and_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "hub")
    assert main(["--data", folder, "init", "--wizard"]) == 0
    said = capsys.readouterr().out
    assert "password" not in said
    assert "backup key" in said
    first = next(line.split()[1] for line in said.splitlines() if line.startswith("code"))
    assert main(["--data", folder, "setup-code"]) == 0
    second = capsys.readouterr().out.split()[1]
    assert first != second
    assert main(["--data", folder, "user", "list"]) == 0
    assert capsys.readouterr().out == ""


def test_a_town_of_the_command_line_alone_has_no_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "hub")
    assert main(["--data", folder, "init"]) == 0
    said = capsys.readouterr().out
    assert "password" in said
    assert "code " not in said
    assert main(["--data", folder, "setup-code"]) == 1
    assert "first administrator" in capsys.readouterr().err
