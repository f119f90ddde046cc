"""The whole town in one command: it runs, it judges itself, and it notices when something is wrong."""

import csv
import io
import os
import re
import signal
from collections import Counter
from pathlib import Path

import pytest

from edge.contract.reasons import Reason
from hub.ledger.projections.columns import VISIT_COLUMNS
from tests.system.towns import (
    arrivals,
    demo,
    hub,
    kept,
    ledger,
    pid,
    reachable_folder,
    rows,
    running_demo,
    said,
    wait_for,
)

GATES = ("east", "south", "west", "north")


def summary(output: str) -> dict[str, dict[str, int]]:
    """The table at the end of a demo: gate to column to number."""
    lines = output.splitlines()
    start = next(number for number, line in enumerate(lines) if re.match(r"\s+vehicles\s+shown", line))
    names = re.split(r"\s{2,}", lines[start].strip())
    table = {}
    for line in lines[start + 1 :]:
        cells = line.split()
        if len(cells) != len(names) + 1:
            break
        table[cells[0]] = dict(zip(names, map(int, cells[1:]), strict=True))
    return table


@pytest.mark.timeout(400)
def test_a_town_runs_and_its_books_agree() -> None:
    with reachable_folder() as folder:
        done = demo("--seconds", "75", "--data", str(folder))
        assert done.returncode == 0, said(done, folder)

        # what it printed
        table = summary(done.stdout)
        assert set(table) == {*GATES, "town"}
        for line in table.values():
            assert line["shown"] == line["read"]
            assert line["kept"] == line["in ledger"]
        assert min(table[gate]["vehicles"] for gate in GATES) >= 4
        assert table["town"]["by hand"] >= 4
        assert re.search(r"north was cut off for [23]\d s: \d+ records queued, then caught up", done.stdout)
        (line,) = re.findall(r"^by the scenario's own truth, and in the ledger: (.*)$", done.stdout, re.MULTILINE)
        kinds = {
            each.strip().rpartition(" ")[0]: each.rpartition(" ")[2] for each in re.findall(r"([a-z, ]+ \d+): ", line)
        }
        assert kinds.keys() >= {
            "close followers", "motorcycles", "trucks with a trailer", "rolled back, then through", "backed off",
            "unclear to two loops", "tailgaters", "through the closed arm",
        }  # fmt: skip
        assert [number for _, number in re.findall(r"(: [a-z ]+) (\d+)", line)] == list(kinds.values())
        assert re.search(r"login\s+admin\s+password \S+", done.stdout)

        # what it left, looked at without its own code
        every = set().union(*(kept(folder, gate) for gate in GATES))
        entries = ledger(folder)
        assert Counter(entries) == Counter(every)
        assert hub(folder, "verify").returncode == 0
        reasons = {reason for (reason,) in rows(folder / "hub.db", "select distinct reason from visits")}
        assert reasons == set(Reason)
        # what the gate that was cut off could not know: a copy of a pass seen elsewhere, and a pass revoked meanwhile
        evidence = "select distinct what from conflicts join visits on visit_id = visit where visits.gate = 'north'"
        assert {what for (what,) in rows(folder / "hub.db", evidence)} >= {"too_fast", "revoked_after"}

        # what others get of it
        exported = hub(folder, "export", "--what", "visits", "--header", "machine").stdout
        lines = list(csv.reader(io.StringIO(exported.lstrip("\ufeff"))))
        assert lines[0] == list(VISIT_COLUMNS)
        assert len(lines) - 1 == rows(folder / "hub.db", "select count(*) from visits")[0][0]

        # as root the broker dropped its privileges, with files it can read
        if os.geteuid() == 0:
            assert 'user = "mosquitto"' in (folder / "hub.toml").read_text()
            assert (folder / "broker").owner() == "mosquitto"


@pytest.mark.timeout(300)
def test_a_demo_whose_cameras_are_black_fails(tmp_path: Path) -> None:
    done = demo("--seconds", "12", "--gates", "1", "--blank", "--data", str(tmp_path / "town"))
    assert done.returncode == 1
    assert re.search(r"FAULT east: vehicle east-\d+: no visits, expected one", done.stderr)
    # pytest's folders are closed to other users: there the broker stays root
    if os.geteuid() == 0:
        assert 'user = "root"' in (tmp_path / "town" / "hub.toml").read_text()


@pytest.mark.timeout(300)
def test_ctrl_c_ends_a_demo_in_order_and_another_goes_on_where_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "town"
    with running_demo("--gates", "1", "--data", str(folder)) as town:
        wait_for(lambda: len(arrivals(folder, "east")) >= 2, "two vehicles", 120)
        town.send_signal(signal.SIGINT)
        output, _ = town.communicate(timeout=120)
    assert town.returncode == 0, output[-3000:]
    assert "every record kept is in the ledger exactly once" in output
    assert pid(folder, "gate-east") is None
    assert pid(folder, "hub") is None

    more = demo("--seconds", "12", "--data", str(folder))
    assert more.returncode == 0, said(more, folder)
    assert summary(more.stdout)["town"]["vehicles"] > summary(output)["town"]["vehicles"]
