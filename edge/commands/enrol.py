"""A gate joins a town: the hub's bundle becomes the gate's folder.

    keys/       ca.pem cert.pem tls.key signing.key hub.pub    0600 in a folder of 0700
    lists.db    the policy and pass list of the bundle, so that the first vehicle needs no network
    gate.toml   a lane with the usual wiring, unless there is one already

Everything is checked before anything is written, and the keys come last, in one step: a gate is enrolled or it is not.
"""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from edge import config
from edge.contract.canonical import public_from_hex, public_hex
from edge.contract.files import sync_folder, write_whole
from edge.contract.messages import MAX_LIST, Bundle, Signed
from edge.contract.topics import is_gate_id
from edge.keys import FOLDER as KEYS
from edge.keys import FORMER
from edge.lists.store import FILE as LISTS_FILE
from edge.lists.store import Lists

MAX_BUNDLE = 2 * MAX_LIST + 64 * 1024

_TEMPLATE = """\
# What this gate is and how its lane is wired. Read at start; an unknown key is refused by name.
town = {town}
gate = {gate}

[hub]
host = {host}
port = {port}

[[lanes]]
name = "1"
direction = "loops"          # in | out | loops: from which of the two loops the vehicle came

[lanes.camera]
source = "v4l2:/dev/video0"  # v4l2:DEVICE | file:PATH | folder:PATH
width = 1280
height = 720
frames_per_second = 15

[lanes.scanner]
decoders = ["zxing", "pyzbar"]
repeat_seconds = 3           # a text still seen within this time is the same reading

[lanes.pins]                 # BCM numbers
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
# safety = 4                 # the third sensor under the arm, where it is fitted: README, Sensors of a lane

[lanes.times]                # seconds
passage = 30                 # let through and never came: barrier down, visit abandoned; more than apart / slowest of lanes.road
# clear = 0.25               # every sensor free for so long: the vehicle is gone
# gap = 0                    # a sensor free for less is still under the same vehicle: the drawbar of a trailer
# stand = 1                  # on its loop for so long: it stands there, and is sprayed

# [lanes.road]               # a vehicle may be on no sensor for a while: README, the table of gate.toml
# apart = 3                  # metres from the end of one loop to the begin of the other, as measured
# shortest = 2               # metres of the shortest vehicle that comes: 2 where motorcycles do
# slowest = 1                # metres a second of the slowest short vehicle

[hardware]
factory = "lgpio"            # mock | lgpio, by name only

[kiosk]
host = "127.0.0.1"
port = 8100

[voice]
engine = "off"               # espeak-ng (speaks) | tones (sounds) | off: a loudspeaker that is named and not there is an alarm
languages = ["zh"]           # ["zh", "en"]: one after the other

[pictures]                   # of crossings, on this gate only; MB
most = 500
spare = 300                  # left free on the disk, whatever most says
"""


class EnrolError(ValueError):
    """The gate cannot be enrolled; the text is one line and nothing was changed."""


def enrol(folder: Path, bundle_path: Path, now: datetime | None = None, *, again: bool = False) -> Bundle:
    """Enrols the gate in `folder` with the bundle that the hub wrote; `EnrolError` in one line.

    `now`: when the lists count as received; None for when the hub issued each. `again`: an enrolled gate gets the new keys of its
    town (a rekey); its journal, settings and pictures stay.
    """
    bundle = _read(bundle_path)
    _check(bundle, bundle_path)
    if (folder / KEYS).exists() and not again:
        raise EnrolError(
            f"{folder}: already enrolled (it has {KEYS}/); expected an empty folder, or --again for new keys of the same gate"
        )
    if again and not (folder / config.FILE).exists():
        raise EnrolError(f"{folder}: --again: no gate is enrolled here")
    settings = _settings(folder, bundle)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = folder / f"{KEYS}.new"
        _write_keys(fresh, bundle)
        if settings is not None:
            write_whole(folder / config.FILE, settings)
        if again:
            _forget_lists(folder, bundle)
        _keep_lists(folder, bundle, now)
        _take_place(fresh, folder / KEYS)
        sync_folder(folder)
        _give_to_owner(folder)
    except OSError as error:
        raise EnrolError(f"{folder}: cannot be written: {error.strerror or error}") from None
    return bundle


def _read(path: Path) -> Bundle:
    try:
        if path.stat().st_size > MAX_BUNDLE:
            raise EnrolError(f"{path}: not a bundle: larger than {MAX_BUNDLE} bytes")
        return Bundle.parse(path.read_bytes(), MAX_BUNDLE)
    except OSError as error:
        raise EnrolError(f"{path}: cannot be read: {error.strerror or error}") from None
    except EnrolError:
        raise
    except ValueError as error:
        raise EnrolError(f"{path}: not a bundle of the hub: {error}") from None


def _check(bundle: Bundle, path: Path) -> None:
    hub = public_from_hex(bundle.hub_key)
    if not is_gate_id(bundle.gate):
        raise EnrolError(f"{path}: gate {bundle.gate!r}: expected a slug of [a-z0-9-], 1 to 32 characters")
    for kind, signed in (("policy", bundle.policy), ("passlist", bundle.passlist), ("command", bundle.command)):
        if signed is None:
            continue
        if (signed.kind, signed.town) != (kind, bundle.town):
            raise EnrolError(f"{path}: {kind}: found a {signed.kind} of town {signed.town!r}")
        if not signed.holds(hub):
            raise EnrolError(f"{path}: {kind}: not signed with the bundle's hub_key")
    try:
        gates = bundle.policy.policy().gates
        bundle.passlist.passlist()
        if bundle.command is not None and bundle.command.commands().gate != bundle.gate:
            raise EnrolError(f"{path}: command: is for gate {bundle.command.commands().gate!r}")
    except ValueError as error:
        raise EnrolError(f"{path}: {error}") from None
    if bundle.gate not in gates:
        raise EnrolError(f"{path}: gate {bundle.gate!r} is not in the policy, which knows {', '.join(sorted(gates))}")
    try:
        _check_certificate(bundle)
    except ValueError as error:
        raise EnrolError(f"{path}: {error}") from None


def _check_certificate(bundle: Bundle) -> None:
    # the errors of `cryptography` span lines and name no field
    try:
        ca = x509.load_pem_x509_certificate(bundle.ca.encode())
        certificate = x509.load_pem_x509_certificate(bundle.certificate.encode())
        key = load_pem_private_key(bundle.tls_key.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("ca, certificate, tls_key: expected PEM") from None
    try:
        certificate.verify_directly_issued_by(ca)
    except (InvalidSignature, ValueError, TypeError):
        raise ValueError("certificate: not issued by the bundle's ca") from None
    names = [name.value for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names != [bundle.gate]:
        raise ValueError(f"certificate: for {names}, expected {bundle.gate!r}")
    spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if certificate.public_key().public_bytes(*spki) != key.public_key().public_bytes(*spki):
        raise ValueError("tls_key: is not the certificate's")


def _settings(folder: Path, bundle: Bundle) -> str | None:
    """The text of `gate.toml` to write; None where there is one already, which then must be for this gate."""
    path = folder / config.FILE
    if not path.exists():
        # a JSON string is a TOML string
        town, gate, host = (json.dumps(value, ensure_ascii=False) for value in (bundle.town, bundle.gate, bundle.host))
        text = _TEMPLATE.format(town=town, gate=gate, host=host, port=bundle.port)
        try:
            config.parse(text, path)
        except config.ConfigError as error:
            raise EnrolError(f"the bundle makes no usable settings: {error}") from None
        return text
    try:
        there = config.load(folder)
    except config.ConfigError as error:
        raise EnrolError(str(error)) from None
    if (there.town, there.gate) != (bundle.town, bundle.gate):
        raise EnrolError(
            f"{path}: is for gate {there.gate!r} of {there.town!r}, the bundle for {bundle.gate!r} of {bundle.town!r}"
        )
    return None


def _write_keys(fresh: Path, bundle: Bundle) -> None:
    shutil.rmtree(fresh, ignore_errors=True)  # of an attempt that a power cut ended
    fresh.mkdir(mode=0o700)
    write_whole(fresh / "ca.pem", bundle.ca)
    write_whole(fresh / "cert.pem", bundle.certificate)
    write_whole(fresh / "tls.key", bundle.tls_key)
    write_whole(fresh / "signing.key", bundle.signing_key + "\n")
    write_whole(fresh / "hub.pub", bundle.hub_key + "\n")
    sync_folder(fresh)


def _take_place(fresh: Path, keys: Path) -> None:
    """The new keys get their name; what was made on the gate itself stays with it. A cut between the renames: enrol again."""
    former = keys.with_name(f"{keys.name}.former")
    shutil.rmtree(former, ignore_errors=True)
    if keys.exists():
        for made_here in keys.iterdir():
            if not (fresh / made_here.name).exists():
                shutil.copy2(made_here, fresh / made_here.name)
        _keep_former(keys, fresh)
        sync_folder(fresh)
        keys.rename(former)
    fresh.rename(keys)
    shutil.rmtree(former, ignore_errors=True)


def _keep_former(keys: Path, fresh: Path) -> None:
    """The public half of the key that signed until now: the journal's records are signed anew only where it signed them."""
    before, now = ((folder / "signing.key").read_text("ascii").strip() for folder in (keys, fresh))
    if before != now:
        public = public_hex(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(before)))
        # copied from the folder of before, if that was not the first change
        older = (fresh / FORMER).read_text("ascii").split() if (fresh / FORMER).exists() else []
        write_whole(fresh / FORMER, "".join(f"{each}\n" for each in dict.fromkeys([*older, public])))


def _forget_lists(folder: Path, bundle: Bundle) -> None:
    """Lists under the hub's old key say nothing any more; who is inside stays until the hub tells it anew."""
    if not (folder / LISTS_FILE).exists():
        return
    hub = public_from_hex(bundle.hub_key)
    try:
        with closing(sqlite3.connect(folder / LISTS_FILE, timeout=10)) as database:
            rows = database.execute("select kind, message from lists").fetchall()
            for kind, message in rows:
                if not Signed.parse(str(message).encode(), MAX_LIST).holds(hub):
                    database.execute("delete from lists where kind = ?", [kind])
            database.commit()
    except (sqlite3.Error, ValueError):
        return  # a file that is broken: whoever opens it next moves it aside


def _give_to_owner(folder: Path) -> None:
    """Run by root, what was written belongs to whom the folder belongs to: the gate's user must read it."""
    if os.geteuid() != 0:
        return
    owner = folder.stat()
    for path in (folder / config.FILE, *folder.glob(f"{LISTS_FILE}*"), folder / KEYS, *(folder / KEYS).iterdir()):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _keep_lists(folder: Path, bundle: Bundle, now: datetime | None) -> None:
    lists = Lists.open(folder / LISTS_FILE, town=bundle.town, hub_key=public_from_hex(bundle.hub_key))
    try:
        for signed in (bundle.policy, bundle.passlist, bundle.command):
            if signed is None:
                continue
            # refused where a fresher one is held already, from before the keys were removed: that one stays
            lists.accept(signed, now or datetime.fromisoformat(signed.issued))
    finally:
        lists.close()
