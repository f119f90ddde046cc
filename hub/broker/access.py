"""Brings the hub's access list into the broker's folder and has mosquitto read it. (`mosquitto.access_list` makes the list.)

    listener: database -> DIR/access/acl    here: DIR/access/acl -> DIR/broker/acl, SIGHUP -> mosquitto

The broker's new certificate and key go the same way when its addresses change (`enrolment/addresses.py`).
The hub writes no file of the broker's and may not signal it; the broker's user reads that one folder of the hub's and nothing else. So
this runs where mosquitto's own user does: in `serve`, or as a service (`python -P -m hub.broker.access DIR`). mosquitto lets everybody do
everything while its list is missing when it is told to read it (measured, 2.0.11): hence a copy that is its own, replaced whole.
"""

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event
from types import FrameType

import structlog
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from hub import generated_files, untrusted_folder
from hub.log import configure
from hub.systemd import Notifier

log = structlog.get_logger()
LOOK = 1.0
"""Seconds between two looks of the service."""
FOLDER = "access"
LIST = "acl"
LONGEST_PEM = 64 * 1024
LONGEST = 4 * 1024 * 1024
"""Bytes of a list: a gate takes some seven hundred."""
CERTIFICATE, KEY = "server.pem", "server.key"
BEGINS = "user hub\n"
"""How every list begins: without the hub nothing is one."""


class Reload:
    """One town's list on its way to its broker. `poll` as often as you like: it does something only if there is news."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._wanted, self._held = folder / FOLDER / LIST, folder / "broker" / LIST
        # what mosquitto read before us nobody knows
        self._owed = True
        self._fault: str | None = None

    def poll(self, find_broker: Callable[[], int | None]) -> None:
        """Takes a new list, and signals the broker's process, which is looked for only then (None: it does not run, and reads the list
        when it starts).
        """
        try:
            self._owed = self.take_certificate() or self._owed
            self._owed = self.take() or self._owed
        except (OSError, ValueError) as error:
            # the list of before holds; the next look may find what this one could not
            if str(error) != self._fault:
                self._fault = str(error)
                log.error("the broker's list of gates stays as it was", error=self._fault)
            return
        self._fault = None
        if self._owed and (broker := find_broker()) is not None and _hears(broker):
            os.kill(broker, signal.SIGHUP)
            self._owed = False
            log.info("the broker reads anew who may speak", broker=broker)

    def take_certificate(self) -> bool:
        """Copies the hub's certificate and key for the broker if they are others than the broker's, and fit; no certificate is nothing new.

        One that another authority issued is of before a rekey and stays where it is. `OSError` if it cannot be written.
        """
        place = self._folder / "broker"
        found = {name: untrusted_folder.read(self._folder / FOLDER / name, LONGEST_PEM) for name in (KEY, CERTIFICATE)}
        certificate, key = found[CERTIFICATE], found[KEY]
        authority = untrusted_folder.read(place / "ca.pem", LONGEST_PEM)
        if certificate is None or key is None or authority is None or not fits(certificate, key, authority):
            return False
        if holds(place / KEY, key) and holds(place / CERTIFICATE, certificate):
            return False
        # cut off between the two, the next look puts the second
        generated_files.put(place / KEY, key, 0o600)
        generated_files.put(place / CERTIFICATE, certificate, 0o600)
        return True

    def take(self) -> bool:
        """Copies the hub's list if it is another than the broker's; `OSError`, or `ValueError` if it is none."""
        wanted = untrusted_folder.read(self._wanted, LONGEST)
        if wanted is None:
            raise FileNotFoundError(f"{self._wanted}: no such file, or longer than a list can be")
        if not wanted.isascii() or not wanted.startswith(BEGINS.encode()):
            raise ValueError(f"{self._wanted}: expected a list in ASCII that begins with {BEGINS.strip()!r}")
        if holds(self._held, wanted):
            return False
        generated_files.put(self._held, wanted, 0o600)
        return True


def fits(certificate: bytes, key: bytes, authority: bytes) -> bool:
    """Returns True if the key is the certificate's, and the authority issued it."""
    try:
        found = x509.load_pem_x509_certificate(certificate)
        found.verify_directly_issued_by(x509.load_pem_x509_certificate(authority))
        spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        public = load_pem_private_key(key, None).public_key()
        return found.public_key().public_bytes(*spki) == public.public_bytes(*spki)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False


def holds(path: Path, data: bytes) -> bool:
    """Returns True if a file is there and holds just that; one that is damaged, or a link, or may not be read, does not."""
    try:
        return untrusted_folder.read(path, len(data)) == data
    except PermissionError:
        return False


def find(configuration: Path) -> int | None:
    """The pid of the mosquitto that runs with this configuration."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"mosquitto") and os.fsencode(configuration) in words:
            return int(process.name)
    return None


def _hears(pid: int) -> bool:
    """Returns True if a process has a handler for SIGHUP: until mosquitto has made its own, the signal would end it."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    caught = next((line.split()[1] for line in lines if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (signal.SIGHUP - 1) & 1)


def main(folder: Path) -> None:
    """Looks until SIGTERM."""
    configure()
    stop = Event()

    def told(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    reload, find_broker = Reload(folder), partial(find, folder / "broker" / "mosquitto.conf")
    Notifier.of_process().ready()
    while not stop.is_set():
        reload.poll(find_broker)
        stop.wait(LOOK)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
