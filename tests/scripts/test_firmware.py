"""The fragments for Raspberry Pi OS: what firmware, chrony and udev can read, agreeing with the gate's own pins."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from edge.commands.enrol import _TEMPLATE
from edge.config import Pins

FOLDER = Path(__file__).resolve().parents[2] / "firmware_config"
CONFIG = FOLDER / "config.txt"


def settings() -> list[str]:
    """The lines of config.txt that the firmware acts on."""
    return [line for line in CONFIG.read_text().splitlines() if line and not line.startswith("#")]


def gpio(direction: str) -> set[int]:
    """The pins that config.txt sets up in one direction."""
    lines = [line for line in settings() if line.startswith("gpio=") and line.split("=")[2].startswith(direction)]
    return {int(pin) for line in lines for pin in line.split("=")[1].split(",")}


@pytest.mark.parametrize("line", settings())
def test_a_line_is_a_setting_without_a_trailing_comment(line: str) -> None:
    # the firmware takes a comment behind a setting for a part of its value
    assert re.fullmatch(r"\[[a-z0-9=]+\]|[a-z_0-9]+=\S+", line)
    assert len(line) <= 98


def test_every_setting_says_why() -> None:
    previous = ""
    for line in CONFIG.read_text().splitlines():
        if line and not line.startswith(("#", "[")):
            assert previous, f"{line}: expected a comment or a related setting above it"
        previous = line


def test_outputs_start_low_and_inputs_pulled_up_at_the_gates_own_pins() -> None:
    pins = Pins()
    assert gpio("op,dl") == {pins.barrier, pins.sprayer, pins.red, pins.amber, pins.green}
    buttons = {pins.disinfected, pins.turn_back, pins.emergency}
    assert gpio("ip,pu") == {pins.outer_loop, pins.inner_loop, proposed_safety(), *buttons}


def proposed_safety() -> int:
    """The pin of the third sensor that a new gate's settings name in a comment."""
    (line,) = [line for line in _TEMPLATE.splitlines() if line.startswith("# safety = ")]
    return int(line.split()[3])


def test_the_pin_that_is_proposed_for_the_third_sensor_is_free_and_pulled_up_from_the_first_moment() -> None:
    number = proposed_safety()
    assert number not in Pins().fitted().values()
    # the processor pulls 0 to 8 up at reset; 0 to 3 belong to the clock's bus and the board's own
    assert 4 <= number <= 8
    assert f"gpio_pin={number}" not in CONFIG.read_text()


def test_the_shutdown_button_is_on_no_pin_of_the_lane_or_the_clock() -> None:
    overlay = next(line for line in settings() if "gpio-shutdown" in line)
    pin = int(overlay.rpartition("=")[2])
    assert pin not in {2, 3, *Pins().fitted().values()}


def test_a_dead_process_keeps_no_output() -> None:
    assert "dtparam=strict_gpiod" in settings()


@pytest.mark.skipif(
    shutil.which("chronyd") is None, reason="chronyd is not installed (it would replace the time service)"
)
@pytest.mark.parametrize("name", ["chrony-hub.conf", "chrony-gate.conf"])
def test_chrony_understands_its_fragment(name: str, tmp_path: Path) -> None:
    fragment = tmp_path / name
    fragment.write_text((FOLDER / name).read_text().replace("HUB", "192.0.2.1"))
    done = subprocess.run(["chronyd", "-p", "-f", str(fragment)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_udev_rules_match_with_two_signs_and_assign_with_one() -> None:
    rules = [line for line in (FOLDER / "kakou.rules").read_text().splitlines() if line and not line.startswith("#")]
    for rule in rules:
        for part in rule.split(", "):
            assert re.fullmatch(
                r'(SUBSYSTEM|KERNEL|ENV\{\w+\}|ATTR\{\w+\})=="[^"]+"|(SYMLINK\+|GROUP|MODE)="[^"]+"', part
            )


def test_what_can_have_no_comment_goes_where_the_installer_says() -> None:
    (policy,) = (path for path in FOLDER.iterdir() if path.suffix == ".json")
    assert json.loads(policy.read_text())
    script = (FOLDER.parent / "scripts" / "install-gate").read_text()
    assert "/etc/chromium/policies/managed/kakou.json)" in script
    assert f'firmware_config/{policy.name} "${{kiosk_files[1]}}"' in script


@pytest.mark.parametrize(
    "path", sorted(path for path in FOLDER.iterdir() if path.suffix != ".json"), ids=lambda path: path.name
)
def test_every_fragment_begins_with_where_it_goes(path: Path) -> None:
    first = path.read_text().splitlines()[0]
    assert first.startswith("# ")
    assert "/" in first
