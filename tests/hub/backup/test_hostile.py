"""faults C, restore: a file that somebody changed, or made, is refused by name and leaves nothing; only data comes through.

Backups are made by the hub and then changed by whoever knows the recipient (`packed`), in the old format too, which has no signature.
"""

import io
import re
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.contract.canonical import fingerprint, public_hex
from hub import cli
from hub.accounts import store as accounts
from hub.accounts.roles import Role
from hub.backup import age
from hub.backup.archive import ArchiveReader
from hub.backup.make import backup
from hub.backup.manifest import FILE, SIGNATURE, Manifest
from hub.database.engine import reader
from hub.errors import HubError
from hub.lifecycle.restore import Restored, Source, restore
from hub.town import settings as town_settings
from hub.town.settings import Settings
from hub.town.town import Town
from tests.hub.backups import believe, content, options, packed, restored
from tests.hub.ledgers import send
from tests.hub.towns import BACKUP_KEY, NOW, Place

Change = Callable[[sqlite3.Connection], object]


@pytest.fixture
def filled(place: Place) -> Place:
    """Six entries of east, acknowledged."""
    for number in range(2):
        place.gates["east"].visit(f"鲁B1234{number}", NOW + timedelta(minutes=number))
    send(place, place.gates["east"])
    return place


def database_changed(data: bytes, folder: Path, change: Change) -> bytes:
    """The bytes of a database after somebody was at it."""
    path = folder / "meddled.db"
    path.write_bytes(data)
    with closing(sqlite3.connect(path)) as driver:
        change(driver)
        driver.commit()
    return path.read_bytes()


def plain(place: Place, folder: Path, change: Change | None = None, **files: str) -> Path:
    """A backup as older versions wrote it: a bare tar. `files`: other contents, by name with `_` for `.`."""
    backup(place.town, folder / "of-now.age", NOW)
    found = {name: data for name, data in content(folder / "of-now.age").items() if name not in (FILE, SIGNATURE)}
    if change is not None:
        found["hub.db"] = database_changed(found["hub.db"], folder, change)
    found.update({name.replace("_", "."): text.encode() for name, text in files.items()})
    return tar(folder / "old.tar", found)


def tar(file: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(file, "w") as archive:
        for name, data in files.items():
            header = tarfile.TarInfo(name)
            # as `archive.add` has it: with an extended header for the fraction
            header.size, header.mtime = len(data), 1_700_000_000.5
            archive.addfile(header, io.BytesIO(data))
    return file


def unsigned(folder: Path, file: Path) -> Restored:
    return restore(folder, Source(file, None, believe), NOW)


def refused(folder: Path, file: Path, match: str, how: Callable[[Path, Path], object] = unsigned) -> None:
    with pytest.raises(HubError, match=match) as caught:
        how(folder / "again", file)
    assert "\n" not in str(caught.value)
    assert not (folder / "again").exists()


def signed(folder: Path, file: Path) -> Restored:
    return restored(folder, file, NOW)


# --- the signature ----------------------------------------------------------------------------------------------------


def make_admin(driver: sqlite3.Connection) -> None:
    assert driver.execute("UPDATE users SET role = 'admin' WHERE role = 'viewer'").rowcount


def test_a_viewer_who_became_admin_in_a_changed_backup_is_found_out(filled: Place, tmp_path: Path) -> None:
    """Whoever knows the recipient can encrypt: only the signature tells."""
    backup(filled.town, tmp_path / "b.age", NOW)
    files = content(tmp_path / "b.age")
    files["hub.db"] = database_changed(files["hub.db"], tmp_path, make_admin)
    file = packed(tmp_path / "changed.age", files.items())
    refused(tmp_path, file, "hub.db is not what the signed manifest says", signed)


@pytest.mark.parametrize("name", ["hub.toml", "operation.toml", "keys/hub.key", "keys/backup.pub", "ca/ca.key"])
def test_no_file_of_a_backup_can_be_changed(filled: Place, tmp_path: Path, name: str) -> None:
    backup(filled.town, tmp_path / "b.age", NOW)
    files = content(tmp_path / "b.age")
    files[name] = bytes([files[name][0] ^ 1]) + files[name][1:]
    refused(tmp_path, packed(tmp_path / "c.age", files.items()), f"{name} is not what the signed", signed)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda files: files.pop("keys/hub.key"), "keys/hub.key is not in it"),
        (lambda files: files.update({"keys/extra.key": b"x"}), "keys/extra.key is not what the signed manifest says"),
        (lambda files: files.update({"../evil": b"x"}), "it holds '../evil'"),
        (lambda files: files.update({"/tmp/evil": b"x"}), "it holds '/tmp/evil'"),
        (lambda files: files.update({"keys/../hub.db": b"x"}), "it holds"),
        (lambda files: files.update({FILE: files[FILE].replace(b'"entries": 6', b'"entries": 7')}), "signature"),
        (lambda files: files.update({SIGNATURE: b"00" * 64}), "signature"),
        (lambda files: files.update({SIGNATURE: b"\xff"}), "not as the hub writes it"),
        (lambda files: files.update({FILE: b"[" * 100_000}), "not as the hub writes it"),
    ],
)
def test_a_backup_whose_list_of_files_was_changed_is_refused(
    filled: Place, tmp_path: Path, change: Callable[[dict[str, bytes]], object], why: str
) -> None:
    backup(filled.town, tmp_path / "b.age", NOW)
    files = content(tmp_path / "b.age")
    change(files)
    refused(tmp_path, packed(tmp_path / "c.age", files.items()), why, signed)
    assert not list(tmp_path.rglob("evil"))


def signed_by_another(place: Place, folder: Path) -> Path:
    """A backup that holds in itself, of a hub that somebody made up: all files, its own key, its own signature."""
    backup(place.town, folder / "b.age", NOW)
    files, other = content(folder / "b.age"), Ed25519PrivateKey.generate()
    says = Manifest.model_validate_json(files[FILE]).model_copy(update={"hub_key": public_hex(other)})
    files[FILE], files[SIGNATURE] = says.sealed(other)
    return packed(folder / "other.age", files.items())


def test_a_backup_of_another_hub_is_not_taken_for_ours(
    filled: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = signed_by_another(filled, tmp_path)
    assert cli.main(["--data", str(tmp_path / "again"), "restore", str(file), *options(filled.town, tmp_path)]) == 1
    assert "signed by another hub than --hub-key" in capsys.readouterr().err
    # and one that is believed all the same must bring the key that signed it
    refused(tmp_path, file, "not the one that signed it", signed)


def test_without_a_word_on_the_signer_nothing_is_restored(
    filled: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup(filled.town, tmp_path / "b.age", NOW)
    command = ["--data", str(tmp_path / "again"), "restore", str(tmp_path / "b.age")]
    assert cli.main([*command, *options(filled.town, tmp_path)[:2]]) == 1
    mark = fingerprint(public_hex(filled.town.key))
    assert f"say so with --hub-key {mark}" in capsys.readouterr().err
    assert not (tmp_path / "again").exists()
    assert cli.main([*command, *options(filled.town, tmp_path)[:2], "--hub-key", mark]) == 0


# --- what opens it ----------------------------------------------------------------------------------------------------


def test_nothing_readable_lies_beside_or_in_a_backup(filled: Place, tmp_path: Path) -> None:
    file = tmp_path / "there" / "b.age"
    backup(filled.town, file, NOW)
    assert [path.name for path in file.parent.iterdir()] == ["b.age"]
    data = file.read_bytes()
    for secret in ("鲁B12340".encode(), (filled.folder / "keys" / "hub.key").read_bytes().strip(), b"SQLite format"):
        assert secret not in data
    assert list((filled.folder / "run").glob("copy-*")) == []
    assert "keys/web.key" not in content(file)


def test_a_passphrase_opens_it_and_no_other(
    filled: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "b.age"

    def run(folder: Path, *words: str, said: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(said + "\n"))
        return cli.main(["--data", str(folder), *words])

    assert run(filled.folder, "backup", str(file), said="short") == 1
    assert "12 characters at least" in capsys.readouterr().err
    assert not file.exists()
    assert run(filled.folder, "backup", str(file), said="eine lange Losung") == 0
    again, mark = tmp_path / "again", public_hex(filled.town.key)
    assert run(again, "restore", str(file), "--hub-key", mark, said="eine andere Losung") == 1
    assert "this passphrase does not open it" in capsys.readouterr().err
    assert run(again, "restore", str(file), "--hub-key", mark, said="eine lange Losung") == 0
    assert cli.main(["--data", str(again), "verify"]) == 0
    # a script that pipes nothing in gets what a schedule gets: the town's backup key
    assert run(filled.folder, "backup", str(tmp_path / "silent.age"), said="") == 0
    assert content(tmp_path / "silent.age").keys() == content(backup(filled.town, tmp_path / "c.age", NOW).file).keys()


@pytest.mark.parametrize(("busy", "said"), [(2, ""), (99, "too busy, or too slow"), (-1, "does not open it")])
def test_a_machine_that_is_busy_for_a_moment_refuses_no_right_passphrase(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, busy: int, said: str
) -> None:
    """The library times itself: beside other work it takes the file for one that asks for hours."""
    key, tries = age.SecretKey.generate(), iter(range(busy))

    def decrypt(_data: bytes, _passphrase: str) -> bytes:
        if busy < 0:
            raise pyrage.DecryptError("Decryption failed")
        if next(tries, None) is not None:
            raise pyrage.DecryptError("Excessive work parameter for passphrase.")
        return key.text.encode()

    armour = age._armoured(key, age.Passphrase("eine lange Losung"))
    monkeypatch.setattr(pyrage.passphrase, "decrypt", decrypt)
    if not said:
        assert age._out_of_armour(armour, age.Passphrase("eine lange Losung"), tmp_path).text == key.text
        return
    with pytest.raises(HubError, match=said):
        age._out_of_armour(armour, age.Passphrase("eine lange Losung"), tmp_path)


def test_a_passphrase_that_asks_for_gigabytes_is_refused_unasked(filled: Place, tmp_path: Path) -> None:
    from hub.backup.age import ARMOUR, ARMOUR_ENDS, Passphrase

    head = b"age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 40\n"
    import base64

    (tmp_path / "b.age").write_bytes(ARMOUR + b"\n" + base64.b64encode(head) + b"\n" + ARMOUR_ENDS)
    source = Source(tmp_path / "b.age", Passphrase("eine lange Losung"), believe)
    with pytest.raises(HubError, match="more work than any of ours"):
        restore(tmp_path / "again", source, NOW)


def test_another_key_does_not_open_it(filled: Place, tmp_path: Path) -> None:
    from hub.backup.age import SecretKey

    backup(filled.town, tmp_path / "b.age", NOW)
    with pytest.raises(HubError, match="this key does not open it"):
        restore(tmp_path / "again", Source(tmp_path / "b.age", SecretKey.generate(), believe), NOW)


def test_a_town_without_a_backup_key_makes_no_backup_in_plain_sight(
    filled: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A town of an older version: an alert on every page, and nothing pruned, until somebody makes the key."""
    (filled.folder / "keys" / "backup.pub").unlink()
    hub = ["--data", str(filled.folder)]
    assert cli.main([*hub, "backup"]) == 1
    assert "there is no backup key (kakou-hub backup-key new makes one)" in capsys.readouterr().err
    assert not (filled.folder / "backups").exists() or list((filled.folder / "backups").iterdir()) == []
    assert cli.main([*hub, "backup-key", "new"]) == 1, "a service's log is no terminal"
    assert "AGE-SECRET" not in capsys.readouterr().out
    assert cli.main([*hub, "backup-key", "new", "--pipe"]) == 0
    found = re.search(r"AGE-SECRET-KEY-1\S+", capsys.readouterr().out)
    assert found
    assert all(found[0].encode() not in path.read_bytes() for path in filled.folder.rglob("*") if path.is_file())
    assert cli.main([*hub, "backup"]) == 0
    assert cli.main([*hub, "backup-key", "new", "--pipe"]) == 1, "never in the place of another unasked"


# --- the database -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON audit BEGIN UPDATE users SET role = 'admin'; END", "trigger 't'"),
        ("CREATE TRIGGER t INSTEAD OF INSERT ON v BEGIN SELECT 1; END", "'[tv]'"),
        ("CREATE VIEW v AS SELECT * FROM users", "view 'v'"),
        ("ALTER TABLE users RENAME TO hidden", "table 'hidden' is none of ours"),
        ("CREATE TABLE more (a)", "table 'more' is none of ours"),
        ("DROP TABLE quarantine", "table 'quarantine' is not in it"),
        ("ALTER TABLE users ADD COLUMN more TEXT", "users.more is none of ours"),
        ("ALTER TABLE users DROP COLUMN pin", "users.pin is not in it"),
        ("ALTER TABLE users ADD COLUMN more TEXT GENERATED ALWAYS AS (upper(login))", "users.more is computed"),
        ("CREATE VIRTUAL TABLE v USING fts5(a)", "virtual table|none of ours"),
        ("UPDATE users SET role = x'00' WHERE role = 'viewer'", "users.role holds something else than text"),
        ("UPDATE gates SET number = 'one' WHERE gate = 'east'", "gates.number holds something else than integer"),
        ("UPDATE alembic_version SET version_num = '9999'", "a newer version"),
        ("UPDATE alembic_version SET version_num = '../../x'", "a newer version"),
        ("DELETE FROM alembic_version", "the version of its tables"),
        ("UPDATE gates SET zh = CAST(x'ff' AS TEXT)", "not UTF-8"),
        ("UPDATE gates SET zh = zeroblob(100000000)", "something else|too big"),
        ("UPDATE gates SET zh = CAST(zeroblob(100000000) AS TEXT)", "too big|something else"),
    ],
)
def test_a_database_that_is_more_than_data_is_refused(filled: Place, tmp_path: Path, sql: str, why: str) -> None:
    def change(driver: sqlite3.Connection) -> None:
        if " ON v " in sql:
            driver.execute("CREATE VIEW v AS SELECT * FROM users")
        driver.execute(sql)

    refused(tmp_path, plain(filled, tmp_path, change), why)


@pytest.mark.parametrize(
    ("name", "create", "why"),
    [
        ("users", "CREATE VIEW users AS SELECT * FROM really", "view 'users'"),
        ("audit", "CREATE TABLE audit AS SELECT *, 1 AS more FROM really", "'really'|audit.more"),
    ],
)
def test_a_table_that_is_something_else_in_truth_is_refused(
    filled: Place, tmp_path: Path, name: str, create: str, why: str
) -> None:
    def change(driver: sqlite3.Connection) -> None:
        driver.execute(f"ALTER TABLE {name} RENAME TO really")
        driver.execute(create)

    refused(tmp_path, plain(filled, tmp_path, change), why)


@pytest.mark.parametrize(
    "row",
    [
        ("table", "users", "users", 0, "CREATE VIRTUAL TABLE users USING fts5(a)"),
        ("view", "x", "x", 0, "CREATE VIEW x AS SELECT load_extension('x')"),
        ("trigger", "x", "users", 0, "CREATE TRIGGER x AFTER INSERT ON users BEGIN SELECT 1; END"),
        ("nonsense", "x", "x", 7, "garbage"),
        ("index", "x", "users", 2, "CREATE INDEX x ON users (load_extension(login))"),
    ],
)
def test_a_schema_written_by_hand_runs_nothing(filled: Place, tmp_path: Path, row: tuple[object, ...]) -> None:
    def change(driver: sqlite3.Connection) -> None:
        driver.execute("PRAGMA writable_schema=ON")
        driver.execute("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", row)

    refused(tmp_path, plain(filled, tmp_path, change), "carried database")


def test_a_page_that_leads_in_a_circle_ends(filled: Place, tmp_path: Path) -> None:
    """One page of entries is named by every cell above it: more rows than the file has room for."""
    data = bytearray(plain(filled, tmp_path).read_bytes())
    for place in range(0, len(data) - 4096, 4096):
        if data[place] == 5:  # an inner page of a table
            data[place + 8 : place + 12] = data[place + 12 : place + 16]
    (tmp_path / "old.tar").write_bytes(data)
    with suppress(HubError):
        unsigned(tmp_path / "again", tmp_path / "old.tar")


def test_the_restored_database_has_our_own_schema(filled: Place, tmp_path: Path) -> None:
    unsigned(tmp_path / "again", plain(filled, tmp_path))

    def schema(folder: Path) -> set[tuple[str, str]]:
        with closing(sqlite3.connect(folder / "hub.db")) as driver:
            return set(driver.execute("SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'"))

    assert schema(tmp_path / "again") == schema(filled.folder)


# --- the settings -----------------------------------------------------------------------------------------------------

FOREIGN = """
town = "demo"
timezone = "Asia/Urumqi"
[database]
url = "postgresql+psycopg://u:secret@evil.example/ledger"
[broker]
host = "192.168.9.9"
run = false
[web]
host = "0.0.0.0"
[backup]
folder = "/tmp/evil"
hours = 0
"""


def test_an_unsigned_hub_toml_leads_nowhere(filled: Place, tmp_path: Path) -> None:
    """faults C: the carried `database.url` was followed."""
    done = unsigned(tmp_path / "again", plain(filled, tmp_path, hub_toml=FOREIGN))
    settings = Settings.load(tmp_path / "again")
    assert (settings.town, settings.timezone) == ("demo", "Asia/Urumqi")
    fresh = Settings.of({"town": "demo"}, tmp_path / "again")
    assert (settings.database, settings.broker, settings.web, settings.backup) == (
        fresh.database, fresh.broker, fresh.web, fresh.backup
    )  # fmt: skip
    said = "\n".join(done.lines)
    for key in ("database.url", "broker.host", "broker.run", "web.host", "backup.folder", "backup.hours"):
        assert f"not taken from the backup: {key} = " in said
    assert "secret" not in said
    assert cli.main(["--data", str(tmp_path / "again"), "verify"]) == 0


def test_a_signed_one_says_where_gates_find_the_hub_and_never_where_it_writes(filled: Place, tmp_path: Path) -> None:
    text = (filled.folder / town_settings.FILE).read_text(encoding="utf-8")
    text = text.replace('host = "127.0.0.1"       # where gates', 'host = "192.168.1.10"       # where gates')
    (filled.folder / town_settings.FILE).write_text(
        text.replace('folder = "backups"', 'folder = "/mnt/stick"'), encoding="utf-8"
    )
    backup(filled.town, tmp_path / "b.age", NOW)
    done = restored(tmp_path / "again", tmp_path / "b.age", NOW)
    settings = Settings.load(tmp_path / "again")
    assert (settings.broker.host, settings.backup.folder) == ("192.168.1.10", "backups")
    assert any("taken from the backup: broker.host = 192.168.1.10" in line for line in done.lines)
    assert any("not taken from the backup: backup.folder = '/mnt/stick'" in line for line in done.lines)


def test_whoever_restores_can_say_where_the_hub_is_now(filled: Place, tmp_path: Path) -> None:
    backup(filled.town, tmp_path / "b.age", NOW)
    words = ["--data", str(tmp_path / "again"), "restore", str(tmp_path / "b.age"), *options(filled.town, tmp_path)]
    assert cli.main([*words, "--broker-host", "10.0.0.7", "--web-port", "8080"]) == 0
    settings = Settings.load(tmp_path / "again")
    assert (settings.broker.host, settings.web.port) == ("10.0.0.7", 8080)


# --- the archive ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.GNUTYPE_LONGNAME]
)
def test_no_link_folder_or_device_is_taken_out(filled: Place, tmp_path: Path, kind: bytes) -> None:
    file = plain(filled, tmp_path)
    with tarfile.open(file, "a") as archive:
        header = tarfile.TarInfo("keys/gates/evil.key")
        header.type, header.linkname = kind, "/etc/passwd"
        archive.addfile(header)
    refused(tmp_path, file, "no regular file")


@pytest.mark.parametrize("size", [2**40, 8**11 - 1])
def test_a_header_that_promises_gigabytes_takes_no_memory(tmp_path: Path, size: int) -> None:
    header = tarfile.TarInfo("keys/x.key")
    header.type, header.size = tarfile.XHDTYPE, size
    found = ArchiveReader(io.BytesIO(header.tobuf(tarfile.GNU_FORMAT)))
    with pytest.raises(HubError, match="too long"):
        found.next()


def test_a_small_file_that_is_large_is_refused_before_it_is_read(filled: Place, tmp_path: Path) -> None:
    file = plain(filled, tmp_path, None, **{"keys/big": "x" * (2 << 20)})
    refused(tmp_path, file, "keys/big has 2097152 bytes")


def test_a_foreign_file_among_the_keys_stops_the_backup_and_not_the_restore(filled: Place, tmp_path: Path) -> None:
    (filled.folder / "keys" / "link").symlink_to("/etc/passwd")
    with pytest.raises(HubError, match="not a file of the hub's"):
        backup(filled.town, tmp_path / "b.age", NOW)
    assert not (tmp_path / "b.age").exists()


# --- older versions ---------------------------------------------------------------------------------------------------


def test_a_backup_of_an_older_version_needs_to_be_asked_for(
    filled: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = plain(filled, tmp_path)
    words = ["--data", str(tmp_path / "again"), "restore", str(file)]
    assert cli.main(words) == 1
    assert "(one of an older version: --unsigned)" in capsys.readouterr().err
    assert cli.main([*words, "--unsigned"]) == 0
    assert "this backup was not signed" in capsys.readouterr().out
    assert cli.main(["--data", str(tmp_path / "again"), "verify"]) == 0
    town = Town.open(tmp_path / "again")
    engine = reader(town.settings.database_url)
    with engine.begin() as connection:
        assert {user.role for user in accounts.every_user(connection)} == set(Role)
    engine.dispose()


def test_an_encrypted_one_cannot_be_passed_off_as_older(
    filled: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup(filled.town, tmp_path / "b.age", NOW)
    assert cli.main(["--data", str(tmp_path / "again"), "restore", str(tmp_path / "b.age"), "--unsigned"]) == 1
    assert "it is encrypted and signed" in capsys.readouterr().err


def test_the_secret_half_of_a_key_in_the_place_of_a_passphrase_is_named(
    filled: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was told as a wrong passphrase: whoever holds the right paper went looking for another."""
    file = tmp_path / "b.age"
    backup(filled.town, file, NOW, age.Passphrase("winter radish moon"))
    for text in (BACKUP_KEY.text, BACKUP_KEY.text.lower() + " "):
        (tmp_path / "secret").write_text(f"{text}\n")
        arguments = ["--data", str(tmp_path / "again"), "restore", str(file), "--secret-file", str(tmp_path / "secret")]
        assert cli.main([*arguments, "--hub-key", "x"]) == 1
        said = capsys.readouterr().err
        assert (
            said
            == f"kakou-hub: {file}: it was encrypted with a passphrase: expected that, not the secret half of a key\n"
        )
    arguments = [
        "--data",
        str(filled.folder),
        "backup",
        str(tmp_path / "c.age"),
        "--passphrase-file",
        str(tmp_path / "secret"),
    ]
    assert cli.main(arguments) == 1
    assert "passphrase: this is the secret half of a key" in capsys.readouterr().err
    assert not (tmp_path / "c.age").exists()
