"""A town gets new keys after a backup or the hub was stolen: old ones open nothing, and what was signed with them stands."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlalchemy.engine import Connection

from edge.clock import SystemClock
from edge.commands.enrol import enrol
from edge.contract.canonical import public_hex
from edge.contract.facts import Kind, ShiftStarted
from edge.contract.messages import Ack, Hello, Signed
from edge.contract.steps import VARIABLE
from edge.journal.outbox import Outbox
from edge.keys import Keys
from edge.lists.store import Lists
from hub import cli
from hub.accounts import store as accounts
from hub.accounts.roles import Role
from hub.backup.make import backup
from hub.database.schema import sessions
from hub.downlink import signed_lists
from hub.errors import HubError
from hub.ledger.acks import answer
from hub.ledger.head import read_ledger
from hub.ledger.received import Quarantined, Received
from hub.ledger.verify_walk import BrokenError
from hub.ledger.witness import contradiction
from hub.lifecycle.rekey import rekey, states
from hub.passes import keys as pass_keys
from hub.passes.issue import issue_pass
from hub.town.town import Town
from tests.hub.backups import restored
from tests.hub.ledgers import check, journal, meddle, read, send, take
from tests.hub.towns import NOW, Place

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def filled(place: Place) -> Place:
    """Six entries of east, acknowledged."""
    for number in range(2):
        place.gates["east"].visit(f"鲁B1234{number}", NOW + timedelta(minutes=number))
    send(place, place.gates["east"])
    return place


def renewed(place: Place, revoke: str | None = None) -> Place:
    """The place after a rekey."""
    done = rekey(place.folder, LATER, revoke=revoke)
    return Place(place.folder, done.town, place.engine, place.gates, place.users)


def test_every_key_is_another_and_the_ledger_holds(filled: Place) -> None:
    def secrets_of(folder: Path) -> dict[str, bytes]:
        files = [path for name in ("keys", "ca", "broker") for path in (folder / name).rglob("*") if path.is_file()]
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}

    before = secrets_of(filled.folder)
    after_place = renewed(filled)
    after = secrets_of(filled.folder)
    kept = {name for name in before if after.get(name) == before[name]}
    assert kept - {"broker/mosquitto.conf"} == {"keys/backup.pub", "broker/acl"}
    assert not (filled.folder / "rekey").exists()
    assert check(after_place).entries == 6
    assert cli.main(["--data", str(filled.folder), "verify"]) == 0


def test_records_of_the_old_key_are_refused_and_those_of_the_new_one_go_on(filled: Place) -> None:
    """A stolen signing key makes nothing that is believed; the gate's journal goes on in its epoch."""
    thief, gate = filled.gates["east"], None
    place = renewed(filled)
    thief.visit("鲁B66666", LATER)
    refused = read(place, "east", thief.batch().encode())
    assert isinstance(refused, Quarantined)
    assert "not signed by gate 'east'" in refused.why
    gate = journal(place.town, "east", epoch=thief.epoch)
    gate.sealed, gate.sent = list(thief.sealed), 6
    accepted = read(place, "east", gate.batch().encode())
    assert isinstance(accepted, Received)
    take(place, accepted)
    assert check(place).entries == 9


def test_an_entry_behind_the_change_does_not_hold_with_the_old_key(filled: Place) -> None:
    place = renewed(filled)
    gate = journal(place.town, "east", epoch=filled.gates["east"].epoch)
    gate.sealed, gate.sent = list(filled.gates["east"].sealed), 6
    gate.visit("鲁B77777", LATER)
    send(place, gate)
    assert check(place).entries == 9
    meddle(place, "UPDATE gates SET public_key = :old WHERE gate = 'east'", old=public_hex(filled.gates["east"].key))
    with pytest.raises(BrokenError, match=r"^entry 9 .*the signature is not gate 'east''s$"):
        check(place)


def test_a_second_rekey_keeps_the_first_ones_keys(filled: Place) -> None:
    place = renewed(filled)
    gate = journal(place.town, "east", epoch=filled.gates["east"].epoch)
    gate.sealed, gate.sent = list(filled.gates["east"].sealed), 6
    gate.visit("鲁B77777", LATER)
    send(place, gate)
    done = rekey(place.folder, LATER + timedelta(hours=1))
    assert check(Place(place.folder, done.town, place.engine, place.gates, place.users)).entries == 9


def test_a_gate_that_kept_on_is_enrolled_again_and_nothing_of_it_is_lost(filled: Place, tmp_path: Path) -> None:
    """Records kept before the rekey, and while the gate was shut out, arrive once, in the same epoch, under its new key."""
    folder, clock = tmp_path / "gate", SystemClock()
    bundle = tmp_path / "south.json"
    hub = ["--data", str(filled.folder)]
    assert cli.main([*hub, "gate", "bundle", "south", "--out", str(bundle)]) == 0
    enrol(folder, bundle)
    (folder / "keys" / "kiosk.key").write_text("made on the gate")

    def opened() -> Outbox:
        keys = Keys.load(folder)
        opened = Outbox.open(folder / "journal.db", town="demo", gate="south", key=keys.signing, clock=clock)
        opened.sign_anew(keys.former)
        return opened

    outbox = opened()
    for _ in range(5):
        outbox.keep(Kind.SHIFT_STARTED, body=ShiftStarted(officer="u-1"))
    old_key = public_hex(Keys.load(folder).signing)
    epoch = outbox.epoch
    place = renewed(filled)
    outbox.keep(Kind.SHIFT_STARTED, body=ShiftStarted(officer="u-1"))
    refused = read(place, "south", batch(outbox))
    assert isinstance(refused, Quarantined)
    outbox.close()
    assert cli.main([*hub, "gate", "bundle", "south", "--out", str(tmp_path / "new.json")]) == 0
    enrol(folder, tmp_path / "new.json", again=True)
    assert public_hex(Keys.load(folder).signing) != old_key
    assert (folder / "keys" / "kiosk.key").read_text() == "made on the gate"
    assert not (folder / "keys.former").exists()
    outbox = opened()
    assert (outbox.epoch, outbox.head, outbox.verify()) == (epoch, 6, None)
    received = read(place, "south", batch(outbox))
    assert isinstance(received, Received)
    appended = take(place, received)
    assert appended.entries == 6
    ((_, ack),) = appended.acks()
    assert outbox.delivery.release(Ack.parse(ack.encode()), Keys.load(folder).hub) is None
    assert outbox.backlog == 0
    outbox.close()
    assert check(place).entries == 12


def test_a_gate_that_slept_through_a_rekey_is_enrolled_twice_and_nothing_is_lost(filled: Place, tmp_path: Path) -> None:
    folder, hub = tmp_path / "gate", ["--data", str(filled.folder)]
    for number, again in enumerate((False, True, True)):
        file = tmp_path / f"{number}.json"
        if again:
            rekey(filled.folder, LATER + timedelta(hours=number))
        assert cli.main([*hub, "gate", "bundle", "south", "--out", str(file)]) == 0
        enrol(folder, file, again=again)
        keys = Keys.load(folder)
        if not again:
            outbox = Outbox.open(
                folder / "journal.db", town="demo", gate="south", key=keys.signing, clock=SystemClock()
            )
            outbox.keep(Kind.SHIFT_STARTED, body=ShiftStarted(officer="u-1"))
            outbox.close()
    outbox = Outbox.open(folder / "journal.db", town="demo", gate="south", key=keys.signing, clock=SystemClock())
    assert outbox.verify() is not None
    assert (outbox.sign_anew(keys.former), outbox.sign_anew(keys.former)) == (1, 0)
    assert outbox.verify() is None
    outbox.close()


def test_a_journal_that_somebody_wrote_anew_is_not_signed_for_him(tmp_path: Path) -> None:
    """Signing anew takes only what a former key of the gate did sign."""
    forger, former, present = (Ed25519PrivateKey.generate() for _ in range(3))
    for key in (forger, present):
        outbox = Outbox.open(tmp_path / "journal.db", town="demo", gate="south", key=key, clock=SystemClock())
        outbox.sign_anew([former.public_key()])
        if key is forger:
            outbox.keep(Kind.SHIFT_STARTED, body=ShiftStarted(officer="u-1"))
        else:
            assert outbox.verify() == "record 1: not signed by this gate"
        outbox.close()


def batch(outbox: Outbox) -> bytes:
    made = outbox.delivery.batch_after(0)
    assert made is not None
    return made.encode()


def test_lists_of_the_old_hub_are_refused_and_those_of_the_new_one_taken(filled: Place, tmp_path: Path) -> None:
    with filled.engine.begin() as connection:
        old = signed_lists.current(connection, "demo", "policy")
    assert isinstance(old, Signed)
    place = renewed(filled)
    held = Lists.open(tmp_path / "lists.db", town="demo", hub_key=place.town.key.public_key())
    assert "not signed by the hub" in str(held.accept(old, LATER))
    with place.engine.begin() as connection:
        for kind in ("policy", "passlist"):
            new = signed_lists.current(connection, "demo", kind)
            assert isinstance(new, Signed)
            assert held.accept(new, LATER) is None
    assert isinstance(new, Signed)
    held.close()


def test_a_certificate_of_the_stolen_authority_is_none(filled: Place) -> None:
    """A thief with the old authority's key can issue certificates; broker and gates know the new authority alone."""
    old = x509.load_pem_x509_certificate((filled.folder / "keys" / "listener.pem").read_bytes())
    renewed(filled)
    for name in ("broker/ca.pem", "keys/ca.pem", "ca/ca.pem"):
        new = x509.load_pem_x509_certificate((filled.folder / name).read_bytes())
        with pytest.raises(InvalidSignature):
            old.verify_directly_issued_by(new)
    for name in ("broker/server.pem", "keys/listener.pem"):
        x509.load_pem_x509_certificate((filled.folder / name).read_bytes()).verify_directly_issued_by(new)


def test_everybody_signs_in_again(filled: Place) -> None:
    with filled.engine.begin() as connection:
        token = accounts.open_session(connection, filled.users[Role.OFFICER], NOW)
    renewed(filled)
    with filled.engine.begin() as connection:
        assert accounts.session_user(connection, token, LATER) is None
        assert connection.execute(select(sessions.c.id).where(sessions.c.revoked_at.is_(None))).all() == []


@pytest.mark.parametrize("revoke", [None, "a backup was stolen"])
def test_passes_count_on_or_end_as_it_is_said(filled: Place, revoke: str | None) -> None:
    with filled.engine.begin() as connection:
        issue(filled.town, connection)
    place = renewed(filled, revoke)
    with place.engine.begin() as connection:
        new, old = pass_keys.page(connection, "demo")
        assert new.current
        assert (old.revoked_reason, old.passes) == (revoke, 1)
        assert pass_keys.revoked_keys(connection, "demo") == (frozenset({old.kid}) if revoke else frozenset())
        issue(place.town, connection)
    assert [path.name for path in (place.folder / "keys").glob("pass*.key")] == [f"pass-{new.kid}.key"]


def issue(town: Town, connection: Connection) -> None:
    issue_pass(town, connection, plate="鲁B12345", vehicle_class="resident", allowed=None, not_before=NOW, expires=None, priority=None,
        by="cli", now=LATER,
    )  # fmt: skip


def test_a_head_that_a_gate_kept_of_the_old_hub_still_bears_witness(filled: Place) -> None:
    with filled.engine.begin() as connection:
        old = read_ledger(connection, "demo")
    place = renewed(filled)
    hello = Hello(
        town="demo", gate="east", epoch=filled.gates["east"].epoch, oldest=1, head=6, acked=6, head_hash="ab" * 32, boot="00",
        clock="synced", policy=1, passlist=1, sighting=0, software="test",
        witness={"ledger": old.id, "ledger_epoch": old.epoch, "head": old.head},
    )  # fmt: skip
    with place.engine.begin() as connection:
        now, hub = read_ledger(connection, "demo"), place.town.key.public_key()
        assert contradiction(connection, now, hello.witness, hub) is None
    meddle(place, "UPDATE entries SET chain = :chain WHERE id = 6", chain="0" * 64)
    with place.engine.begin() as connection:
        assert contradiction(connection, now, hello.witness, hub) is not None
        answer(connection, "demo", "east", hello)


@pytest.mark.parametrize("step", ["rekey.staged", "rekey.committed", "rekey.placed"])
def test_a_rekey_that_is_killed_goes_on_and_until_then_the_town_does_not_open(
    filled: Place, step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    filled.engine.dispose()
    argv = [sys.executable, "-m", "hub.cli", "--data", str(filled.folder), "rekey"]
    killed = subprocess.run(argv, env={**os.environ, VARIABLE: step}, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    assert cli.main(["--data", str(filled.folder), "verify"]) == 1
    assert "a rekey was cut off here" in capsys.readouterr().err
    assert cli.main(["--data", str(filled.folder), "rekey"]) == 0
    assert cli.main(["--data", str(filled.folder), "verify"]) == 0
    with filled.engine.begin() as connection:
        changed = [state.changed for state in states(connection, "demo")]
    assert len(changed) == 4
    assert None not in changed


def test_a_hub_that_runs_is_not_rekeyed(filled: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """It would go on signing with the old key."""
    with filled.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1 FROM gates")
        argv = [sys.executable, "-m", "hub.cli", "--data", str(filled.folder), "rekey"]
        done = subprocess.run(argv, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert f"process {os.getpid()} uses" in done.stderr
    assert not (filled.folder / "rekey").exists()


def test_a_ledger_whose_head_was_forged_is_not_signed_anew(filled: Place) -> None:
    meddle(filled, "UPDATE ledgers SET count = 5")
    with pytest.raises(HubError, match="head is not signed"):
        rekey(filled.folder, LATER)


def test_status_says_which_gates_are_not_back(
    filled: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = ["--data", str(filled.folder)]
    assert cli.main([*hub, "rekey", "status"]) == 0
    assert "every gate is on its present keys" in capsys.readouterr().out
    assert cli.main([*hub, "rekey", "--bundles", str(tmp_path / "stick")]) == 0
    assert sorted(path.name for path in (tmp_path / "stick").iterdir()) == sorted(
        f"{gate}.bundle.json" for gate in filled.gates
    )
    meddle(
        filled,
        "INSERT INTO gate_status (town, gate, online, conn, last_seen) VALUES ('demo', 'east', 1, 1, '2100-01-01T00:00:00.000Z')",
    )
    capsys.readouterr()
    assert cli.main([*hub, "rekey", "status"]) == 0
    said = capsys.readouterr().out
    assert "3 gates still need their new bundle" in said
    assert "has its new keys" in said


def test_a_backup_after_a_rekey_restores(filled: Place, tmp_path: Path) -> None:
    place = renewed(filled)
    backup(place.town, tmp_path / "b.age", LATER)
    restored(tmp_path / "again", tmp_path / "b.age", LATER)
    town = Town.open(tmp_path / "again")
    engine = town.writer()
    try:
        assert check(Place(tmp_path / "again", town, engine, place.gates, place.users)).entries == 6
    finally:
        engine.dispose()
