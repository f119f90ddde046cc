"""The systemd units say what systemd understands, and give their processes no more than they need."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from edge.config import KioskSettings

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "systemd").glob("*.service"))
SERVING = [unit for unit in UNITS if unit.stem != "kakou-backup"]
"""Those that run all the time; a backup runs once and is started again by its timer."""
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
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=30", str(installed / unit.name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


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


def test_a_crashed_gate_leaves_no_output_on() -> None:
    assert "edge.outputs_off" in dict(directives(ROOT / "systemd" / "kakou-gate.service"))["ExecStopPost"]


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
    for name in ("listener", "web"):
        mode = dict(directives(ROOT / "systemd" / f"kakou-{name}.service"))["StateDirectoryMode"]
        assert f"d /var/lib/kakou-hub {mode} " in folders


def test_journald_and_the_watchdog_are_settings_that_parse() -> None:
    for name, section in (("journald.conf", "Journal"), ("watchdog.conf", "Manager")):
        parsed = configparser.ConfigParser()
        parsed.read(ROOT / "firmware_config" / name)
        assert parsed.sections() == [section]
    # the Raspberry Pi's watchdog takes no more
    assert int(parsed["Manager"]["RuntimeWatchdogSec"]) <= 15
