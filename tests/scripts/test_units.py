"""The systemd units say what systemd understands, and give their processes no more than they need."""

import configparser
import os
import pwd
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from edge.config import KioskSettings

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "systemd").glob("*.service"))
SERVING = [unit for unit in UNITS if unit.stem not in ("kakou-backup", "kakou-report")]
"""Those that run all the time; a backup and a report run once and are started again by their timers."""
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def directives(unit: Path, section: str = "Service") -> list[tuple[str, str]]:
    """The settings of a section, in order; a key may stand several times."""
    found, here = [], ""
    for line in unit.read_text().splitlines():
        if match := re.fullmatch(r"\[(\w+)\]", line):
            here = match.group(1)
        elif here == section and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.append((key, value))
    return found


def names(unit: Path) -> str:
    return unit.name


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Units whose programs exist: systemd verifies that ExecStart can be run."""
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for unit in UNITS:
        text = re.sub(r"^(Exec\w+=)\S+", rf"\g<1>{program}", unit.read_text(), flags=re.M)
        (tmp_path / unit.name).write_text(text)
    return tmp_path


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=names)
def test_systemd_understands_the_unit(unit: Path, installed: Path) -> None:
    command = ["systemd-analyze", "verify", "--recursive-errors=one", "--man=no", str(installed / unit.name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=names)
def test_the_unit_is_hardened(unit: Path, installed: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(installed / unit.name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=names)
def test_the_unit_cannot_take_the_machines_memory(unit: Path) -> None:
    limit = dict(directives(unit))["MemoryMax"]
    assert re.fullmatch(r"[1-9]\d%|\d+M", limit)


@pytest.mark.parametrize("unit", SERVING, ids=names)
def test_the_unit_never_gives_up_starting(unit: Path) -> None:
    assert ("StartLimitIntervalSec", "0") in directives(unit, "Unit")
    assert ("Restart", "always") in directives(unit)


@pytest.mark.parametrize("unit", [unit for unit in SERVING if unit.stem != "kakou-kiosk"], ids=names)
def test_the_unit_says_when_it_is_ready(unit: Path) -> None:
    assert ("Type", "notify") in directives(unit)


def test_the_screens_browser_waits_for_its_page_only_and_never_starves_the_lane() -> None:
    unit = ROOT / "systemd" / "kakou-kiosk.service"
    after = " ".join(value for key, value in directives(unit, "Unit") if key in {"After", "Wants", "Requires"})
    assert "kakou-gate.service" in after
    assert "network" not in after
    settings, gate = dict(directives(unit)), dict(directives(ROOT / "systemd" / "kakou-gate.service"))
    assert int(settings["OOMScoreAdjust"]) > 0 > int(gate["OOMScoreAdjust"])
    assert int(settings["CPUWeight"]) < 100
    assert int(settings["Nice"]) > 0
    assert {"MemoryMax", "TasksMax"} <= settings.keys()
    assert (settings["IPAddressDeny"], settings["IPAddressAllow"]) == ("any", "localhost")
    page = f"PAGE=http://{KioskSettings().host}:{KioskSettings().port}/"
    assert ("Environment", page) in directives(unit)


@pytest.mark.parametrize("unit", UNITS, ids=names)
def test_the_unit_runs_as_a_user_of_its_own(unit: Path) -> None:
    assert dict(directives(unit))["User"] in {"kakou-gate", "kakou-kiosk", "kakou-hub", "mosquitto"}


@pytest.mark.parametrize("name", ["kakou-gate", "kakou-listener"])
def test_living_loops_feed_a_watchdog(name: str) -> None:
    assert int(dict(directives(ROOT / "systemd" / f"{name}.service"))["WatchdogSec"]) > 0


def test_a_backup_is_made_every_night_and_made_up_for_after_a_night_without_power() -> None:
    timer = dict(directives(ROOT / "systemd" / "kakou-backup.timer", "Timer"))
    assert "OnCalendar" in timer
    assert timer["Persistent"] == "yes"
    assert dict(directives(ROOT / "systemd" / "kakou-backup.service"))["ExecStart"].endswith(" backup")


def test_whether_a_daily_report_is_due_is_looked_at_all_day_and_made_up_for() -> None:
    timer = dict(directives(ROOT / "systemd" / "kakou-report.timer", "Timer"))
    assert (timer["OnCalendar"], timer["Persistent"]) == ("*:02/10", "yes")
    assert dict(directives(ROOT / "systemd" / "kakou-report.service"))["ExecStart"].endswith(" report due")


def test_a_crashed_gate_leaves_no_output_on() -> None:
    assert "edge.commands.outputs_off" in dict(directives(ROOT / "systemd" / "kakou-gate.service"))["ExecStopPost"]


def test_the_gate_may_read_the_clocks_state() -> None:
    unit = directives(ROOT / "systemd" / "kakou-gate.service")
    assert ("SystemCallFilter", "adjtimex clock_adjtime") in unit
    assert "ProtectClock" not in dict(unit)


@pytest.mark.parametrize("role", ["hub", "gate"])
def test_users_and_folders_of_the_units_are_made(role: str) -> None:
    users = (ROOT / "systemd" / f"kakou-{role}.sysusers").read_text()
    folders = (ROOT / "systemd" / f"kakou-{role}.tmpfiles").read_text()
    assert f"u kakou-{role} " in users
    assert f"d /var/lib/kakou-{role} " in folders


def test_the_folders_mode_is_the_same_everywhere() -> None:
    folders = (ROOT / "systemd" / "kakou-hub.tmpfiles").read_text()
    for name in ("listener", "web", "feed"):
        mode = dict(directives(ROOT / "systemd" / f"kakou-{name}.service"))["StateDirectoryMode"]
        assert f"d /var/lib/kakou-hub {mode} " in folders


def test_journald_and_the_watchdog_are_settings_that_parse() -> None:
    for name, section in (("journald.conf", "Journal"), ("watchdog.conf", "Manager")):
        parsed = configparser.ConfigParser()
        parsed.read(ROOT / "firmware_config" / name)
        assert parsed.sections() == [section]
    # the Raspberry Pi's watchdog takes no more
    assert int(parsed["Manager"]["RuntimeWatchdogSec"]) <= 15


@pytest.mark.parametrize(("name", "other"), [("kakou-listener", "web.key"), ("kakou-web", "listener.key")])
def test_what_listens_cannot_read_the_keys_that_make_gates(name: str, other: str) -> None:
    """Faults C: web and listener shared a user that could read the authority's and the gates' keys."""
    unit = dict(directives(ROOT / "systemd" / f"{name}.service"))
    folder = "-/var/lib/kakou-hub"
    assert set(unit["InaccessiblePaths"].split()) == {f"{folder}/ca", f"{folder}/keys/gates", f"{folder}/keys/{other}"}
    assert "kakou-keys" not in unit.get("SupplementaryGroups", "")
    assert "@system-service" in unit["SystemCallFilter"] or "~@privileged @resources" in unit["SystemCallFilter"]


def test_only_the_command_line_and_the_backup_have_the_group_of_those_keys() -> None:
    assert dict(directives(ROOT / "systemd" / "kakou-backup.service"))["SupplementaryGroups"] == "kakou-keys"
    assert "g kakou-keys" in (ROOT / "systemd" / "kakou-hub.sysusers").read_text()
    script = (ROOT / "scripts" / "install-hub").read_text()
    assert "install -d -o root -g kakou-keys -m 2770 $data/ca $data/keys/gates" in script
    assert "put_command kakou-keys" in script


def test_what_sends_to_others_can_read_the_one_key_that_it_signs_with() -> None:
    hidden = set(dict(directives(ROOT / "systemd" / "kakou-feed.service"))["InaccessiblePaths"].split())
    folder = "-/var/lib/kakou-hub"
    assert hidden == {f"{folder}/ca", *(f"{folder}/keys/{key}" for key in ("gates", "web.key", "listener.key"))}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_that_is_lent_to_a_group_is_closed_to_its_owners_other_processes(tmp_path: Path) -> None:
    """The layout of install-hub, with users that every machine has: a gate is added with the group, and nothing is read without it."""
    keys, open_to_all = 1, Path("/var/tmp") / f"kakou-test-{os.getpid()}-keys"
    user = pwd.getpwnam("nobody")
    open_to_all.mkdir(mode=0o755)
    try:
        place = open_to_all / "gates"
        place.mkdir()
        os.chown(place, 0, keys)
        place.chmod(0o2770)
        write = f"from hub.town.secret_files import *; from pathlib import Path; p = Path({str(place)!r}); write_secret(closed_folder(p) / 'east.key', 'x')"
        read = f"print(open({str(place / 'east.key')!r}).read())"
        outcomes = []
        for text, groups in ((write, [keys]), (read, [keys]), (read, [])):
            # the interpreter may lie where the user can't start it: it becomes that user when it has read its code
            become = f"import hub.town.secret_files, os; os.setgroups({groups}); os.setgid({user.pw_gid}); os.setuid({user.pw_uid}); "
            done = subprocess.run(
                [sys.executable, "-P", "-c", become + text], capture_output=True, text=True, check=False
            )
            outcomes.append((done.returncode, done.stdout.strip(), "Permission denied" in done.stderr))
        assert outcomes == [(0, "", False), (0, "x", False), (1, "", True)]
        assert stat.S_IMODE(place.stat().st_mode) == 0o2770
    finally:
        shutil.rmtree(open_to_all)
