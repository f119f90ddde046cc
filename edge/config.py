"""The gate's settings: `gate.toml` in the gate's folder, read once into one frozen value; a new setting is a field of its section here.

An unknown or malformed key is a `ConfigError` of one line: the file, the key, what is wrong or was expected.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from edge.contract.topics import is_gate_id

FILE = "gate.toml"
SIMULATION = "simulation"
MAX_BCM = 27
CAMERA_SOURCES = ("v4l2:", "picamera2:", "file:", "folder:")

Pin = Annotated[int, Field(strict=True, ge=0, le=MAX_BCM)]
Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Controls = dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,64}$")], Annotated[int, Field(strict=True)]]
"""A camera's controls by name, in the order in which they are set."""


class ConfigError(ValueError):
    """`gate.toml` cannot be used; the text is one line that says which key and why."""


class Section(BaseModel):
    """A part of the file: frozen, and a key that nobody reads is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class HubAddress(Section):
    """The address at which the town's broker listens."""

    host: str = "127.0.0.1"
    port: Port = 8883


class CameraSettings(Section):
    """The source of frames: `v4l2:DEVICE`, `picamera2:NUMBER`, `file:PATH`, `folder:PATH` or `simulation`.

    `controls` are set at the start by the camera's own names, `day` and `night` when the light says so. `lamp`: BCM number
    of a ring light that is on at night.
    """

    source: str = "v4l2:/dev/video0"
    width: Annotated[int, Field(ge=160, le=4096)] = 1280
    height: Annotated[int, Field(ge=120, le=3072)] = 720
    frames_per_second: Annotated[float, Field(gt=0, le=60)] = 15
    controls: Controls = {}
    day: Controls = {}
    night: Controls = {}
    lamp: Pin | None = None

    @field_validator("source")
    @classmethod
    def _known(cls, value: str) -> str:
        named = value.startswith(CAMERA_SOURCES) and len(value.partition(":")[2]) > 0
        if value != SIMULATION and not named:
            raise ValueError(
                f"expected v4l2:DEVICE, picamera2:NUMBER, file:PATH, folder:PATH or simulation, found {value!r}"
            )
        return value


class ScannerSettings(Section):
    """Which decoders read the codes, in which order; a text seen again within `repeat_seconds` is the same reading.

    `budget_ms`: how long a frame may be worked on; what is left to try is tried in the frames that follow.
    """

    decoders: Annotated[tuple[Literal["zxing", "pyzbar"], ...], Field(min_length=1)] = ("zxing", "pyzbar")
    repeat_seconds: Seconds = 3.0
    budget_ms: Annotated[float, Field(ge=1, le=1000)] = 40.0


class Pins(Section):
    """The lane's wiring, BCM numbers: two loops, three buttons, barrier and sprayer relays, three lamps.

    Fitted or not: a third sensor under the arm (`safety`), end switches of the barrier, buzzer, flow sensor (pulses), level switch
    of the tank (on: low), help button. With distance sensors the loops' pins are the echoes, and each needs a trigger.
    """

    outer_loop: Pin = 5
    inner_loop: Pin = 6
    disinfected: Pin = 12
    turn_back: Pin = 13
    emergency: Pin = 19
    barrier: Pin = 17
    sprayer: Pin = 27
    red: Pin = 22
    amber: Pin = 23
    green: Pin = 24
    barrier_up: Pin | None = None
    barrier_down: Pin | None = None
    buzzer: Pin | None = None
    flow: Pin | None = None
    tank: Pin | None = None
    help: Pin | None = None
    outer_trigger: Pin | None = None
    inner_trigger: Pin | None = None
    safety: Pin | None = None

    def fitted(self) -> dict[str, int]:
        """The BCM number of everything that is fitted, by name."""
        return {name: number for name, number in self.model_dump().items() if number is not None}


class InputWiring(Section):
    """How inputs of one sort are wired. `active`: the level that means on. `debounce`: seconds that a level must stand."""

    pull: Literal["up", "down", "none"] = "up"
    active: Literal["low", "high"] = "low"
    debounce: Annotated[float, Field(ge=0, le=1)] = 0.02


class PulseWiring(InputWiring):
    """How an input of pulses is wired: each counts at once."""

    debounce: Annotated[float, Field(ge=0, le=1)] = 0.0


class OutputWiring(Section):
    """How outputs of one sort are wired. An active-low relay board clicks on at every start: use active-high ones."""

    active: Literal["high", "low"] = "high"


class Wiring(Section):
    """The lane's electrics, by sort: loops, third sensor, buttons, end switches and tank, flow sensor; relays and buzzer, lamps."""

    loops: InputWiring = InputWiring()
    safety: InputWiring = InputWiring()
    buttons: InputWiring = InputWiring()
    switches: InputWiring = InputWiring()
    flow: PulseWiring = PulseWiring()
    relays: OutputWiring = OutputWiring()
    lamps: OutputWiring = OutputWiring()


class PresenceSettings(Section):
    """The sensors that see a vehicle: `loops` (a contact each), or `distance` sensors that see one nearer than `near` metres."""

    kind: Literal["loops", "distance"] = "loops"
    near: Annotated[float, Field(gt=0.05, le=4)] = 1.5


class FlowSettings(Section):
    """The flow sensor. `pulses_per_litre`: what its data sheet says. `dry`: seconds without a pulse that mean no flow."""

    pulses_per_litre: Annotated[float, Field(gt=0, le=100_000)] = 450.0
    dry: Annotated[float, Field(ge=0.2, le=30)] = 2.0


class Times(Section):
    """Seconds. `passage`: the barrier is up and nobody comes, or one stays on its far loop; more than `road.between`.

    `clear`: every sensor free for so long means the vehicle is gone; `gap`: one free for less is under the same vehicle still.
    `stand`: one on its loop for so long stands there. `rise`: how long a barrier without end switches takes, up or down; `stuck`:
    one with them that says nothing for so long is stuck. `spray_most`: the longest run of the sprayer, whatever the policy asks.
    """

    passage: Seconds = 30.0
    clear: Annotated[float, Field(ge=0, le=10)] = 0.25
    gap: Annotated[float, Field(ge=0, le=2)] = 0.0
    stand: Annotated[float, Field(ge=0, le=10)] = 1.0
    rise: Seconds = 1.0
    stuck: Seconds = 10.0
    spray_most: Seconds = 60.0


class Road(Section):
    """The road between the loops. `apart`: metres from the end of one loop to the begin of the other. `shortest`: metres of the
    shortest vehicle that comes, 2 where motorcycles do. `slowest`: metres a second at which one creeps through. A vehicle that fits
    between two sensors is on none for a while, and is waited for, for `apart / slowest` seconds."""

    apart: Annotated[float, Field(ge=0.5, le=10)] = 3.0
    shortest: Annotated[float, Field(ge=1, le=10)] = 2.0
    slowest: Annotated[float, Field(ge=0.3, le=5)] = 1.0

    @property
    def between(self) -> float:
        """Seconds for which a vehicle may be on no loop between them; 0: none is that short."""
        return self.apart / self.slowest if self.hides(guarded=False) else 0.0

    def hides(self, *, guarded: bool) -> bool:
        """Returns True if a vehicle may be on no sensor between two. `guarded`: a third one lies in the middle."""
        return self.shortest < (self.apart / 2 if guarded else self.apart)


class LaneSettings(Section):
    """One lane. `direction` loops: the direction follows from the loop that went on first (outer first is the way in). `tank`: what
    it sprays from; lanes that name the same one share its solution."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,16}$")]
    direction: Literal["in", "out", "loops"] = "loops"
    tank: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,8}$")] = "A"
    camera: CameraSettings = CameraSettings()
    scanner: ScannerSettings = ScannerSettings()
    pins: Pins = Pins()
    wiring: Wiring = Wiring()
    presence: PresenceSettings = PresenceSettings()
    flow: FlowSettings = FlowSettings()
    times: Times = Times()
    road: Road = Road()

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        self._triggers()
        if self.pins.safety is None and "safety" in self.wiring.model_fields_set:
            raise ValueError("pins.safety: missing; wiring.safety says how the third sensor is wired")
        if self.times.passage <= self.road.between:
            expected = f"more than the {self.road.between:g} s that road.apart and road.slowest give a short vehicle"
            raise ValueError(f"times.passage: expected {expected}, found {self.times.passage:g}")
        return self

    def _triggers(self) -> None:
        triggers = {"outer_trigger": self.pins.outer_trigger, "inner_trigger": self.pins.inner_trigger}
        wanted = self.presence.kind == "distance"
        for name, number in triggers.items():
            if (number is not None) is not wanted:
                expected = "a pin, for presence.kind 'distance'" if wanted else "none, for presence.kind 'loops'"
                raise ValueError(f"pins.{name}: expected {expected}, found {number}")


class HardwareSettings(Section):
    """The pin factory of gpiozero, by name only: nothing falls back silently."""

    factory: Literal["mock", "lgpio"]


class KioskSettings(Section):
    """The address at which the officer's touch page listens: this machine only."""

    host: Literal["127.0.0.1", "localhost", "::1"] = "127.0.0.1"
    port: Port = 8100


class VoiceSettings(Section):
    """The voice at the lane, by name only: `espeak-ng`, `tones`, or `off`; in which languages, one after the other."""

    engine: Literal["off", "tones", "espeak-ng"] = "off"
    languages: Annotated[tuple[Literal["zh", "en"], ...], Field(min_length=1)] = ("zh",)


class PictureSettings(Section):
    """The pictures of crossings: MB they may take (0: none are kept), and MB of the disk that they leave free."""

    most: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = 500
    spare: Annotated[int, Field(strict=True, ge=50, le=1_000_000)] = 300


class SimulationSettings(Section):
    """The demo's world: the scenario file, beside `gate.toml` unless absolute, and how far its clock is trusted."""

    scenario: Path
    clock: Literal["synced", "unsynced"] = "synced"


class Settings(Section):
    """Everything that `gate.toml` says."""

    town: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
    gate: str
    hub: HubAddress = HubAddress()
    lanes: Annotated[tuple[LaneSettings, ...], Field(min_length=1, max_length=2)]
    hardware: HardwareSettings
    kiosk: KioskSettings = KioskSettings()
    voice: VoiceSettings = VoiceSettings()
    pictures: PictureSettings = PictureSettings()
    simulation: SimulationSettings | None = None

    @field_validator("gate")
    @classmethod
    def _slug(cls, value: str) -> str:
        if not is_gate_id(value):
            raise ValueError(f"expected a slug of [a-z0-9-], 1 to 32 characters and not 'hub', found {value!r}")
        return value

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        _no_double_pins(self.lanes)
        _no_double_names(self.lanes)
        _simulation_is_whole(self)
        return self

    def lane(self, name: str) -> LaneSettings:
        """The lane of that name; `KeyError` otherwise."""
        for lane in self.lanes:
            if lane.name == name:
                return lane
        raise KeyError(name)


def load(folder: Path) -> Settings:
    """The settings in `folder/gate.toml`; `ConfigError` in one line."""
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such file; enrol this gate first: kakou-gate --data {folder} enrol BUNDLE"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    return parse(text, path)


def parse(text: str, path: Path = Path(FILE)) -> Settings:
    """The settings that a TOML text says; relative file names in it are taken from beside `path`."""
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None
    try:
        settings = Settings.model_validate(value)
    except ValidationError as error:
        raise ConfigError(f"{path}: {_fault(error)}") from None
    if settings.simulation is None:
        return settings
    scenario = path.parent / settings.simulation.scenario
    simulation = settings.simulation.model_copy(update={"scenario": scenario})
    return settings.model_copy(update={"simulation": simulation})


_UNKNOWN = "extra_forbidden"


def _fault(error: ValidationError) -> str:
    # an unknown key first: it is mostly the misspelling of another key that then looks missing
    faults = sorted(error.errors(), key=lambda fault: fault["type"] != _UNKNOWN)
    first = faults[0]
    key = ".".join(str(part) for part in first["loc"])
    return f"{key}: {_words(first)}" if key else _words(first)


def _words(fault: Any) -> str:
    match fault["type"]:
        case "extra_forbidden":
            return f"unknown key; expected one of {', '.join(_keys_at(fault['loc'][:-1]))}"
        case "missing":
            return "missing"
        case "value_error":
            return str(fault["ctx"]["error"])
        case _:
            found = fault["input"]
            message = re.sub(r"^Input should be", "expected", fault["msg"])
            return f"{message}, found {found!r}"


def _keys_at(loc: tuple[int | str, ...]) -> tuple[str, ...]:
    model: type[Section] = Settings
    for part in loc:
        if isinstance(part, str):
            model = next(_sections(model.model_fields[part].annotation))
    return tuple(model.model_fields)


def _sections(annotation: Any) -> Iterator[type[Section]]:
    """The parts of the file that a key of this type holds: inside a tuple, or beside None."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for each in get_args(annotation):
        yield from _sections(each)


def _no_double_pins(lanes: tuple[LaneSettings, ...]) -> None:
    users: dict[int, list[str]] = {}
    for place, lane in enumerate(lanes):
        for name, number in lane.pins.fitted().items():
            users.setdefault(number, []).append(f"lanes.{place}.pins.{name}")
        if lane.camera.lamp is not None:
            users.setdefault(lane.camera.lamp, []).append(f"lanes.{place}.camera.lamp")
    for number, names in users.items():
        if len(names) > 1:
            raise ValueError(f"{names[1]}: BCM {number} is already {names[0]}; expected a pin of its own")


def _no_double_names(lanes: tuple[LaneSettings, ...]) -> None:
    for name, times in Counter(lane.name for lane in lanes).items():
        if times > 1:
            raise ValueError(f"lanes: {times} lanes are named {name!r}; expected a name of its own for each")


def _simulation_is_whole(settings: Settings) -> None:
    simulated = settings.simulation is not None
    if simulated and settings.hardware.factory != "mock":
        raise ValueError("hardware.factory: expected 'mock' together with [simulation], found 'lgpio'")
    for place, lane in enumerate(settings.lanes):
        if (lane.camera.source == SIMULATION) is not simulated:
            wanted = "'simulation' together with [simulation]" if simulated else "a camera, or a [simulation] section"
            raise ValueError(f"lanes.{place}.camera.source: expected {wanted}, found {lane.camera.source!r}")
