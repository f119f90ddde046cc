"""One frozen Settings; whatever is wrong is one line that names the file, the key and what was expected."""

from pathlib import Path

import pytest

from edge.config import ConfigError, Pins, Road, Settings, load, parse

LANE = '[[lanes]]\nname = "1"\n'
LEAST = 'town = "demo"\ngate = "east"\n[hardware]\nfactory = "mock"\n' + LANE
FULL = """
town = "demo"
gate = "east"
[hub]
host = "127.0.0.1"
port = 8883
[[lanes]]
name = "1"
direction = "loops"
[lanes.camera]
source = "v4l2:/dev/video0"
width = 1280
height = 720
frames_per_second = 15
[lanes.scanner]
decoders = ["zxing", "pyzbar"]
repeat_seconds = 3
[lanes.pins]
outer_loop = 5
inner_loop = 6
disinfected = 12
turn_back = 13
emergency = 19
barrier = 17
sprayer = 27
red = 22
amber = 23
green = 24
[lanes.times]
passage = 30
[hardware]
factory = "lgpio"
[kiosk]
host = "127.0.0.1"
port = 8100
"""


def fault(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, Path("gate.toml"))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_key_of_the_file_is_read() -> None:
    settings = parse(FULL)
    lane = settings.lane("1")
    assert (settings.hub.port, settings.hardware.factory, settings.kiosk.port) == (8883, "lgpio", 8100)
    assert (lane.camera.source, lane.scanner.decoders, lane.times.passage) == (
        "v4l2:/dev/video0",
        ("zxing", "pyzbar"),
        30,
    )
    assert (lane.pins.barrier, lane.pins.inner_loop) == (17, 6)


def test_what_is_left_out_has_a_default() -> None:
    assert parse(LEAST).lane("1").pins == parse(FULL).lane("1").pins


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            LEAST + "[lanes.pins]\nbarier = 17\n",
            "gate.toml: lanes.0.pins.barier: unknown key; expected one of outer_loop",
        ),
        (LEAST + "[lanes.pins]\nbarrier = 99\n", "gate.toml: lanes.0.pins.barrier: expected less than or equal to 27"),
        (LEAST + "[lanes.pins]\nred = 24\n", "lanes.0.pins.green: BCM 24 is already lanes.0.pins.red"),
        (LEAST + LANE.replace("1", "2"), "lanes.1.pins.outer_loop: BCM 5 is already lanes.0.pins.outer_loop"),
        (LEAST + '[lanes.camera]\nsource = "webcam"\n', "lanes.0.camera.source: expected v4l2:DEVICE"),
        (LEAST + '[lanes.camera]\nsource = "simulation"\n', "lanes.0.camera.source: expected a camera"),
        (LEAST + '[simulation]\nscenario = "s.json"\n', "lanes.0.camera.source: expected 'simulation' together"),
        (FULL + '[simulation]\nscenario = "s.json"\n', "hardware.factory: expected 'mock' together with [simulation]"),
        (
            LEAST.replace("east", "hub"),
            "gate.toml: gate: expected a slug of [a-z0-9-], 1 to 32 characters and not 'hub'",
        ),
        (LEAST.replace('factory = "mock"', ""), "gate.toml: hardware.factory: missing"),
        (LEAST + '[kiosk]\nhost = "0.0.0.0"\n', "gate.toml: kiosk.host: expected '127.0.0.1'"),
        ("town =", "gate.toml: not TOML"),
        (LEAST + "[lanes.times]\ngap = 3\n", "gate.toml: lanes.0.times.gap: expected less than or equal to 2, found 3"),
        (LEAST + "[lanes.road]\nslowest = 0.1\n", "lanes.0.road.slowest: expected greater than or equal to 0.3"),
        (LEAST + "[lanes.road]\nlongest = 18\n", "lanes.0.road.longest: unknown key; expected one of apart, shortest"),
        (
            LEAST + '[lanes.wiring.safety]\nactive = "high"\n',
            "gate.toml: lanes.0: pins.safety: missing; wiring.safety says how the third sensor is wired",
        ),
        (
            LEAST + "[lanes.times]\npassage = 5\n[lanes.road]\napart = 4\nslowest = 0.5\n",
            "lanes.0: times.passage: expected more than the 8 s that road.apart and road.slowest give a short vehicle, found 5",
        ),
    ],
)
def test_a_fault_is_one_line_that_names_the_key(text: str, said: str) -> None:
    assert said in fault(text)


OPTIONAL = sorted(name for name, field in Pins.model_fields.items() if field.default is None)
TRIGGERS = {"outer_trigger", "inner_trigger"}


@pytest.mark.parametrize("other", ["sprayer", "outer_loop"])
@pytest.mark.parametrize("name", OPTIONAL)
def test_a_fitted_pin_that_another_has_already_is_refused_by_name(name: str, other: str) -> None:
    number = getattr(Pins(), other)
    more = f"[lanes.pins]\n{name} = {number}\n"
    if name in TRIGGERS:
        (beside,) = TRIGGERS - {name}
        more += f'{beside} = 26\n[lanes.presence]\nkind = "distance"\n'
    assert f"lanes.0.pins.{name}: BCM {number} is already lanes.0.pins.{other}; expected a pin of its own" in fault(
        LEAST + more
    )


def test_two_fitted_pins_and_a_camera_lamp_on_one_number_are_refused_by_name() -> None:
    help_and_tank = LEAST + "[lanes.pins]\ntank = 20\nhelp = 20\n"
    assert "lanes.0.pins.help: BCM 20 is already lanes.0.pins.tank" in fault(help_and_tank)
    lamp = LEAST + "[lanes.camera]\nlamp = 27\n"
    assert "lanes.0.camera.lamp: BCM 27 is already lanes.0.pins.sprayer" in fault(lamp)
    lamp_and_help = LEAST + "[lanes.camera]\nlamp = 26\n[lanes.pins]\nhelp = 26\n"
    assert "lanes.0.camera.lamp: BCM 26 is already lanes.0.pins.help" in fault(lamp_and_help)


SECOND = (
    LANE.replace("1", "2")
    + "[lanes.pins]\nouter_loop = 0\ninner_loop = 1\ndisinfected = 2\nturn_back = 3\nemergency = 4\n"
    + "barrier = 7\nsprayer = 8\nred = 9\namber = 10\ngreen = 11\n"
)


@pytest.mark.parametrize("name", sorted(set(OPTIONAL) - TRIGGERS))
def test_a_fitted_pin_of_one_lane_is_not_the_others(name: str) -> None:
    said = fault(LEAST + "[lanes.pins]\nbuzzer = 25\n" + SECOND + f"{name} = 25\n")
    assert f"lanes.1.pins.{name}: BCM 25 is already lanes.0.pins.buzzer" in said


@pytest.mark.parametrize("factory", ["mock", "lgpio"])
def test_a_third_sensor_is_wired_in_a_way_of_its_own(factory: str) -> None:
    text = LEAST.replace("mock", factory) + '[lanes.pins]\nsafety = 4\n[lanes.wiring.safety]\nactive = "high"\n'
    lane = parse(text).lane("1")
    assert (lane.pins.safety, lane.wiring.safety.active, lane.wiring.loops.active) == (4, "high", "low")


@pytest.mark.parametrize(
    ("road", "seconds"),
    [({}, 3.0), ({"apart": 4, "slowest": 0.5}, 8.0), ({"shortest": 3}, 0.0), ({"apart": 2}, 0.0)],
    ids=["motorcycles, as it comes", "loops far apart, slow", "no motorcycles", "loops near each other"],
)
def test_a_vehicle_shorter_than_the_loops_are_apart_is_waited_for(road: dict[str, float], seconds: float) -> None:
    assert Road.model_validate(road).between == seconds


def test_a_gate_that_was_never_enrolled_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gate\.toml: no such file; enrol this gate first"):
        load(tmp_path)


def test_a_scenario_lies_beside_the_file(tmp_path: Path) -> None:
    text = LEAST + '[lanes.camera]\nsource = "simulation"\n[simulation]\nscenario = "scenario.json"\n'
    (tmp_path / "gate.toml").write_text(text, encoding="utf-8")
    simulation = load(tmp_path).simulation
    assert simulation is not None
    assert (simulation.scenario, simulation.clock) == (tmp_path / "scenario.json", "synced")
    (tmp_path / "gate.toml").write_text(text + 'clock = "unsynced"\n', encoding="utf-8")
    simulation = load(tmp_path).simulation
    assert simulation is not None
    assert simulation.clock == "unsynced"


def test_a_simulated_clock_is_one_or_the_other() -> None:
    text = LEAST + '[lanes.camera]\nsource = "simulation"\n[simulation]\nscenario = "s.json"\nclock = "wrong"\n'
    assert "gate.toml: simulation.clock: expected 'synced' or 'unsynced'" in fault(text)


def test_settings_do_not_change() -> None:
    settings = parse(LEAST)
    with pytest.raises(ValueError, match="frozen"):
        settings.gate = "west"  # type: ignore[misc]  # that it fails is the test
    assert isinstance(settings, Settings)


def test_a_voice_is_chosen_by_a_name_that_there_is() -> None:
    assert parse(LEAST).voice.engine == "off"
    assert parse(LEAST + '[voice]\nengine = "espeak-ng"\nlanguages = ["zh", "en"]\n').voice.languages == ("zh", "en")
    assert fault(LEAST + '[voice]\nengine = "festival"\n').startswith(
        "gate.toml: voice.engine: expected 'off', 'tones' or 'espeak-ng', found 'festival'"
    )
    assert fault(LEAST + "[voice]\nlanguages = []\n").startswith("gate.toml: voice.languages:")


def test_pictures_may_be_off_and_always_leave_something_of_the_disk() -> None:
    assert parse(LEAST + "[pictures]\nmost = 0\n").pictures.most == 0
    assert fault(LEAST + "[pictures]\nspare = 0\n").startswith("gate.toml: pictures.spare:")
