"""The town's mosquitto: its configuration, written from the settings, and its access list: which gates may speak.

What one client may cost is bounded here, as measured with mosquitto 2.0.11. `max_packet_size`: who sends more is disconnected before
it is read, and nobody else notices (a gate of ours never sends so much, and the hub's longest list fits). Never a `message_size_limit`:
its refusal kills paho's thread. And never a Maximum Packet Size of the listener's: what is larger stays in flight to it for ever, and
200 such messages end all deliveries; what is too long the listener cuts and drops. Nothing here is trusted to be durable: a gate keeps a
record until the hub's own ack, so what the broker drops beyond its queue is sent again.
"""

import os
import pwd
import shutil
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from edge.contract.limits import MAX_PACKET, MIB
from edge.contract.topics import FROM_GATE, HUB, PREFIX, TO_GATE
from hub import generated_files, untrusted_folder
from hub.broker import access as broker_access
from hub.broker import store
from hub.errors import HubError
from hub.town.settings import Settings

CONFIGURATION = "mosquitto.conf"
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2: fresh keys for each connection, and no CBC with SHA-1. What a gate of 2015 can speak already."""
CIPHERS_13 = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"
IN_FLIGHT = 200
"""Messages to the listener that may be unacknowledged at once: each at most 128 KiB, and no more of one gate than its share."""
IN_FLIGHT_BYTES, QUEUED, QUEUED_BYTES = 32 * MIB, 10_000, 64 * MIB
"""What the broker has on its way to one client, and what it keeps for it behind that: messages, bytes."""
MEMORY = 512 * MIB
"""What the broker takes in all: a net beneath the other limits. At it a message is dropped, or a client disconnected, and the hub lives on."""


def folder(settings: Settings) -> Path:
    """Where the broker's files lie."""
    return settings.folder / "broker"


def access_list(gates: Iterable[str]) -> str:
    """The access list: the hub may do everything under our prefix; each of these gates writes and reads its own names, and reads the hub's.

    A user is the CN of a client's certificate. One that is not named, a gate that was retired, may connect, and say and hear nothing.
    """
    lines = [f"user {HUB}", f"topic readwrite {PREFIX}/#"]
    for gate in sorted(gates):
        lines += ["", f"user {gate}"]
        lines += [f"topic write {PREFIX}/{gate}/{name}" for name in sorted(FROM_GATE)]
        lines += [f"topic read {PREFIX}/{gate}/{name}" for name in sorted(TO_GATE)]
        lines += [f"topic read {PREFIX}/{HUB}/#"]
    return "\n".join([*lines, ""])


def let_in(settings: Settings, gates: Iterable[str]) -> None:
    """Writes the list of gates that may use the broker, for `access` to take over; `OSError` if it can't be written."""
    data, file = access_list(gates).encode(), settings.folder / broker_access.FOLDER / broker_access.LIST
    generated_files.folder(file.parent)
    if not broker_access.holds(file, data):
        # a service's folder hands its files to the broker's group, which reads them
        shared = file.parent.stat().st_mode & stat.S_ISGID
        generated_files.put(file, data, 0o640 if shared else 0o600)


def configuration(settings: Settings) -> str:
    """The text of mosquitto.conf; files by absolute path, since mosquitto resolves others against where it was started."""
    place = folder(settings)
    return "\n".join(
        (
            f"# Written from {settings.folder / 'hub.toml'} at each start: change it there.",
            f"listener {settings.broker.port} {settings.broker.bind}",
            f"cafile {place / 'ca.pem'}",
            f"certfile {place / 'server.pem'}",
            f"keyfile {place / 'server.key'}",
            "tls_version tlsv1.2",
            f"ciphers {CIPHERS}",
            f"ciphers_tls1.3 {CIPHERS_13}",
            "# a client is who its certificate says it is",
            "require_certificate true",
            "use_identity_as_username true",
            "# and its session is its own: whatever client id it gives, none takes over another's",
            "use_username_as_clientid true",
            "allow_anonymous false",
            f"acl_file {place / broker_access.LIST}",
            "# small messages at once: an ack waits for nobody",
            "set_tcp_nodelay true",
            "# what is on its way stays in memory: nothing of it is anybody's only copy, and no plate of it stands on the disk",
            "persistence false",
            "# who sends more in one message is disconnected, unread",
            f"max_packet_size {MAX_PACKET}",
            f"max_inflight_messages {IN_FLIGHT}",
            f"max_inflight_bytes {IN_FLIGHT_BYTES}",
            "# a gate has at most four batches unanswered, and the listener takes what one sends beyond its share and drops it",
            f"max_queued_messages {QUEUED}",
            f"max_queued_bytes {QUEUED_BYTES}",
            f"memory_limit {MEMORY}",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
            "log_type notice",
            "connection_messages false",
            f"user {settings.broker.user}",
            "",
        )
    )


def write(settings: Settings) -> Path:
    """Writes the configuration, and puts beside it the list of who may use the broker. Returns the path of the configuration.

    Where there is no list (the listener has never said which gates there are, or the file is damaged), nobody but the hub may, until
    the listener says it.
    """
    place = folder(settings)
    generated_files.folder(place)
    store.forget(settings.folder)
    text = configuration(settings).encode()
    if not broker_access.holds(place / CONFIGURATION, text):
        # whole and by another name first: nothing is written through a link that the broker's user may have laid there
        generated_files.put(place / CONFIGURATION, text, 0o600)
    access = broker_access.Reload(settings.folder)
    with suppress(OSError):
        access.take_certificate()
    try:
        access.take()
    except (FileNotFoundError, PermissionError, ValueError):
        let_in(settings, ())
        access.take()
    return place / CONFIGURATION


def hand_over(settings: Settings) -> None:
    """Where root starts mosquitto: gives the broker's files to the user that it becomes before it reads them.

    `HubError` if there is no such user, or it can't reach the folder.
    """
    if os.geteuid() == 0 and settings.broker.user != "root":
        _hand_over(folder(settings), settings.broker.user)


def program() -> str:
    """The absolute path of mosquitto; Debian keeps it out of a user's PATH."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise HubError("mosquitto: not found (apt install mosquitto, or set broker.run = false in hub.toml)")
    return found


def _hand_over(place: Path, user: str) -> None:
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise HubError(f"broker.user: no user {user!r} on this machine (apt install mosquitto makes one)") from None
    for parent in place.parents:
        if not _may_enter(parent, entry):
            raise HubError(f"{parent}: user {user!r} may not enter it, so the broker can't read its files in {place}")
    untrusted_folder.give(place, entry.pw_uid, entry.pw_gid)


def _may_enter(path: Path, user: pwd.struct_passwd) -> bool:
    status = path.stat()
    if status.st_uid == user.pw_uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == user.pw_gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)
