"""mosquitto's configuration: what it must say, must never say, and that mosquitto takes it, as root and as its own user."""

import os
import pwd
import shutil
from pathlib import Path

import psutil
import pytest

from edge.contract.limits import MAX_PACKET
from hub import broker
from hub.errors import HubError
from hub.reload import Reload
from tests.hub.towns import Place
from tests.hub.wire import running, until, with_ports


def test_it_demands_certificates_and_bounds_what_one_client_costs(place: Place) -> None:
    """Faults B. `message_size_limit` would end the network thread of whoever sends too much, and look connected."""
    lines = broker.configuration(place.town.settings).splitlines()
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
    hub, *gates = broker.access_list(["south", "east"]).strip().split("\n\n")
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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("user", ["root", "mosquitto"])
def test_mosquitto_runs_as_the_user_of_the_settings(place: Place, user: str) -> None:
    # pytest's folders are closed to others; the town must lie where the broker's user may go
    open_to_all = Path("/var/tmp") / f"kakou-test-{os.getpid()}-{user}"
    shutil.copytree(place.folder, open_to_all)
    try:
        open_to_all.chmod(0o711)
        settings = with_ports(place, user=user).model_copy(update={"folder": open_to_all})
        broker.write(settings)
        broker.hand_over(settings)
        with running(settings) as supervisor:
            process = psutil.Process(supervisor.pid("broker"))
            until(lambda: process.uids().effective == pwd.getpwnam(user).pw_uid)
            # a list that root takes while the town runs is the broker's own, too
            broker.let_in(settings, ["east"])
            assert Reload(open_to_all).take()
            assert (open_to_all / "broker" / "acl").owner() == user
    finally:
        shutil.rmtree(open_to_all)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands files over")
def test_a_folder_that_the_brokers_user_can_not_enter_is_named(place: Place, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    settings = with_ports(place, user="mosquitto")
    broker.write(settings)
    with pytest.raises(HubError, match=r"user 'mosquitto' may not enter it"):
        broker.hand_over(settings)
    with pytest.raises(HubError, match=r"broker.user: no user 'nobody-here'"):
        broker.hand_over(with_ports(place, user="nobody-here"))
