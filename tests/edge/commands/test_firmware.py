"""The linter of config.txt: what the firmware passes over in silence is said, and no pin is used in two ways."""

from pathlib import Path

import pytest

from edge.cli import main
from edge.commands.enrol import _TEMPLATE
from edge.commands.firmware import FirmwareFault, Setting, lint, taken
from edge.config import Pins

SHIPPED = (Path(__file__).resolve().parents[3] / "firmware_config" / "config.txt").read_text(encoding="utf-8")
LANES = {"1": Pins().fitted()}
RELAYS = "gpio=17,27=op,dl\ngpio=22-24=op,dl\n"


def words(text: str, lanes: dict[str, dict[str, int]] = LANES) -> list[str]:
    return [str(fault) for fault in lint(text, lanes)]


def test_what_we_ship_has_no_fault_on_the_wiring_that_a_new_gate_has() -> None:
    assert lint(SHIPPED, LANES) == []
    with_all = Pins(safety=4, buzzer=25, flow=16, barrier_up=20, barrier_down=21).fitted()
    assert lint(SHIPPED, {"1": with_all}) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("dtparm=watchdog=on", "line 3: dtparm: no key that the firmware knows"),
        ("boot_delay=0 # at once", "line 3: boot_delay: a comment behind a value becomes a part of it: put it on a line of its own"),
        ("[pi6]", "line 3: [pi6]: no section that the firmware knows"),
        ("watchdog on", "line 3: 'watchdog on': expected key=value"),
        (f"kernel={'k' * 100}", "line 3: 107 characters: the firmware reads the first 98"),
        ("gpio=17=op,dh", "line 3: gpio 17 is lane 1: barrier: switched on while the firmware starts"),
        ("gpio=5=op,dl", "line 3: gpio 5 is lane 1: outer_loop: an input, driven as an output"),
        ("gpio=26-27=ip,pu", "line 3: gpio 27 is lane 1: sprayer: an output, made an input"),
        ("dtoverlay=gpio-shutdown,gpio_pin=19", "line 3: dtoverlay=gpio-shutdown,gpio_pin=19 takes gpio 19, which is lane 1: emergency"),
        ("dtoverlay=gpio-fan", "line 3: dtoverlay=gpio-fan takes gpio 12, which is lane 1: disinfected"),
    ],
)  # fmt: skip
def test_a_fault_is_one_line_with_its_place(line: str, expected: str) -> None:
    assert words(RELAYS + line + "\n") == [expected]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "# dtparm=x",
        "include extra.txt",
        "hdmi_group:1=2",
        "[gpio4=1]",
        "[0x1a2b3c4d]",
        "enable_uart=1",
        "dtparam=i2c_arm=off",
    ],
)
def test_what_the_firmware_takes_is_no_fault(line: str) -> None:
    assert words(f"{RELAYS}{line}\n") == []


def test_a_relay_that_nothing_drives_low_on_every_board_is_named() -> None:
    expected = [
        f"gpio {number} is lane 1: {name}: not driven low before the gate starts: gpio={number}=op,dl under [all]"
        for number, name in ((17, "barrier"), (22, "red"), (23, "amber"), (24, "green"), (27, "sprayer"))
    ]
    assert words("[pi4]\n" + RELAYS) == expected


def test_a_lane_on_the_pins_of_a_bus_meets_the_line_that_switches_it_on() -> None:
    lanes = {"north": Pins(outer_loop=14, inner_loop=3, disinfected=9).fitted()}
    found = words(RELAYS + "enable_uart=1\ndtparam=i2c_arm=on,spi=on\n", lanes)
    assert [line.rpartition("lane ")[2] for line in found] == [
        "north: outer_loop",
        "north: inner_loop",
        "north: disinfected",
    ]


@pytest.mark.parametrize(
    ("key", "value", "pins"),
    [
        ("dtparam", "i2c_arm", (2, 3)),
        ("dtoverlay", "w1-gpio", (4,)),
        ("dtoverlay", "w1-gpio,gpiopin=18", (18,)),
        ("dtoverlay", "i2c-rtc,ds3231", ()),
    ],
)
def test_the_pins_that_a_line_takes(key: str, value: str, pins: tuple[int, ...]) -> None:
    assert taken(Setting(1, "all", key, value)) == pins


def test_faults_stand_in_the_order_of_the_file() -> None:
    found = lint("[pi9]\nfoo=1\n", LANES)
    assert [fault.line for fault in found] == [1, 2, 0, 0, 0, 0, 0]
    assert str(FirmwareFault(0, "x")) == "x"


def test_the_command_names_the_file_and_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = _TEMPLATE.format(town='"t"', gate='"east"', host='"hub.example"', port=8883)
    (tmp_path / "gate.toml").write_text(settings, encoding="utf-8")
    config = tmp_path / "config.txt"
    config.write_text(SHIPPED + "dtparm=x\n")
    assert main(["--data", str(tmp_path), "firmware", str(config)]) == 1
    assert (
        capsys.readouterr().out
        == f"{config}: line {len(SHIPPED.splitlines()) + 1}: dtparm: no key that the firmware knows\n"
    )
    config.write_text(SHIPPED)
    assert main(["--data", str(tmp_path), "firmware", str(config)]) == 0
    assert main(["--data", str(tmp_path), "firmware", str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
