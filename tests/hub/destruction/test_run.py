"""A destruction leaves no plate and no name in any file of the town, and everything verifies; killed at any step it goes on."""

import errno
import os
import sqlite3
import subprocess
import sys
from datetime import timedelta

import pytest

from hub import cli
from hub.accounts import audit_chain
from hub.database.engine import UnusableForNowError
from hub.destruction import progress, requests, run
from hub.destruction.steps import STEPS
from hub.destruction.work import Work
from hub.errors import HubError
from hub.ledger.projections.rebuild import rebuild
from tests.hub.destruction.endings import LATER, PLATES, agreed, decide_all, destroyed, filled, rows, traces
from tests.hub.ledgers import check, send, table
from tests.hub.towns import NOW, Place


def audit_holds(place: Place) -> int:
    with place.engine.begin() as connection:
        return audit_chain.verify(connection, "demo", place.town.key.public_key())


def test_no_file_of_the_town_holds_a_plate_or_a_name_any_more(place: Place) -> None:
    filled(place)
    assert len(traces(place.folder)) > 20, "the search finds what is there"
    place.engine.dispose()
    decide_all(place)
    of = run.run(place.town, agreed(place).id, LATER + timedelta(hours=2))
    assert (of.state, of.error) == ("done", None)
    assert traces(place.folder) == []


def test_chains_signatures_and_the_audit_verify_and_what_happened_stays(place: Place) -> None:
    destroyed(place)
    sound = check(place)
    assert sound.entries == rows(place, "entries") > 19
    assert audit_holds(place) == rows(place, "audit")
    assert {row["outcome"] for row in table(place, "visits")} == {"passed"}
    assert {row["disinfected"] for row in table(place, "visits")} == {"yes"}
    assert all(row["plate"] is None for row in table(place, "visits"))
    assert cli.main(["--data", str(place.folder), "verify"]) == 0
    assert cli.main(["--data", str(place.folder), "rebuild"]) == 0


def test_sums_stay_as_they_were(place: Place) -> None:
    filled(place)
    before = {tuple(row.values()) for row in table(place, "visit_sums") if row["what"] not in ("moved", "every_gate")}
    decide_all(place)
    run.run(place.town, agreed(place).id, LATER)
    assert before == {
        tuple(row.values()) for row in table(place, "visit_sums") if row["what"] not in ("moved", "every_gate")
    }


def test_the_ledger_says_how_many_values_of_which_entries_are_gone(place: Place) -> None:
    destroyed(place)
    (entry,) = [row for row in table(place, "entries") if row["kind"] == "destroyed"]
    assert '"confirmed_by":"u-' in entry["raw"]
    assert '"values":25' in entry["raw"]
    assert entry["gate"] == "hub"


def test_a_gate_that_was_away_sends_its_backlog_and_nothing_of_it_is_stored(place: Place) -> None:
    destroyed(place)
    place.gates["south"].visit(PLATES[0], NOW, private={"driver": "欧阳震华"})
    send(place, place.gates["south"])
    assert traces(place.folder) == []
    check(place)


def test_every_gate_is_asked_and_an_away_one_for_years(place: Place) -> None:
    destroyed(place)
    orders = [row for row in table(place, "orders") if row["kind"] == "destroy"]
    assert {row["gate"] for row in orders} == {"east", "south", "west", "north"}
    assert all(row["expires_at"] > "2036-01-01" for row in orders)


def test_the_old_backups_are_destroyed_and_a_new_one_is_made(place: Place) -> None:
    folder = place.folder / "backups"
    folder.mkdir()
    old = folder / "demo-20260228T000000Z.kakou-backup.age"
    old.write_bytes(b"old")
    destroyed(place)
    (new,) = list(folder.iterdir())
    assert new.name != old.name


@pytest.mark.parametrize("point", ["destruction.changed", "destruction.stepped"])
def test_killed_at_any_point_it_goes_on_where_it_stood(place: Place, point: str) -> None:
    filled(place)
    decide_all(place)
    of = agreed(place)
    place.engine.dispose()
    command = [sys.executable, "-P", "-m", "hub.cli", "--data", str(place.folder), "operation", "destroy", "--go-on"]
    kills = 0
    for time in range(1, 40):
        # each try dies one step further on than the last: what is committed is not done again
        environment = {**os.environ, "KAKOU_FAULT": f"{point}:{1 + time % 2}"}
        code = subprocess.run(command, env=environment, capture_output=True, check=False).returncode
        if code != -9:
            break
        kills += 1
    assert kills >= len(STEPS) // 2
    subprocess.run(command, check=True, capture_output=True)
    with place.engine.begin() as connection:
        steps = progress.read(connection, "demo", of.id)
    assert set(steps) == set(STEPS)
    assert traces(place.folder) == []
    check(place)
    audit_holds(place)
    assert len([row for row in table(place, "entries") if row["kind"] == "destroyed"]) == 1


FULL = [
    OSError(errno.ENOSPC, "No space left on device"),
    UnusableForNowError("UPDATE", {}, sqlite3.OperationalError("database or disk is full")),
]


@pytest.mark.parametrize("error", FULL, ids=["files", "database"])
@pytest.mark.parametrize("step", ["values", "pages"])
def test_on_a_full_disk_one_line_says_so_and_it_goes_on_later(
    place: Place, monkeypatch: pytest.MonkeyPatch, step: str, error: Exception
) -> None:
    filled(place)
    decide_all(place)
    of = agreed(place)

    def full(_work: Work) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(run, "STEPS", {**STEPS, step: full})
        with pytest.raises(
            HubError, match=rf"^destruction d-\w+: step {step}: .*(full|No space).*; what is done stays done"
        ):
            run.run(place.town, of.id, LATER)
    with place.engine.begin() as connection:
        assert f"step {step}" in str(requests.known(connection, "demo", of.id).error)
    assert run.run(place.town, of.id, LATER).error is None
    assert traces(place.folder) == []
    check(place)


def test_two_processes_never_destroy_at_once(place: Place) -> None:
    filled(place)
    decide_all(place)
    of = agreed(place)
    with run._alone(place.town.settings.run), pytest.raises(HubError, match="another process is at it"):
        run.run(place.town, of.id, LATER)


def test_derived_anew_again_nothing_comes_back(place: Place) -> None:
    destroyed(place)
    with place.engine.begin() as connection:
        rebuild(connection, "demo")
    assert traces(place.folder) == []
