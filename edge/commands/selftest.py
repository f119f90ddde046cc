"""`kakou-gate selftest`: every device of every lane, disk, clock, link and keys, as a table. Nothing is changed, no relay moves."""

import shutil
import socket
import sqlite3
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from edge.camera.sources import Device, PiCamera, open_camera
from edge.camera.v4l2 import misfits
from edge.clock import SystemClock
from edge.config import SIMULATION, LaneSettings, OutputWiring, Settings, load
from edge.contract.canonical import fingerprint, public_hex
from edge.contract.facts import ClockTrust
from edge.contract.reasons import Colour
from edge.hardware.inputs import Contact, Range
from edge.hardware.lamp import LAMP
from edge.hardware.lane import BUTTONS, SWITCHES
from edge.hardware.pins import pin_errors, pin_factory
from edge.journal import refused_records
from edge.journal.file import connect
from edge.journal.outbox import FILE
from edge.keys import FOLDER, Keys
from edge.link.uplink import tls_context

ENOUGH_DISK = 200 * 1024 * 1024
"""Bytes that must be free: some hundred thousand records."""
BUILT = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock shows a time before this software was made."""
FRAMES = 20
WIDTH = 24
"""Of the first column: the longest is a lane's longest device."""
OUTPUTS = ("barrier", "sprayer", "red", "amber", "green", "buzzer")
PATIENCE = 5.0
AGAIN = 0.5


class CheckFailedError(Exception):
    """A check did not pass; the text is one line."""


class CheckWarning(Exception):  # noqa: N818  # no error
    """A check passed, and somebody should know its limit; the text is one line."""


@dataclass(frozen=True, slots=True)
class Result:
    """One row: what was checked, whether it is well, and what was found. A warning is no failure."""

    name: str
    status: Literal["ok", "warning", "FAILED"]
    found: str

    def __str__(self) -> str:
        return f"{self.name:<{WIDTH}}{self.status:<8}{self.found}"


def selftest(folder: Path, say: Callable[[str], None]) -> int:
    """Checks everything and prints a row for each check; 0 if no check failed, else 1."""
    settings = load(folder)
    checks: list[tuple[str, Callable[[], str]]] = [
        *(check for lane in settings.lanes for check in _devices(lane, settings)),
        ("kiosk", lambda: _kiosk(settings)),
        ("voice", lambda: _voice(settings)),
        ("disk", lambda: _disk(folder)),
        ("clock", _clock),
        ("link", lambda: _link(folder, settings)),
        ("keys", lambda: _keys(folder, settings)),
        ("ledger", lambda: _ledger(folder)),
    ]
    good = True
    for name, check in checks:
        result = _checked(name, check)
        say(str(result))
        good = good and result.status != "FAILED"
    return 0 if good else 1


def _checked(name: str, check: Callable[[], str]) -> Result:
    try:
        return Result(name, "ok", check())
    except CheckWarning as warning:
        return Result(name, "warning", str(warning))
    except CheckFailedError as error:
        return Result(name, "FAILED", str(error))
    except pin_errors() as error:  # among them are cameras', keys' and the hardware's, which are the system's
        return Result(name, "FAILED", str(error) or type(error).__name__)


def _devices(lane: LaneSettings, settings: Settings) -> Iterator[tuple[str, Callable[[], str]]]:
    """A check for each device of a lane."""
    factory = settings.hardware.factory
    yield f"{lane.name} camera", lambda: _camera(lane, settings)
    for name, number in lane.pins.fitted().items():
        if name in OUTPUTS:
            wiring = lane.wiring.lamps if name in tuple(Colour) else lane.wiring.relays
            yield f"{lane.name} {name}", partial(_output, number, wiring, factory)
        elif not name.endswith("_trigger"):
            yield f"{lane.name} {name}", partial(_input, lane, name, number, settings)
    guarded = lane.pins.safety is not None
    if lane.road.hides(guarded=guarded):
        yield f"{lane.name} {'road' if guarded else 'safety'}", partial(_unseen, lane, guarded=guarded)
    if lane.camera.lamp is not None:
        yield f"{lane.name} camera lamp", partial(_output, lane.camera.lamp, LAMP, factory)


def _camera(lane: LaneSettings, settings: Settings) -> str:
    """A frame of the camera, or the word of the gate that runs and has it; and that it has the controls that gate.toml names."""
    source = lane.camera.source
    if source == SIMULATION:
        return "simulated"
    device = source.removeprefix("v4l2:")
    if source != device and Path(device).exists() and _shown(lane, settings):
        found = f"{source}, in use by the gate that runs"
        missing = _missing(lane, partial(misfits, device))
    else:
        found, missing = _opened_camera(lane)
    if missing:
        raise CheckFailedError(f"{found}, but {'; '.join(missing)}")
    return found


def _opened_camera(lane: LaneSettings) -> tuple[str, list[str]]:
    """What a camera that nobody uses delivers, and the controls that it does not have."""
    source = lane.camera.source
    camera = open_camera(source, lane.camera.width, lane.camera.height, lane.camera.frames_per_second)
    try:
        frame = next((frame for _ in range(FRAMES) if (frame := camera.read()) is not None), None)
        missing = _missing(lane, camera.misfits) if isinstance(camera, Device | PiCamera) else []
    finally:
        camera.close()
    if frame is None:
        raise CheckFailedError(f"{source} is there and delivers no picture")
    height, width = frame.image.shape[:2]
    return f"{source} {width}x{height}", missing


def _missing(lane: LaneSettings, misfits: Callable[[Mapping[str, int]], list[str]]) -> list[str]:
    """Which of the lane's controls its camera does not have, each once."""
    camera = lane.camera
    return list(dict.fromkeys(why for each in (camera.controls, camera.day, camera.night) for why in misfits(each)))


def _shown(lane: LaneSettings, settings: Settings) -> bool:
    """True if a gate runs and its screen shows a picture of this lane; one that has just started is given a moment."""
    end = time.monotonic() + PATIENCE
    while (status := _picture_status(lane, settings)) == HTTPStatus.NO_CONTENT and time.monotonic() < end:
        time.sleep(AGAIN)
    return status == HTTPStatus.OK


def _picture_status(lane: LaneSettings, settings: Settings) -> int | None:
    """What the screen answers to whoever asks for the lane's picture; None: no gate runs."""
    screen = HTTPConnection(settings.kiosk.host, settings.kiosk.port, timeout=PATIENCE)
    try:
        screen.request("GET", f"/picture.jpg?{urlencode({'lane': lane.name})}")
        return screen.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        screen.close()


def _input(lane: LaneSettings, name: str, number: int, settings: Settings) -> str:
    """Reads it as it stands now. Where the gate runs its lines are its own."""
    pins = pin_factory(settings.hardware.factory)
    try:
        device = _opened(lane, name, number, pins)
        try:
            return f"BCM {number}, {'on' if device.on else 'off'} now"
        finally:
            device.close()
    except pin_errors() as error:
        if "busy" in str(error) and _gate_runs(settings):
            return f"BCM {number}, in use by the gate that runs"
        raise
    finally:
        pins.close()


def _unseen(lane: LaneSettings, *, guarded: bool) -> str:
    """What the sensors cannot tell of vehicles that fit between two of them; `guarded`: a third one is fitted."""
    road = lane.road
    where = f"{'not fitted: ' if not guarded else ''}{road.shortest:g} m of vehicle fit unseen between"
    sensors = (
        f"loops {road.apart:g} m apart" if not guarded else f"a loop and the third sensor, {road.apart / 2:g} m apart"
    )
    raise CheckWarning(
        f"{where} {sensors}; the barrier waits {road.between:g} s for them, and comes down on who takes longer"
    )


def _opened(lane: LaneSettings, name: str, number: int, pins: Any) -> Contact | Range:
    wiring, is_loop = lane.wiring, name.endswith("_loop")
    if is_loop and lane.presence.kind == "distance":
        trigger = lane.pins.fitted()[name.replace("_loop", "_trigger")]
        return Range(number, trigger, lane.presence.near, pins)
    sorts = {
        "flow": wiring.flow,
        "safety": wiring.safety,
        **dict.fromkeys(SWITCHES, wiring.switches),
        **dict.fromkeys(BUTTONS, wiring.buttons),
    }
    return Contact(number, wiring.loops if is_loop else sorts[name], pins)


def _output(number: int, wiring: OutputWiring, factory: str) -> str:
    """That there is such a line; to claim it, as asking for its pin does, would move a relay, or fail beside a gate that runs."""
    pins = pin_factory(factory)
    try:
        if not any(True for _ in pins.board_info.find_pin(number)):
            raise CheckFailedError(f"BCM {number}: this machine has no such line")
    finally:
        pins.close()
    return f"BCM {number}, active {wiring.active}; not moved"


def _kiosk(settings: Settings) -> str:
    kiosk = settings.kiosk
    return f"{kiosk.host}:{kiosk.port}, {'its gate runs' if _gate_runs(settings) else 'free: the gate does not run'}"


def _gate_runs(settings: Settings) -> bool:
    try:
        with socket.create_connection((settings.kiosk.host, settings.kiosk.port), timeout=PATIENCE):
            return True
    except ConnectionRefusedError:
        return False


def _voice(settings: Settings) -> str:
    # nothing sounds: what is looked for are the programs that the configuration needs
    engine = settings.voice.engine
    needed = {"off": (), "tones": ("aplay",), "espeak-ng": ("espeak-ng", "aplay")}[engine]
    missing = [program for program in needed if shutil.which(program) is None]
    if missing:
        raise CheckFailedError(f"{engine}: {' and '.join(missing)} not installed")
    return engine


def _disk(folder: Path) -> str:
    free = shutil.disk_usage(folder).free
    if free < ENOUGH_DISK:
        raise CheckFailedError(f"{free // 2**20} MB free, {ENOUGH_DISK // 2**20} MB are needed")
    return f"{free // 2**20} MB free"


def _clock() -> str:
    clock = SystemClock()
    now, trust = clock.now(), clock.trust()
    if now < BUILT:
        raise CheckFailedError(f"shows {now:%Y-%m-%d %H:%M} UTC, before this software was made")
    note = "" if trust is ClockTrust.SYNCED else "; records will say so"
    return f"{now:%Y-%m-%d %H:%M:%S} UTC, {trust}{note}"


def _link(folder: Path, settings: Settings) -> str:
    hub = settings.hub
    try:
        with (
            socket.create_connection((hub.host, hub.port), timeout=PATIENCE) as plain,
            tls_context(folder / FOLDER).wrap_socket(plain, server_hostname=hub.host) as secure,
        ):
            return f"{hub.host}:{hub.port} {secure.version()}"
    except ssl.SSLCertVerificationError as error:
        raise CheckFailedError(f"{hub.host}:{hub.port}: not the town's broker: {error.verify_message}") from None
    except OSError as error:
        raise CheckFailedError(f"{hub.host}:{hub.port}: {error.strerror or error}") from None


def _keys(folder: Path, settings: Settings) -> str:
    keys = Keys.load(folder)
    certificate = x509.load_pem_x509_certificate(keys.certificate.read_bytes())
    named = [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if named != [settings.gate]:
        raise CheckFailedError(f"{keys.certificate}: is for {', '.join(named) or 'nobody'}, expected {settings.gate}")
    private = load_pem_private_key(keys.tls_key.read_bytes(), None)
    if private.public_key() != certificate.public_key():
        raise CheckFailedError(f"{keys.tls_key}: does not belong to {keys.certificate}")
    for path in (keys.tls_key, folder / FOLDER / "signing.key"):
        if path.stat().st_mode & 0o077:
            raise CheckFailedError(f"{path}: others may read it; expected mode 0600")
    ends = certificate.not_valid_after_utc
    if ends <= datetime.now(UTC):
        raise CheckFailedError(f"{keys.certificate}: expired on {ends:%Y-%m-%d}")
    return f"certificate of {settings.gate} until {ends:%Y-%m-%d}; hub {fingerprint(public_hex(keys.hub))}"


def _ledger(folder: Path) -> str:
    """What the hub said it did not take into its ledger, as the journal has it; read beside a gate that may run."""
    journal = folder / FILE
    if not journal.exists():
        return "nothing has been sent yet"
    try:
        with closing(connect(journal, query_only=True)) as reader:
            found = refused_records.read(reader)
    except sqlite3.Error as error:
        raise CheckFailedError(f"{journal}: {error}") from None
    if found:
        more = f", and {len(found) - 1} more (kakou-gate outbox)" if len(found) > 1 else ""
        raise CheckFailedError(f"the hub did not take {refused_records.line(found[-1])}{more}")
    return "the hub has refused nothing"
