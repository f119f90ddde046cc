"""mosquitto's configuration: what it must say, must never say, and that mosquitto takes it, as root and as its own user."""

import os
import pwd
import shutil
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from ssl import TLSVersion

import psutil
import pytest

from edge.contract.limits import MAX_PACKET
from hub.broker import mosquitto
from hub.broker.access import Reload
from hub.errors import HubError
from hub.town.settings import Settings
from tests.hub.towns import Place, build
from tests.hub.wire import running, until, with_ports


def test_it_demands_certificates_and_bounds_what_one_client_costs(place: Place) -> None:
    """Faults B. `message_size_limit` would end the network thread of whoever sends too much, and look connected."""
    lines = mosquitto.configuration(place.town.settings).splitlines()
    for line in (
        "require_certificate true",
        "use_identity_as_username true",
        "use_username_as_clientid true",
        "allow_anonymous false",
        "user mosquitto",
        f"max_packet_size {MAX_PACKET}",
        "max_inflight_messages 200",
        "max_inflight_bytes 33554432",
        "max_queued_messages 10000",
        "max_queued_bytes 67108864",
        "memory_limit 536870912",
    ):
        assert line in lines
    assert not [line for line in lines if line.startswith("message_size_limit")]


def test_a_gate_may_write_five_names_of_its_own_and_read_three_and_nobody_else_is_named() -> None:
    hub, *gates = mosquitto.access_list(["south", "east"]).strip().split("\n\n")
    assert hub.splitlines() == ["user hub", "topic readwrite kakou/v1/#"]
    assert [lines.splitlines() for lines in gates] == [
        [
            f"user {gate}",
            *(f"topic write kakou/v1/{gate}/{name}" for name in ("health", "hello", "picture", "records", "state")),
            *(f"topic read kakou/v1/{gate}/{name}" for name in ("ack", "command", "sightings")),
            "topic read kakou/v1/hub/#",
        ]
        for gate in ("east", "south")
    ]


@pytest.mark.parametrize(
    ("ciphers", "lowest", "highest", "connects"),
    [
        ("ECDHE-ECDSA-AES256-SHA:ECDHE-ECDSA-AES128-SHA:AES128-SHA", TLSVersion.TLSv1_2, TLSVersion.TLSv1_2, False),
        ("ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384", TLSVersion.TLSv1_2, TLSVersion.TLSv1_2, False),
        ("ECDHE-ECDSA-AES128-GCM-SHA256", TLSVersion.TLSv1_2, TLSVersion.TLSv1_2, True),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", TLSVersion.TLSv1_2, TLSVersion.TLSv1_2, True),
        ("DEFAULT:@SECLEVEL=0", TLSVersion.TLSv1, TLSVersion.TLSv1_1, False),
        ("DEFAULT", TLSVersion.TLSv1_3, TLSVersion.TLSv1_3, True),
        ("DEFAULT", TLSVersion.TLSv1_2, TLSVersion.TLSv1_3, True),
    ],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_the_broker_speaks_no_cbc_and_no_sha_1(
    broker_alone: Settings, ciphers: str, lowest: TLSVersion, highest: TLSVersion, connects: bool
) -> None:
    """Faults C: suites of CBC with SHA-1 were offered."""
    keys = broker_alone.keys
    context = ssl.create_default_context(cafile=keys / "ca.pem")
    context.load_cert_chain(keys / "listener.pem", keys / "listener.key")
    context.set_ciphers(ciphers)
    context.minimum_version, context.maximum_version = lowest, highest
    where = ("127.0.0.1", broker_alone.broker.port)
    with socket.create_connection(where, timeout=20) as link:
        if connects:
            with context.wrap_socket(link, server_hostname="127.0.0.1") as tls:
                assert "CBC" not in str(tls.cipher())
        else:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                context.wrap_socket(link, server_hostname="127.0.0.1")


@pytest.fixture(scope="module")
def broker_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A town's broker that runs, and its settings."""
    place = build(tmp_path_factory.mktemp("broker") / "hub")
    settings = with_ports(place)
    with running(settings):
        yield settings
    place.engine.dispose()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("user", ["root", "mosquitto"])
def test_mosquitto_runs_as_the_user_of_the_settings(place: Place, user: str) -> None:
    # pytest's folders are closed to others; the town must lie where the broker's user may go
    open_to_all = Path("/var/tmp") / f"kakou-test-{os.getpid()}-{user}"
    shutil.copytree(place.folder, open_to_all)
    try:
        open_to_all.chmod(0o711)
        settings = with_ports(place, user=user).model_copy(update={"folder": open_to_all})
        mosquitto.write(settings)
        mosquitto.hand_over(settings)
        with running(settings) as supervisor:
            process = psutil.Process(supervisor.pid("broker"))
            until(lambda: process.uids().effective == pwd.getpwnam(user).pw_uid)
            # a list that root takes while the town runs is the broker's own, too
            mosquitto.let_in(settings, ["east"])
            assert Reload(open_to_all).take()
            assert (open_to_all / "broker" / "acl").owner() == user
    finally:
        shutil.rmtree(open_to_all)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands files over")
def test_a_folder_that_the_brokers_user_can_not_enter_is_named(place: Place, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    settings = with_ports(place, user="mosquitto")
    mosquitto.write(settings)
    with pytest.raises(HubError, match=r"user 'mosquitto' may not enter it"):
        mosquitto.hand_over(settings)
    with pytest.raises(HubError, match=r"broker.user: no user 'nobody-here'"):
        mosquitto.hand_over(with_ports(place, user="nobody-here"))
