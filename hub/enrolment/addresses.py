"""The names and addresses at which gates reach the hub: one is added before the hub moves, and removed when no gate needs it.

    1. hub.toml names it (broker.host is the first, broker.also the others)    2. the policy tells every gate, which tries them in turn
    3. the broker's new certificate is good for all of them, and lies ready in access/ for the broker's own user (`broker/access.py`)

Each step can be done again: a command that was cut off is given once more.

Tested in `tests/hub/enrolment/test_addresses.py`.
"""

import json
import re
import socket
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from hub import generated_files
from hub.accounts import audit
from hub.broker import access as broker_access
from hub.downlink import signed_lists
from hub.enrolment import authority
from hub.errors import HubError
from hub.gates import store as gates
from hub.gates.policy import publish_addresses
from hub.town import settings_file
from hub.town.town import Town

MOST = 16
_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Known:
    """The addresses, first the one that bundles name; `behind`: the gates that have not said yet that they hold the newest policy."""

    hosts: tuple[str, ...]
    behind: tuple[str, ...]


def known(town: Town, connection: Connection) -> Known:
    """The addresses as hub.toml has them, and which gates do not know them yet."""
    published = signed_lists.current(connection, town.id, "policy")
    version = 0 if published is None else published.version
    behind = tuple(gate for gate in gates.believed(connection, town.id) if _held(connection, town.id, gate) < version)
    return Known(town.settings.broker.hosts, behind)


def add(town: Town, connection: Connection, host: str, *, by: str, now: datetime) -> Town:
    """One more address: of the hub's from now on, or already. Returns the town with its new settings; `HubError` in one line."""
    host = _checked(host)
    before = town.settings.broker.hosts
    if host not in before and len(before) >= MOST:
        raise HubError(f"address {host}: there are {MOST} already (kakou-hub address remove takes one away)")
    after = before if host in before else (*before, host)
    return _change(town, connection, after, action="address added", host=host, by=by, now=now)


def remove(town: Town, connection: Connection, host: str, *, by: str, now: datetime) -> Town:
    """One address less; `HubError` for the last, for an unknown one, and while a gate does not know the others yet."""
    host = host.lower()
    before = town.settings.broker.hosts
    if host not in before:
        raise HubError(f"address {host}: not one of the hub's, which are {', '.join(before)}")
    if len(before) == 1:
        raise HubError(f"address {host}: the only one: add the new one first (kakou-hub address add ADDRESS)")
    behind = known(town, connection).behind
    if behind:
        raise HubError(f"address {host}: {', '.join(behind)} would look for the hub there: not told yet of the others")
    after = tuple(each for each in before if each != host)
    return _change(town, connection, after, action="address removed", host=host, by=by, now=now)


def _change(
    town: Town, connection: Connection, hosts: tuple[str, ...], *, action: str, host: str, by: str, now: datetime
) -> Town:
    there = town.settings.broker
    pair = _authority(town)
    settings = town.settings
    if hosts != there.hosts:
        values: Mapping[str, settings_file.Value] = {"broker.host": hosts[0], "broker.also": hosts[1:]}
        settings = settings_file.change(settings.folder, {"broker.host": there.host, "broker.also": there.also}, values)
        detail: dict[str, Json] = audit.changed({"addresses": list(there.hosts)}, {"addresses": list(hosts)})
        audit.note(connection, user=by, action=action, object=f"addresses/{host}", detail=detail, now=now)
    changed = Town(settings, town.key)
    publish_addresses(changed, connection, now)
    _hand_over(settings.folder, authority.server(pair, brokers_names(hosts), now))
    return changed


def brokers_names(hosts: tuple[str, ...]) -> tuple[str, ...]:
    """What the broker's certificate is good for: every address of the hub, and this machine itself."""
    return (*hosts, "localhost", "127.0.0.1", "::1", socket.gethostname())


def _hand_over(folder: Path, pair: authority.Pair) -> None:
    """Lays certificate and key where the broker's user takes them from; the key first, so that a pair is never half."""
    place = folder / broker_access.FOLDER
    generated_files.folder(place)
    mode = 0o640 if place.stat().st_mode & stat.S_ISGID else 0o600
    for name, text in ((broker_access.KEY, pair.key), (broker_access.CERTIFICATE, pair.certificate)):
        generated_files.put(place / name, text.encode(), mode)


def _authority(town: Town) -> authority.Pair:
    folder = town.settings.folder / "ca"
    try:
        return authority.Pair((folder / "ca.pem").read_text("ascii"), (folder / "ca.key").read_text("ascii"))
    except OSError as error:
        raise HubError(
            f"{error.filename}: {error.strerror}: the authority's key is needed for the new certificate"
        ) from None


def _checked(host: str) -> str:
    """The address as certificates have it; `HubError` if it is none."""
    host = host.lower()
    try:
        address = ip_address(host)
    except ValueError:
        if not _NAME.fullmatch(host) or len(host) > 253 or host.rpartition(".")[2].isdecimal():
            raise HubError(f"address {host!r}: expected a name like hub.town or an address like 192.168.1.10") from None
        return host
    if address.is_unspecified or address.is_multicast:
        raise HubError(f"address {host}: no machine has it")
    return str(address)


def _held(connection: Connection, town: str, gate: str) -> int:
    """The version of the policy that a gate said last that it holds; 0 if it never said."""
    said = gates.status(connection, town, gate).get("health")
    return 0 if said is None else json.loads(said).get("policy") or 0
