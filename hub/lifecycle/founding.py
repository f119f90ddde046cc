"""Founds a town: its folder with configuration, authority, keys, broker files, database and first admin.

Nothing is ever written over: a folder that holds any part of a town is refused before the first byte, and a founding that
fails on the way takes back what it made.

Tested in `tests/hub/commands/test_cli.py`.
"""

import os
import secrets
from dataclasses import dataclass
from datetime import datetime

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.contract.canonical import public_hex
from edge.contract.records import wall_text
from hub import generated_files, untrusted_folder
from hub.accounts.passwords import made_password
from hub.backup import key as backup_key
from hub.backup.age import SecretKey
from hub.broker import access as broker_access
from hub.broker import mosquitto
from hub.enrolment import authority
from hub.enrolment.addresses import brokers_names
from hub.enrolment.officers import add_user
from hub.errors import HubError
from hub.gates.policy import publish_names
from hub.ledger.head import found_ledger
from hub.lifecycle import upgrade
from hub.operations.rules_file import digest
from hub.passes import keys as pass_keys
from hub.passes.passlist import publish_passlist
from hub.setup import store as setup
from hub.town import operation_file
from hub.town import settings as town_settings
from hub.town.default_operation import default_text
from hub.town.secret_files import closed_folder, seed_text, take_back, write_secret
from hub.town.settings import Settings
from hub.town.town import REKEY, Town

PARTS = (
    town_settings.FILE,
    operation_file.FILE,
    "hub.db",
    "hub.db-wal",
    "hub.db-shm",
    "keys",
    "ca",
    "broker",
    broker_access.FOLDER,
    "run",
    "log",
    "exports",
    "imports",
    REKEY,
)
ADMIN = "admin"
_CERTIFICATE = ("ca.pem", "server.pem", "server.key")
_LONGEST = 1 << 16
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Founded:
    """The result that a person needs to go on. The password is stored nowhere and shown once."""

    town: Town
    login: str
    password: str
    backup_key: SecretKey
    """The secret half, which is stored nowhere either."""
    setup_code: str = ""
    """For who sets the town up in the browser: then there is no admin yet, and no password."""


def found(
    settings: Settings, now: datetime, pass_key: Ed25519PrivateKey | None = None, *, wizard: bool = False
) -> Founded:
    """Makes the folder of a town; `HubError` if there is one. A demonstration may bring the key that signs its passes.

    `wizard`: no admin is made; a one-time code lets somebody make one in the browser.
    """
    folder = settings.folder
    for part in PARTS:
        if (folder / part).exists():
            raise HubError(f"{folder}: holds a town already ({part}); nothing was changed")
    fresh = not folder.exists()
    try:
        # others may pass through (the broker's user must), and list nothing
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        return _found(settings, now, pass_key or Ed25519PrivateKey.generate(), wizard=wizard)
    except BaseException as error:
        take_back(folder, PARTS, whole=fresh)
        if isinstance(error, OSError):
            raise HubError(f"{folder}: {error.strerror}") from None
        raise


def _found(settings: Settings, now: datetime, pass_key: Ed25519PrivateKey, *, wizard: bool) -> Founded:
    folder = settings.folder
    hub_key = Ed25519PrivateKey.generate()
    rules = default_text(wall_text(now))
    write_secret(folder / operation_file.FILE, rules)
    for name in ("run", "log"):
        closed_folder(folder / name)
    _write_keys(settings, hub_key, pass_key)
    _write_certificates(settings, now)
    mosquitto.write(settings)
    town = Town(settings, hub_key)
    password = "" if wizard else made_password()
    code = _write_database(town, pass_key, password, rules, now)
    secret = backup_key.make(settings)
    # last: with this file the folder is a town
    write_secret(folder / town_settings.FILE, settings.text())
    return Founded(town, "" if wizard else ADMIN, password, secret, code)


def _write_keys(settings: Settings, hub_key: Ed25519PrivateKey, pass_key: Ed25519PrivateKey) -> None:
    keys = closed_folder(settings.keys)
    write_secret(keys / "hub.key", seed_text(hub_key))
    write_secret(keys / "hub.pub", public_hex(hub_key) + "\n")
    write_secret(keys / pass_keys.FIRST, seed_text(pass_key))
    write_secret(keys / "web.key", secrets.token_hex(32) + "\n")


def _write_certificates(settings: Settings, now: datetime) -> None:
    ca = authority.new_authority(settings.town, now)
    folder = closed_folder(settings.folder / "ca")
    write_secret(folder / "ca.key", ca.key)
    write_secret(folder / "ca.pem", ca.certificate)
    write_brokers_certificate(settings, ca, now)
    listener = authority.client(ca, "hub", now)
    write_secret(settings.keys / "ca.pem", ca.certificate)
    write_secret(settings.keys / "listener.pem", listener.certificate)
    write_secret(settings.keys / "listener.key", listener.key)


def write_brokers_certificate(settings: Settings, ca: authority.Pair, now: datetime) -> None:
    """A new certificate for the broker under every name that this machine has, in the broker's own folder."""
    place = closed_folder(mosquitto.folder(settings))
    for name, text in brokers_certificate(settings, ca, now).items():
        write_secret(place / name, text)


def mend_brokers_certificate(settings: Settings, now: datetime) -> None:
    """Makes the broker's certificate anew where a file of it is gone, empty or none; gates believe it, for the town's CA signs it."""
    place, ca = mosquitto.folder(settings), settings.folder / "ca"
    try:
        if all(untrusted_folder.read(place / name, _LONGEST) for name in _CERTIFICATE):
            return
        pair = authority.Pair((ca / "ca.pem").read_text("ascii"), (ca / "ca.key").read_text("ascii"))
        generated_files.folder(place)
        for name, text in brokers_certificate(settings, pair, now).items():
            generated_files.put(place / name, text.encode(), 0o600)
    except OSError as error:
        # the broker may well be able to read what we may not
        log.error("the broker's certificate can't be looked at, or not made anew", error=str(error))
    else:
        log.error("the broker's certificate was damaged, and is made anew")


def brokers_certificate(settings: Settings, ca: authority.Pair, now: datetime) -> dict[str, str]:
    """The broker's files of TLS, by name, with a new certificate."""
    hosts = brokers_names(settings.broker.hosts)
    server = authority.server(ca, hosts, now)
    return {"ca.pem": ca.certificate, "server.pem": server.certificate, "server.key": server.key}


def _write_database(town: Town, pass_key: Ed25519PrivateKey, password: str, rules: str, now: datetime) -> str:
    """Makes the database, with the first admin; without a password with a setup, whose code it gives."""
    if town.settings.database.url is None:
        # SQLite would make it readable for all
        os.close(os.open(town.settings.folder / "hub.db", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    engine = town.writer()
    try:
        upgrade.upgrade(engine)
        with engine.begin() as connection:
            found_ledger(connection, town.id, town.key)
            pass_keys.trust(connection, town.id, pass_key, now)
            publish_passlist(town, connection, now)
            if not password:
                publish_names(town, connection, now)
                return setup.begin(connection, town.id, digest(rules), now)
            add_user(town, connection, login=ADMIN, name="Admin", role="admin", password=password, by="cli", now=now)
            return ""
    finally:
        engine.dispose()
