"""A backup is one proven file of one moment; a restore is a new life of the same ledger, and the gates notice."""

import os
import signal
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Table, select

from edge.contract.messages import Hello, Signed
from edge.contract.steps import VARIABLE
from hub import cli
from hub.accounts.roles import Role
from hub.alerts import reading as alerts
from hub.backup.make import backup, dated, thin_out
from hub.database.engine import reader
from hub.database.schema import cursors, metadata
from hub.downlink import signed_lists
from hub.errors import HubError
from hub.gates.store import connections
from hub.ledger.acks import answer
from hub.ledger.head import read_ledger
from hub.lifecycle.restore import UNBORN
from hub.registers import catalogue, kept
from hub.town.town import Town
from tests.hub.backups import options, restore_command, restored
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import check, meddle, send, table
from tests.hub.registers.declared import ZONE, writer
from tests.hub.registers.test_shipped import ROWS, drafted
from tests.hub.towns import NOW, Place


@pytest.fixture
def filled(place: Place) -> Place:
    """Six entries of east, acknowledged."""
    for number in range(2):
        place.gates["east"].visit(f"鲁B1234{number}", NOW + timedelta(minutes=number))
    send(place, place.gates["east"])
    return place


def watermark(place: Place) -> int:
    with place.engine.begin() as connection:
        return int(connection.execute(select(cursors.c.backed_up).where(cursors.c.gate == "east")).scalar_one())


def test_a_town_with_rows_of_registers_is_backed_up(filled: Place, tmp_path: Path) -> None:
    """SQLite's own check must find nothing wrong with what rows are found by."""
    with filled.engine.begin() as connection:
        catalogue.add_shipped(connection, "demo", ["patrols"], by="cli", now=NOW)
        keeper = kept.keeper(connection, "demo", "patrols", ZONE, {})
        keeper.add(connection, drafted(keeper.register, ROWS["patrols"]), writer(filled))
    assert table(filled, "register_words")
    assert backup(filled.town, tmp_path / "backup.age", NOW, None).file.exists()


@pytest.mark.parametrize(
    "found", [each for each in metadata.sorted_tables if not each.dialect_options["sqlite"]["with_rowid"]]
)
def test_a_table_without_row_numbers_begins_with_its_key(found: Table) -> None:
    """SQLite before 3.41 takes a column between those of the key for one with nothing in it, and a backup is refused."""
    key = len(found.primary_key.columns)
    assert {each.name for each in list(found.columns)[:key]} == {each.name for each in found.primary_key.columns}


def test_the_watermark_moves_only_when_the_file_is_there(filled: Place, tmp_path: Path) -> None:
    assert watermark(filled) == 0
    made = backup(filled.town, tmp_path / "b.tar", NOW)
    assert made.sound.entries == 6
    assert made.bytes == (tmp_path / "b.tar").stat().st_size
    assert watermark(filled) == 6
    assert [row["entries"] for row in table(filled, "backups")] == [6]


def test_the_ack_tells_the_gate_what_it_may_prune(filled: Place, tmp_path: Path) -> None:
    backup(filled.town, tmp_path / "b.tar", NOW)
    gate = filled.gates["east"]
    gate.visit("鲁B99999", NOW + timedelta(hours=1))
    ((_, ack),) = send(filled, gate).acks()
    assert (ack.committed, ack.backed_up) == (9, 6)


def test_the_file_is_closed_to_others_and_never_written_over(filled: Place, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    backup(filled.town, file, NOW)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    with pytest.raises(HubError, match="exists already"):
        backup(filled.town, file, NOW)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".backup")] == []


def test_a_ledger_that_does_not_hold_is_not_backed_up(filled: Place, tmp_path: Path) -> None:
    meddle(filled, 'UPDATE entries SET raw = replace(raw, \'"lane":"1"\', \'"lane":"2"\') WHERE id = 4')
    with pytest.raises(HubError, match="entry 4"):
        backup(filled.town, tmp_path / "b.tar", NOW)
    assert not (tmp_path / "b.tar").exists()
    assert watermark(filled) == 0


def test_scheduled_backups_are_dated_and_the_oldest_go(filled: Place) -> None:
    made = [backup(filled.town, dated(filled.town, NOW + timedelta(days=day)), NOW).file for day in range(4)]
    assert thin_out(filled.town, 2, made[-1]) == made[:2]
    assert [file.exists() for file in made] == [False, False, True, True]


def test_a_restored_town_is_whole_and_lives_anew(filled: Place, tmp_path: Path) -> None:
    backup(filled.town, tmp_path / "b.tar", NOW)
    before = table(filled, "entries")
    ledger = restored(tmp_path / "again", tmp_path / "b.tar", NOW).ledger
    town = Town.open(tmp_path / "again")
    engine = town.writer()
    again = Place(tmp_path / "again", town, engine, filled.gates, filled.users)
    try:
        assert table(again, "entries") == before
        assert check(again).entries == 6
        with filled.engine.begin() as connection:
            old = read_ledger(connection, town.id)
        assert ledger.id == old.id
        assert ledger.epoch > old.epoch
        assert ledger.hub_epoch != old.hub_epoch, "a number that somebody may have seen is never given again"
        with engine.begin() as connection:
            assert [each.what for each in alerts.unacknowledged(connection, town.id)] == ["restored"]
    finally:
        engine.dispose()
    assert stat.S_IMODE((tmp_path / "again" / "keys" / "hub.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "again" / "keys").stat().st_mode) == 0o700


def test_numbers_that_gates_compare_rise(filled: Place, tmp_path: Path) -> None:
    backup(filled.town, tmp_path / "b.tar", NOW)
    restored(tmp_path / "again", tmp_path / "b.tar", NOW)
    engine, old = reader(Town.open(tmp_path / "again").settings.database_url), filled.engine
    try:
        with engine.begin() as new, old.begin() as before:
            for kind in ("policy", "passlist"):
                was, now = signed_lists.current(before, "demo", kind), signed_lists.current(new, "demo", kind)
                assert isinstance(was, Signed)
                assert isinstance(now, Signed)
                assert (now.text, now.version) == (was.text, was.version + 1000)
                assert now.holds(filled.town.key.public_key())
            assert connections(new, "demo")["hub"][0] >= 1_000_000
    finally:
        engine.dispose()


def test_a_gate_that_knows_of_more_is_asked_for_it(filled: Place, tmp_path: Path) -> None:
    backup(filled.town, tmp_path / "b.tar", NOW)
    restored(tmp_path / "again", tmp_path / "b.tar", NOW)
    engine = reader(Town.open(tmp_path / "again").settings.database_url)
    gate = filled.gates["east"]
    hello = Hello(
        town="demo", gate="east", epoch=gate.epoch, oldest=1, head=9, acked=9, head_hash="ab" * 32, boot="00",
        clock="synced", policy=1, passlist=1, sighting=0, software="test",
    )  # fmt: skip
    try:
        with engine.begin() as connection:
            ack = answer(connection, "demo", "east", hello)
        assert (ack.committed, ack.missing) == (6, ((7, 9),))
    finally:
        engine.dispose()


@pytest.mark.parametrize("step", ["verify", "write_brokers_certificate"])
def test_a_restore_that_is_cut_off_leaves_no_town_that_would_answer_gates(
    filled: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def power_cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    file, elsewhere = tmp_path / "a.tar", tmp_path / "elsewhere"
    backup(filled.town, file, NOW)
    with monkeypatch.context() as patch:
        patch.setattr(f"hub.lifecycle.restore.{step}", power_cut)
        patch.setattr("hub.lifecycle.restore.take_back", lambda *_, **__: None)
        with pytest.raises(KeyboardInterrupt):
            restored(elsewhere, file, NOW)
    with pytest.raises(HubError, match=r"hub\.toml: not found"):
        Town.open(elsewhere)


@pytest.mark.parametrize("step", ["restore.unpacked", "restore.risen", "upgrade.stepped"])
def test_a_restore_begins_anew_in_a_folder_where_another_one_was_killed(
    filled: Place, tmp_path: Path, step: str
) -> None:
    file, folder = tmp_path / "a.tar", tmp_path / "again"
    backup(filled.town, file, NOW)
    killed = restoring(filled, folder, file, step)
    assert killed.wait(60) == -signal.SIGKILL
    assert (folder / UNBORN).exists()
    assert not (folder / "hub.toml").exists()
    assert restore_command(folder, file, filled.town) == 0
    assert not (folder / UNBORN).exists()
    assert cli.main(["--data", str(folder), "verify"]) == 0


def test_a_restore_that_was_killed_when_it_was_through_is_a_town(
    filled: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, folder = tmp_path / "a.tar", tmp_path / "again"
    backup(filled.town, file, NOW)
    assert restoring(filled, folder, file, "restore.named").wait(60) == -signal.SIGKILL
    assert cli.main(["--data", str(folder), "verify"]) == 0
    assert restore_command(folder, file, filled.town) == 1
    assert "holds a town already" in capsys.readouterr().err


def test_two_restores_at_once_are_not_mixed(
    filled: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file, folder = tmp_path / "a.tar", tmp_path / "again"
    backup(filled.town, file, NOW)
    second: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(
            "hub.lifecycle.restore.reached",
            lambda _step: second.append(restore_command(folder, file, filled.town)),
        )
        restored(folder, file, NOW)
    assert set(second) == {1}
    assert "another restore is at work here" in capsys.readouterr().err
    assert cli.main(["--data", str(folder), "verify"]) == 0


def restoring(place: Place, folder: Path, file: Path, step: str) -> "subprocess.Popen[bytes]":
    """A restore in a process of its own, which dies at a step."""
    argv = [sys.executable, "-m", "hub.cli", "--data", str(folder), "restore", str(file)]
    argv += options(place.town, file.parent)
    return subprocess.Popen(argv, env={**os.environ, VARIABLE: step})


def test_two_restores_of_one_file_are_two_epochs(filled: Place, tmp_path: Path) -> None:
    backup(filled.town, tmp_path / "b.tar", NOW)
    first = restored(tmp_path / "one", tmp_path / "b.tar", NOW)
    second = restored(tmp_path / "two", tmp_path / "b.tar", NOW + timedelta(seconds=1))
    assert first.ledger.epoch < second.ledger.epoch


def test_a_clock_before_the_backups_last_entry_is_refused(filled: Place, tmp_path: Path) -> None:
    backup(filled.town, tmp_path / "b.tar", NOW)
    with pytest.raises(HubError, match=r"^clock: it says 2016-.*set the clock first$"):
        restored(tmp_path / "again", tmp_path / "b.tar", NOW.replace(year=2016))
    assert not (tmp_path / "again").exists()


def test_a_folder_with_a_town_is_left_alone(filled: Place, tmp_path: Path) -> None:
    backup(filled.town, tmp_path / "b.tar", NOW)
    with pytest.raises(HubError, match="holds a town already"):
        restored(filled.folder, tmp_path / "b.tar", NOW)
    assert check(filled).entries == 6


@pytest.mark.parametrize("wrong", ["nothing", "text", "torn", "bent", "longer"])
def test_what_is_no_backup_leaves_no_trace(filled: Place, tmp_path: Path, wrong: str) -> None:
    file = tmp_path / "b.age"
    if wrong == "text":
        file.write_text("not a backup")
    elif wrong != "nothing":
        backup(filled.town, file, NOW)
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        whole = file.read_bytes()
        file.write_bytes({"torn": whole[: len(whole) // 2], "bent": bytes(data), "longer": whole + b"x"}[wrong])
    with pytest.raises((HubError, OSError)) as caught:
        restored(tmp_path / "again", file, NOW)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "again").exists()


def test_the_commands_say_what_they_did(filled: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "b.age"
    assert cli.main(["--data", str(filled.folder), "backup", str(file), "--to", "town"]) == 0
    assert "6 entries hold" in capsys.readouterr().out
    assert restore_command(tmp_path / "again", file, filled.town) == 0
    assert "6 entries, ledger epoch" in capsys.readouterr().out
    assert cli.main(["--data", str(tmp_path / "again"), "verify"]) == 0


def test_whoever_restores_an_older_backup_is_told_of_the_newer_one_beside_it(
    filled: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Gates prune what the newest backup holds: after an older one they can only say that it is lost."""
    older, newer = (backup(filled.town, dated(filled.town, NOW + timedelta(days=day)), NOW).file for day in (0, 1))
    for file, told in ((older, True), (newer, False)):
        assert restore_command(tmp_path / file.name, file, filled.town) == 0
        assert (f"{newer} is a newer backup" in capsys.readouterr().out) is told


def test_a_scheduled_backup_that_fails_is_an_alarm_until_one_holds(filled: Place) -> None:
    meddle(filled, "UPDATE visits SET outcome = 'detained'")
    assert cli.main(["--data", str(filled.folder), "backup"]) == 1
    with filled.engine.begin() as connection:
        (alert,) = alerts.unacknowledged(connection, "demo")
        assert (alert.what, alert.ended_at) == ("backup", None)
        assert alert.detail.startswith("the ledger does not hold: visits")
    with console(filled) as app:
        shown = text_of(Browser(app, Role.VIEWER, "zh").open("/alerts"))
        assert "台账校验不通过，因此没有备份：visits" in shown
    assert cli.main(["--data", str(filled.folder), "rebuild"]) == 0
    assert cli.main(["--data", str(filled.folder), "backup"]) == 0
    with filled.engine.begin() as connection:
        (alert,) = alerts.unacknowledged(connection, "demo")
        assert alert.ended_at is not None
