"""The command line: what it makes, what it prints, and one clear line for whatever is wrong."""

import errno
import io
import json
import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.contract import passes as contract
from edge.contract.canonical import public_from_hex
from edge.contract.messages import Bundle, Signed
from hub import cli
from hub.cli import main
from hub.exports.lists import LISTS
from hub.ledger.received import Quarantined
from hub.lifecycle.founding import PARTS
from hub.town.secret_files import read_seed
from tests.hub.ledgers import check, meddle, read, send, table
from tests.hub.towns import NOW, Place
from tests.hub.wire import with_ports

Output = pytest.CaptureFixture[str]


def run(folder: Path, *arguments: str) -> int:
    return main(["--data", str(folder), *arguments])


def refused(capsys: Output, folder: Path, *arguments: str) -> str:
    """The one line with which a command is refused."""
    capsys.readouterr()
    assert run(folder, *arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("kakou-hub: ")
    assert captured.err.count("\n") == 1
    return captured.err.removeprefix("kakou-hub: ").strip()


def database_at(folder: Path, url: str) -> None:
    file = folder / "hub.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r"^# url = .*$", f'url = "{url}"', text, flags=re.MULTILINE), encoding="utf-8")


COMMANDS = (("gate", "list"), ("pass", "list"), ("serve",), ("listener",), ("web",), ("verify",), ("export",))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_without_its_driver_is_one_line(
    place: Place, capsys: Output, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """faults G: it was a traceback of 25 lines. The URL is not said: a password may stand in it."""
    database_at(place.folder, "postgresql+psycopg://kakou:secret@127.0.0.1:1/town")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    line = refused(capsys, place.folder, *command)
    assert line == (
        "hub.toml: database.url: the driver psycopg is not installed (scripts/install-hub --postgres, or the extra kakou[postgres])"
    )


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (
            "postgresql://kakou:secret@127.0.0.1:1/town",
            "no driver for postgresql: expected postgresql+psycopg://USER@H",
        ),
        ("postgres+nothing://kakou:secret@h/town", "no such kind of database, postgres+nothing: expected"),
        ("secret", "no database URL: expected postgresql+psycopg://USER@HOST/DATABASE"),
        ("postgresql+psycopg://kakou:secret@h:port/town", "no database URL: expected"),
    ],
)
def test_a_database_url_that_nothing_can_open_is_one_line(place: Place, capsys: Output, url: str, says: str) -> None:
    database_at(place.folder, url)
    line = refused(capsys, place.folder, "gate", "list")
    assert line.startswith(f"hub.toml: database.url: {says}")
    assert "secret" not in line


def test_a_database_server_that_is_not_there_is_one_line(place: Place, capsys: Output) -> None:
    database_at(place.folder, "postgresql+psycopg://kakou:secret@127.0.0.1:1/town")
    line = refused(capsys, place.folder, "gate", "list")
    assert line.startswith("database: connection ")
    assert "Connection refused" in line
    assert "secret" not in line


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_init_makes_a_town_whose_secrets_are_closed(tmp_path: Path, capsys: Output) -> None:
    folder = tmp_path / "hub"
    assert run(folder, "init", "--town", "pingdu", "--host", "192.168.1.10") == 0
    assert "password" in capsys.readouterr().out
    for path in folder.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    assert 'bind = "0.0.0.0"' in (folder / "hub.toml").read_text()
    assert run(folder, "verify") == 0


def test_a_second_init_changes_nothing(tmp_path: Path, capsys: Output) -> None:
    folder = tmp_path / "hub"
    run(folder, "init")
    before = contents(folder)
    assert refused(capsys, folder, "init") == f"{folder}: holds a town already (hub.toml); nothing was changed"
    assert contents(folder) == before


@pytest.mark.parametrize("part", PARTS)
def test_init_writes_over_no_part_of_a_town(tmp_path: Path, capsys: Output, part: str) -> None:
    (tmp_path / part).write_text("mine")
    assert f"({part})" in refused(capsys, tmp_path, "init")
    assert contents(tmp_path) == {part: b"mine"}


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("--town", "Ping Du", "town: "),
        ("--timezone", "Mars/Olympus", "timezone: no such time zone: 'Mars/Olympus'"),
        ("--broker-port", "70000", "broker.port: "),
        ("--host", "a b", "broker.host: "),
    ],
)
def test_a_bad_option_of_init_leaves_no_folder(
    tmp_path: Path, capsys: Output, option: str, value: str, why: str
) -> None:
    folder = tmp_path / "hub"
    assert why in refused(capsys, folder, "init", option, value)
    assert not folder.exists()


def test_a_founding_that_fails_takes_back_what_it_made(tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "hub.db-journal").mkdir()  # SQLite can't begin
    (tmp_path / "mine.txt").write_text("mine")
    refused(capsys, tmp_path, "init")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hub.db-journal", "mine.txt"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('town = "demo"\ncolour = 1\n', "hub.toml: colour: unknown key"),
        ('town = "demo"\n[broker]\nprot = 1\n', "hub.toml: broker.prot: unknown key"),
        ('town = "demo"\n[broker]\nport = "8883"\n', "hub.toml: broker.port: input should be a valid integer"),
        ("town = \n", "hub.toml: not TOML: "),
        ("", "hub.toml: town: missing"),
        ('town = "demo"\nfolder = "/"\n', "hub.toml: folder: unknown key"),
    ],
)
def test_a_broken_key_is_named(place: Place, capsys: Output, text: str, why: str) -> None:
    (place.folder / "hub.toml").write_text(text)
    assert why in refused(capsys, place.folder, "gate", "list")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("colour = 1", "operation.toml: agents.2.colour: unknown key"),
        ('[[classes]]\nnumber = 1\nid = "again"\nzh = ""\nen = ""', "class number 1 occurs twice"),
        (
            '[[classes]]\nnumber = 99\nid = "x"\nzh = ""\nen = ""\ngates = ["nowhere"]',
            "class x: there is no gate 'nowhere'",
        ),
    ],
)
def test_a_broken_rule_is_named(place: Place, capsys: Output, line: str, why: str) -> None:
    with (place.folder / "operation.toml").open("a") as file:
        file.write(line + "\n")
    assert why in refused(capsys, place.folder, "operation", "publish")


def test_a_folder_without_a_town_is_named(tmp_path: Path, capsys: Output) -> None:
    assert refused(capsys, tmp_path, "verify").startswith(f"{tmp_path}/hub.toml: not found")


@pytest.mark.parametrize("command", ["verify", "serve", "listener", "web"])
def test_a_database_that_is_gone_is_not_made_anew(place: Place, capsys: Output, command: str) -> None:
    place.engine.dispose()
    (place.folder / "hub.db").unlink()
    assert refused(capsys, place.folder, command) == f"{place.folder}/hub.db: not found"
    assert not (place.folder / "hub.db").exists()


@pytest.mark.parametrize("command", ["verify", "serve", "listener"])
def test_a_database_that_is_none_is_one_line(place: Place, capsys: Output, command: str) -> None:
    place.engine.dispose()
    (place.folder / "hub.db").write_bytes(b"not a database" * 1000)
    assert refused(capsys, place.folder, command).startswith("database: ")


@pytest.mark.parametrize("command", ["serve", "listener"])
def test_a_database_of_a_newer_version_is_left_alone(place: Place, capsys: Output, command: str) -> None:
    meddle(place, "UPDATE alembic_version SET version_num = '9999'")
    assert "a newer version of Kakou made it" in refused(capsys, place.folder, command)
    assert table(place, "entries") == []


def test_the_listener_names_a_key_that_is_gone(place: Place, capsys: Output) -> None:
    (place.folder / "keys" / "listener.pem").unlink()
    line = refused(capsys, place.folder, "listener")
    assert line == f"{place.folder}/keys/listener.pem: No such file or directory"


def test_the_web_names_a_busy_port(place: Place) -> None:
    settings = with_ports(place)
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", settings.web.port))
        busy.listen()
        command = [sys.executable, "-m", "hub.cli", "--data", str(place.folder), "web"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    line = f"kakou-hub: hub.toml: web.port: 127.0.0.1:{settings.web.port}: Address already in use\n"
    assert done.stderr == line


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("", "kakou-hub: the following arguments are required: COMMAND"),
        ("explode", "kakou-hub: argument COMMAND: invalid choice: 'explode'"),
        ("export --what persons", "kakou-hub export: argument --what: invalid choice: 'persons'"),
        ("pass list --limit 3", "kakou-hub: unrecognized arguments: --limit 3"),
        ("user add", "kakou-hub user add: the following arguments are required: LOGIN, --name, --role"),
    ],
)
def test_a_command_line_that_can_not_be_read_is_one_line(capsys: Output, words: str, why: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--data", "x", *words.split()])
    captured = capsys.readouterr()
    assert (ended.value.code, captured.out, captured.err.count("\n")) == (2, "", 1)
    assert captured.err.startswith(why)


def test_a_log_on_a_full_disk_ends_no_process() -> None:
    program = "from hub import log; log.configure(); log.structlog.get_logger().error('x'); print('lives')"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=full, check=False)
    assert done.stdout == b"lives\n"


def test_a_gate_joins(place: Place, tmp_path: Path, capsys: Output) -> None:
    assert run(place.folder, "gate", "add", "harbour", "--zh", "港口", "--en", "Harbour") == 0
    file = tmp_path / "harbour.json"
    assert run(place.folder, "gate", "bundle", "harbour", "--out", str(file)) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    bundle = Bundle.parse(file.read_bytes(), 1_000_000)
    assert bundle.policy.holds(public_from_hex(bundle.hub_key))
    assert bundle.passlist.holds(public_from_hex(bundle.hub_key))
    assert bundle.policy.policy().gates["harbour"].number == 4
    run(place.folder, "gate", "list")
    assert "harbour" in capsys.readouterr().out
    assert "not written over" in refused(capsys, place.folder, "gate", "bundle", "harbour", "--out", str(file))


@pytest.mark.parametrize("gate", ["East", "hub", "a/b", "", "a" * 33])
def test_a_bad_gate_id_is_refused(place: Place, capsys: Output, gate: str) -> None:
    assert "expected 1 to 32" in refused(capsys, place.folder, "gate", "add", gate)


def test_a_gate_that_is_there_or_not_there_is_refused(place: Place, capsys: Output) -> None:
    assert refused(capsys, place.folder, "gate", "add", "east") == "gate 'east': there is one already"
    assert "there is no such gate" in refused(capsys, place.folder, "gate", "bundle", "nowhere")


def test_a_retired_gate_is_believed_no_longer_and_what_it_wrote_stands(place: Place, capsys: Output) -> None:
    gate = place.gates["east"]
    gate.visit("鲁B12345", NOW)
    send(place, gate)
    version = next(row["version"] for row in table(place, "published") if row["kind"] == "policy")
    assert run(place.folder, "gate", "retire", "east") == 0
    gate.visit("鲁B54321", NOW)
    assert isinstance(late := read(place, "east", gate.batch().encode()), Quarantined)
    assert late.why == "gate 'east': not a gate of this town"
    policy = next(
        Signed.model_validate_json(row["message"]) for row in table(place, "published") if row["kind"] == "policy"
    )
    assert policy.version > version
    assert "east" not in policy.policy().gates
    assert check(place).entries == 3, "what it wrote is verified with its key"
    assert [row["action"] for row in table(place, "audit")][-1] == "gate retired"
    run(place.folder, "gate", "list")
    assert "retired" in capsys.readouterr().out
    assert refused(capsys, place.folder, "gate", "retire", "east") == "gate 'east': retired already"
    assert "there is no such gate" in refused(capsys, place.folder, "gate", "retire", "nowhere")
    assert "there is no such gate" in refused(capsys, place.folder, "gate", "bundle", "east")
    assert "there is one already" in refused(capsys, place.folder, "gate", "add", "east")


def test_a_pass_is_issued_shown_listed_and_revoked(place: Place, tmp_path: Path, capsys: Output) -> None:
    png = tmp_path / "pass.png"
    assert run(
        place.folder, "pass", "issue", "--plate", "鲁 B·12345", "--class", "sample_transport",
        "--from", "2026-03-01", "--to", "2026-03-31", "--gates", "east,north", "--png", str(png),
    ) == 0  # fmt: skip
    id_, text = capsys.readouterr().out.splitlines()
    key = read_seed(place.folder / "keys" / "pass.key").public_key()
    read = contract.read(text, {contract.key_id(key.public_bytes_raw()): [key]})
    assert isinstance(read, contract.Pass)
    assert (read.plate, read.gates, read.priority, read.vehicle_class) == ("鲁B12345", 0b1001, True, 4)
    # from local midnight to the end of the last day
    assert (read.not_before, read.expires) == (1772294400, 1774972800)
    assert png.read_bytes().startswith(b"\x89PNG")
    run(place.folder, "pass", "list", "--search", "b123")
    assert id_ in capsys.readouterr().out
    assert run(place.folder, "pass", "revoke", id_, "--reason", "sold the car") == 0
    assert "revoked already" in refused(capsys, place.folder, "pass", "revoke", id_, "--reason", "again")
    run(place.folder, "pass", "show", id_)
    assert "sold the car" in capsys.readouterr().out
    [message] = [row["message"] for row in table(place, "published") if row["kind"] == "passlist"]
    assert id_ in json.loads(message)["text"]
    actions = [row["action"] for row in table(place, "audit")]
    assert actions.index("pass issued") < actions.index("pass revoked")
    assert "pass code shown" in actions


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--plate", "", "--class", "resident", "--to", "2026-03-31"], "plate ''"),
        (["--plate", "鲁B1", "--class", "nobility", "--to", "2026-03-31"], "class 'nobility': there is no such class"),
        (["--plate", "鲁B1", "--class", "resident", "--to", "soon"], "time 'soon': expected a date"),
        (
            ["--plate", "鲁B1", "--class", "resident", "--to", "2030-03-31", "--gates", "east,atlantis"],
            "gates 'atlantis': there is no such gate",
        ),
        (
            ["--plate", "鲁B1", "--class", "resident", "--from", "2030-01-01", "--to", "2029-01-01"],
            "expected the end after",
        ),
        (["--plate", "鲁B12345", "--class", "resident", "--png", "/nowhere/x.png"], "/nowhere/x.png"),
        (
            ["--plate", "鲁B1", "--class", "visitor", "--from", "2030-03-01", "--to", "2030-03-31"],
            "a pass of class visitor is valid for 7 days at most",
        ),
    ],
)
def test_a_pass_that_can_not_be_is_not_issued(place: Place, capsys: Output, arguments: list[str], why: str) -> None:
    assert why in refused(capsys, place.folder, "pass", "issue", *arguments)
    assert table(place, "passes") == []


def test_a_user_with_a_password_of_their_own(place: Place, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.write(write, b"twelve letters\n")
    os.close(write)
    with os.fdopen(read) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert run(place.folder, "user", "add", "wang", "--name", "王", "--role", "officer", "--password-stdin") == 0
    assert "twelve letters" not in capsys.readouterr().out
    [message] = [row["message"] for row in table(place, "published") if row["kind"] == "policy"]
    assert "王" in json.loads(message)["text"]
    assert run(place.folder, "user", "disable", "wang") == 0
    [message] = [row["message"] for row in table(place, "published") if row["kind"] == "policy"]
    assert '"name":"王"' not in json.loads(message)["text"]
    assert "no such user" in refused(capsys, place.folder, "user", "disable", "nobody")


@pytest.fixture
def filled(place: Place) -> Place:
    place.gates["east"].visit("鲁B12345", NOW, private={"driver": "王伟"})
    send(place, place.gates["east"])
    return place


def test_export_to_a_file(filled: Place, tmp_path: Path, capsys: Output) -> None:
    file = tmp_path / "visits.csv"
    assert run(filled.folder, "export", "--from", "2026-03-01", "--to", "2026-03-01", "--out", str(file)) == 0
    data = file.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfvisit_id,")
    assert data.count(b"\r\n") == 2
    assert "王伟".encode() not in data
    assert "not written over" in refused(capsys, filled.folder, "export", "--out", str(file))
    assert table(filled, "audit")[-1]["action"] == "visits exported"


def test_export_says_how_far_it_is_only_where_somebody_looks(filled: Place, tmp_path: Path, capsys: Output) -> None:
    assert run(filled.folder, "export", "--progress", "--out", str(tmp_path / "a.csv")) == 0
    assert "1 of about 1 rows (100 %)" in capsys.readouterr().err
    assert run(filled.folder, "export", "--out", str(tmp_path / "b.csv")) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("what", LISTS)
def test_every_list_is_exported_as_csv_and_as_a_workbook(filled: Place, tmp_path: Path, what: str) -> None:
    for format_ in ("csv", "xlsx"):
        file = tmp_path / f"list.{format_}"
        arguments = ("export", "--what", what, "--format", format_, "--header", "zh", "--out", str(file))
        assert run(filled.folder, *arguments) == 0
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.read_bytes()[:3] == (b"\xef\xbb\xbf" if format_ == "csv" else b"PK\x03")
        assert json.loads(table(filled, "audit")[-1]["detail"])["unmasked"] is False


def test_export_unmasked_needs_a_reason_that_the_audit_keeps(filled: Place, tmp_path: Path, capsys: Output) -> None:
    assert "expected --reason" in refused(capsys, filled.folder, "export", "--unmask")
    file = tmp_path / "visits.csv"
    run(filled.folder, "export", "--unmask", "--reason", "court order 7", "--out", str(file))
    assert "王伟" in file.read_text(encoding="utf-8-sig")
    assert json.loads(table(filled, "audit")[-1]["detail"])["reason"] == "court order 7"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--from", "2026-03-02", "--to", "2026-03-01"], "expected the end after the beginning"),
        (["--from", "yesterday"], "time 'yesterday': expected a date"),
        (["--gate", "atlantis"], "--gate atlantis: there is no such gate"),
        (["--reason", "court order 7"], "--reason: expected together with --unmask"),
        (["--what", "passes", "--unmask", "--reason", "x"], "--unmask: the list passes holds nothing that is masked"),
        (["--what", "passes", "--state", "lost"], "filter state: there is no 'lost'"),
        (["--what", "users", "--gate", "east"], "--gate: the list users can't be asked for it"),
        (["--what", "passes", "--from", "2026-03-01"], "--from: the list passes can't be asked for it"),
        (["--preset", "today", "--to", "2026-03-01"], "--preset: expected without --from and --to"),
    ],
)
def test_an_export_that_can_not_be_writes_nothing(
    filled: Place, tmp_path: Path, capsys: Output, arguments: list[str], why: str
) -> None:
    audit = table(filled, "audit")
    assert why in refused(capsys, filled.folder, "export", "--out", str(tmp_path / "x.csv"), *arguments)
    assert not (tmp_path / "x.csv").exists()
    assert table(filled, "audit") == audit


def test_an_export_that_breaks_off_leaves_no_half_table(
    filled: Place, tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> Iterator[tuple[int, str]]:
        yield 0, "half"
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("hub.exports.writer.stream_csv", breaks)
    assert "No space left" in refused(capsys, filled.folder, "export", "--out", str(tmp_path / "x.csv"))
    assert not (tmp_path / "x.csv").exists()


def test_verify_ends_0_or_names_the_entry(filled: Place, capsys: Output) -> None:
    assert run(filled.folder, "verify") == 0
    assert capsys.readouterr().out.startswith("3 entries of 1 journals hold")
    meddle(filled, "UPDATE entries SET kind = 'disinfected' WHERE id = 3")
    assert refused(capsys, filled.folder, "verify").startswith("entry 3 (gate east, seq 3): kind is 'disinfected'")


def test_rebuild_makes_the_projections_again(filled: Place, capsys: Output) -> None:
    before = table(filled, "visits")
    meddle(filled, "DELETE FROM visits")
    assert run(filled.folder, "rebuild") == 0
    assert "3 entries" in capsys.readouterr().out
    assert table(filled, "visits") == before


def test_every_command_has_help(capsys: Output) -> None:
    for words in ("", "init", "serve", "listener", "web", "gate", "gate add", "gate list", "gate bundle", "pass",
                  "pass issue", "pass list", "pass show", "pass revoke", "pass import", "pass renew", "pass replace", "pass block",
                  "pass unblock", "pass print", "key", "key rotate", "key list", "key revoke", "watch", "watch add",
                  "watch remove", "watch list", "conflict", "conflict list", "conflict settle", "user", "user add", "user passwd", "user disable",
                  "user list", "officer", "officer pin", "export", "verify", "rebuild", "operation", "operation publish",
                  "backup", "restore", "backup-key new", "backup-key show", "backup-key check", "rekey"):  # fmt: skip
        with pytest.raises(SystemExit) as ended:
            main(["--data", "x", *words.split(), "--help"])
        assert ended.value.code == 0
        assert "usage: kakou-hub" in capsys.readouterr().out


def test_a_reader_that_has_seen_enough_is_no_traceback(place: Place) -> None:
    gate = place.gates["east"]
    for number in range(66):
        gate.visit(f"鲁B{number:05d}", NOW)
    while gate.sent < len(gate.sealed):
        waiting = gate.sealed[gate.sent : gate.sent + 90]
        gate.sent += len(waiting)
        send(place, gate, *waiting, last=gate.sent)
    command = f"{sys.executable} -m hub.cli --data {place.folder} export --what entries | head -c 10"
    done = subprocess.run(command, shell=True, capture_output=True, check=False)
    assert done.stderr == b""


def test_an_officers_pin_reaches_the_gates_as_a_hash(
    place: Place, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(place.folder, "user", "add", "li", "--name", "李强", "--role", "officer")
    monkeypatch.setattr("sys.stdin", io.StringIO("739164\n"))
    assert run(place.folder, "officer", "pin", "li") == 0
    assert "739164" not in capsys.readouterr().out
    file = place.folder / "east.bundle"
    assert run(place.folder, "gate", "bundle", "east", "--out", str(file)) == 0
    bundle = Bundle.parse(file.read_bytes(), 1_000_000)
    assert bundle.command is not None
    (hashed,) = (bundle.command.commands().pins or {}).values()
    assert hashed.startswith("$argon2id$")
    assert "argon2" not in bundle.policy.text
    assert run(place.folder, "officer", "pin", "li", "--clear") == 0


def test_a_pin_reaches_only_the_gates_of_its_officers_roster(
    place: Place, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faults C: the PINs of all officers reached all gates."""
    run(place.folder, "user", "add", "li", "--name", "李强", "--role", "officer")
    run(place.folder, "user", "add", "wang", "--name", "王伟", "--role", "officer")
    for officer in ("li", "wang"):
        monkeypatch.setattr("sys.stdin", io.StringIO("739164\n"))
        assert run(place.folder, "officer", "pin", officer) == 0
    assert run(place.folder, "officer", "roster", "li", "east") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "li overrides at east"

    def pins() -> dict[str, set[str]]:
        published = {row["kind"]: Signed.model_validate_json(row["message"]) for row in table(place, "published")}
        assert "argon2" not in published["policy"].text
        return {gate: set(published[f"command:{gate}"].commands().pins or {}) for gate in ("east", "south")}

    li, wang = (row["id"] for row in table(place, "users") if row["login"] in ("li", "wang"))
    assert pins() == {"east": {li, wang}, "south": {wang}}
    run(place.folder, "user", "list")
    assert capsys.readouterr().out.count("PIN at east") == 1
    assert run(place.folder, "officer", "roster", "li", "--all") == 0
    assert pins() == {"east": {li, wang}, "south": {li, wang}}
    assert run(place.folder, "user", "disable", "wang") == 0
    assert pins() == {"east": {li}, "south": {li}}
    assert refused(capsys, place.folder, "officer", "roster", "li", "moon") == "gate 'moon': there is no such gate"
    assert refused(capsys, place.folder, "officer", "roster", "li") == "roster: expected gates, or --all"


def test_a_user_is_changed_disabled_and_enabled(place: Place, capsys: Output) -> None:
    run(place.folder, "user", "add", "li", "--name", "李强", "--role", "officer", "--must-change")
    capsys.readouterr()
    run(place.folder, "user", "list")
    assert capsys.readouterr().out.count("must set a password") == 1
    assert run(place.folder, "user", "change", "li", "--role", "supervisor") == 0
    assert capsys.readouterr().out == "user li is 李强, supervisor\n"
    assert run(place.folder, "user", "change", "li", "--name", "李刚") == 0
    assert refused(capsys, place.folder, "user", "change", "li") == "user change: expected --name or --role"
    assert "no such user" in refused(capsys, place.folder, "user", "enable", "nobody")
    assert refused(capsys, place.folder, "user", "enable", "li") == "李刚 is not disabled"
    assert run(place.folder, "user", "disable", "li") == 0
    assert refused(capsys, place.folder, "user", "disable", "li") == "李刚 is disabled already"
    assert run(place.folder, "user", "enable", "li") == 0


def test_disabling_says_what_is_left_open(place: Place, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("739164\n"))
    run(place.folder, "officer", "pin", "officer")
    run(place.folder, "officer", "roster", "officer", "east")
    capsys.readouterr()
    assert run(place.folder, "user", "disable", "officer") == 0
    assert "left open: east does not answer: the PIN counts there until it does" in capsys.readouterr().out


def test_the_last_admin_stays_on_the_command_line_too(place: Place, capsys: Output) -> None:
    assert run(place.folder, "user", "disable", "boss") == 0
    before = table(place, "users")
    for command in (("disable", "admin"), ("change", "admin", "--role", "viewer")):
        assert "is the last administrator" in refused(capsys, place.folder, "user", *command)
    assert table(place, "users") == before


def test_a_pin_that_is_none_is_one_line(place: Place, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("12\n"))
    run(place.folder, "user", "add", "li", "--name", "李强", "--role", "officer")
    assert refused(capsys, place.folder, "officer", "pin", "li") == "pin: expected 4 to 12 digits"
    assert "there is no such officer" in refused(capsys, place.folder, "officer", "pin", "u-99", "--clear")


def test_a_town_lives_in_a_folder_of_any_name(tmp_path: Path, capsys: Output) -> None:
    folder = tmp_path / "what? #1 100%20 a&b=c"
    assert run(folder, "init", "--town", "demo") == 0
    assert (folder / "hub.db").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    assert run(folder, "gate", "add", "east", "--zh", "东卡口", "--en", "East gate") == 0
    capsys.readouterr()
    assert run(folder, "gate", "list") == 0
    assert "east" in capsys.readouterr().out


def test_each_command_stands_under_the_module_that_adds_it() -> None:
    for subject, commands in cli.SUBJECTS.items():
        (action,) = (each for each in cli.parser([subject])._actions if each.dest == "command")
        assert action.choices is not None
        assert tuple(action.choices) == commands


@pytest.mark.parametrize(
    ("line", "subjects"),
    [
        ("--data town verify", ("ledger",)),
        ("--data=town verify", ("ledger",)),
        ("--data backup export --what visits", ("export",)),
        ("--data town backup-key", ("backups",)),
        ("--data town", tuple(cli.SUBJECTS)),
        ("--help", tuple(cli.SUBJECTS)),
        ("--data town verfy", tuple(cli.SUBJECTS)),
        ("--da backup verify", ("ledger",)),
        ("--help conflict", tuple(cli.SUBJECTS)),
        ("--data town -h verify", tuple(cli.SUBJECTS)),
        ("--data town verify --help", ("ledger",)),
    ],
)
def test_a_command_imports_its_own_module_and_a_wrong_line_all_of_them(line: str, subjects: tuple[str, ...]) -> None:
    assert cli.subjects_of(line.split()) == subjects
