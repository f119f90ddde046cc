"""`kakou-gate selftest`: camera, pins, disk, clock, link and keys, as a table. Nothing is changed, no relay moves."""

import shutil
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID
from gpiozero import Button
from gpiozero.exc import GPIOZeroError

from edge.camera import open_camera
from edge.clock import SystemClock
from edge.config import SIMULATION, Settings, load
from edge.contract.records import Clock
from edge.frames import CameraError
from edge.hardware import HardwareError, pin_factory
from edge.keys import FOLDER, Keys, KeysError
from edge.uplink import tls_context

ENOUGH_DISK = 200 * 1024 * 1024
"""Bytes that must be free: some hundred thousand records."""
BUILT = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock shows a time before this software was made."""
FRAMES = 20
PATIENCE = 5.0


class CheckFailedError(Exception):
    """A check did not pass; the text is one line."""


@dataclass(frozen=True, slots=True)
class Result:
    """One row: what was checked, whether it is well, and what was found."""

    name: str
    good: bool
    found: str

    def __str__(self) -> str:
        return f"{self.name:<8}{'ok' if self.good else 'FAILED':<8}{self.found}"


def selftest(folder: Path, say: Callable[[str], None]) -> int:
    """Checks everything and says a row for each; 0 if all of it is well, else 1."""
    settings = load(folder)
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("camera", lambda: _camera(settings)),
        ("pins", lambda: _pins(settings)),
        ("disk", lambda: _disk(folder)),
        ("clock", _clock),
        ("link", lambda: _link(folder, settings)),
        ("keys", lambda: _keys(folder, settings)),
    )
    good = True
    for name, check in checks:
        result = _checked(name, check)
        say(str(result))
        good = good and result.good
    return 0 if good else 1


def _checked(name: str, check: Callable[[], str]) -> Result:
    try:
        return Result(name, True, check())
    except (CheckFailedError, CameraError, HardwareError, KeysError, GPIOZeroError, OSError, ValueError) as error:
        return Result(name, False, str(error) or type(error).__name__)


def _camera(settings: Settings) -> str:
    found = []
    for lane in settings.lanes:
        source = lane.camera.source
        if source == SIMULATION:
            found.append(f"lane {lane.name}: simulated")
            continue
        camera = open_camera(source, lane.camera.width, lane.camera.height, lane.camera.frames_per_second)
        try:
            frame = next((frame for _ in range(FRAMES) if (frame := camera.read()) is not None), None)
        finally:
            camera.close()
        if frame is None:
            raise CheckFailedError(f"lane {lane.name}: {source} is there and delivers no picture")
        height, width = frame.image.shape[:2]
        found.append(f"lane {lane.name}: {source} {width}x{height}")
    return ", ".join(found)


def _pins(settings: Settings) -> str:
    # inputs only: to claim an output would move a relay, or fail beside a gate that runs
    factory = pin_factory(settings.hardware.factory)
    try:
        for lane in settings.lanes:
            for number in (lane.pins.outer_loop, lane.pins.inner_loop):
                Button(number, pull_up=True, pin_factory=factory).close()
    finally:
        factory.close()
    return f"factory {settings.hardware.factory}, {len(settings.lanes)} lanes"


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
    note = "" if trust is Clock.SYNCED else "; records will say so"
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
    return f"certificate of {settings.gate} until {ends:%Y-%m-%d}"
