"""The new keys of a town, all made before the first one counts, in a folder of their own.

    rekey.begun/   being made; left over, it is worth nothing          rekey/   complete: from here on there is no way back

What a town has got is decided by that one rename. A rekey that is cut off later goes on from `rekey/`, and until it has, the town
does not open: hub, gates and passes would be of two minds.

Tested in `tests/hub/lifecycle/test_rekey.py`.
"""

import json
import secrets
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.contract.canonical import public_hex
from edge.contract.files import sync_folder
from edge.contract.records import parse_wall, wall_text
from hub.enrolment import authority
from hub.errors import HubError
from hub.passes.keys import key_id
from hub.town.secret_files import closed_folder, read_seed, seed_text, write_secret
from hub.town.settings import Settings
from hub.town.town import REKEY

BEGUN = f"{REKEY}.begun"
PLAN = "plan.json"


@dataclass(frozen=True, slots=True)
class Stage:
    """New keys that lie ready. `at`: when they were made; `revoke`: why every pass of an older key ends, None: they count on."""

    folder: Path
    at: datetime
    revoke: str | None
    kid: str

    @property
    def hub(self) -> Ed25519PrivateKey:
        """The hub's new key."""
        return read_seed(self.folder / "keys" / "hub.key")

    @property
    def passes(self) -> Ed25519PrivateKey:
        """The new key that signs passes."""
        return read_seed(self.folder / "keys" / f"pass-{self.kid}.key")

    @property
    def authority(self) -> authority.Pair:
        """The new certificate authority."""
        return authority.Pair(*((self.folder / "ca" / name).read_text("ascii") for name in ("ca.pem", "ca.key")))

    def gates(self) -> dict[str, str]:
        """The new public key of each gate."""
        return {
            file.stem: public_hex(read_seed(file)) for file in sorted((self.folder / "keys" / "gates").glob("*.key"))
        }

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Every new file, by its name in the town's folder."""
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and path.name != PLAN:
                yield str(path.relative_to(self.folder)), path.read_bytes()


def find(settings: Settings) -> Stage | None:
    """The keys of a rekey that was cut off; None if there was none, or nothing of it counts yet."""
    folder = settings.folder / REKEY
    if not folder.exists():
        return None
    try:
        plan = json.loads((folder / PLAN).read_text("utf-8"))
        return Stage(folder, parse_wall(plan["at"]), plan["revoke"], plan["kid"])
    except (OSError, ValueError, KeyError, TypeError):
        raise HubError(f"{folder / PLAN}: cannot be read") from None


def make(settings: Settings, gates: Iterable[str], *, revoke: str | None, now: datetime) -> Stage:
    """Makes every key anew: hub, gates, passes, web, authority, listener."""
    begun = settings.folder / BEGUN
    shutil.rmtree(begun, ignore_errors=True)
    keys, ca_folder = closed_folder(begun / "keys"), closed_folder(begun / "ca")
    hub, signing = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    kid = key_id(signing).hex()
    ca = authority.new_authority(settings.town, now)
    listener = authority.client(ca, "hub", now)
    files = {
        keys / "hub.key": seed_text(hub),
        keys / "hub.pub": public_hex(hub) + "\n",
        keys / "web.key": secrets.token_hex(32) + "\n",
        keys / f"pass-{kid}.key": seed_text(signing),
        keys / "ca.pem": ca.certificate,
        keys / "listener.pem": listener.certificate,
        keys / "listener.key": listener.key,
        ca_folder / "ca.pem": ca.certificate,
        ca_folder / "ca.key": ca.key,
        begun / PLAN: json.dumps({"at": wall_text(now), "revoke": revoke, "kid": kid}, ensure_ascii=False),
    }
    closed_folder(keys / "gates")
    files |= {keys / "gates" / f"{gate}.key": seed_text(Ed25519PrivateKey.generate()) for gate in gates}
    for path, text in files.items():
        write_secret(path, text)
    for folder in (keys / "gates", keys, ca_folder, begun):
        sync_folder(folder)
    begun.rename(settings.folder / REKEY)
    sync_folder(settings.folder)
    return Stage(settings.folder / REKEY, now, revoke, kid)
