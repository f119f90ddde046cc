"""A gate that is retired says and hears nothing any more at the running broker; one that is added may speak at once."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from edge.contract.messages import Bundle
from edge.contract.topics import Name, Topic
from hub import cli
from hub.broker import mosquitto
from hub.broker.access import Reload, find
from hub.database.engine import reader, writer
from hub.listener.connection import Link
from hub.listener.listener import Listener, address
from hub.service.supervise import Child, Supervisor
from hub.systemd import Notifier
from tests.hub.ledgers import table
from tests.hub.service.test_supervise import serving
from tests.hub.towns import Gate, Place
from tests.hub.wire import Wire, hello, let_gates_in, running, until, with_ports

POLICY = "kakou/v1/hub/policy"
MOMENT = 5.0
"""Seconds in which a change must have reached the broker."""
REFUSED = "Not authorized"


@pytest.fixture
def wires(place: Place, tmp_path: Path) -> Iterator[Callable[..., Wire]]:
    """Connections of gates, closed with the test."""
    made: list[Wire] = []

    def connect(gate: str, bundle: Bundle | None = None) -> Wire:
        made.append(Wire(place, gate, tmp_path / f"{gate}-{len(made)}", bundle=bundle))
        return made[-1]

    yield connect
    for wire in made:
        wire.close()


@contextmanager
def served(place: Place) -> Iterator[None]:
    """`kakou-hub serve`, its listener at work."""
    let_gates_in(with_ports(place))
    process = serving(place)
    try:
        until(lambda: [row for row in table(place, "gate_status") if row["gate"] == "hub" and row["online"]])
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def test_a_retired_gate_is_refused_at_once_and_the_others_stay(
    place: Place, wires: Callable[..., Wire], capsys: pytest.CaptureFixture[str]
) -> None:
    with served(place):
        east, south = wires("east"), wires("south")
        lost: list[object] = []
        south.client.on_disconnect = lambda *said: lost.append(said)
        until(lambda: east.say(Name.HELLO, hello(place.gates["east"])) != REFUSED, MOMENT)
        east.next(str(Topic("east", Name.ACK)))
        before = south.next(POLICY)["version"]
        assert cli.main(["--data", str(place.folder), "gate", "retire", "east"]) == 0
        assert "the broker refuses it" in capsys.readouterr().out
        south.next(POLICY, lambda policy: policy["version"] > before)
        until(lambda: east.say(Name.HELLO, hello(place.gates["east"])) == REFUSED, MOMENT)
        # a new connection says nothing and hears nothing, not even what lies there for every gate
        again = wires("east", east.bundle)
        assert again.say(Name.RECORDS, b"x") == REFUSED
        assert again.say(Name.STATE, b"x", retain=True) == REFUSED
        south.say(Name.HELLO, hello(place.gates["south"]))
        south.next(str(Topic("south", Name.ACK)))
        assert not again.has_heard(Name.ACK)
        assert again.messages == []
        assert lost == []


def test_a_gate_that_is_added_may_speak_at_once(place: Place, wires: Callable[..., Wire]) -> None:
    with served(place):
        assert cli.main(["--data", str(place.folder), "gate", "add", "new"]) == 0
        new = wires("new")
        gate = Gate(place.town.id, "new", place.gates["east"].key, "ab" * 16)
        until(lambda: new.say(Name.HELLO, hello(gate)) != REFUSED, MOMENT)
        new.next(str(Topic("new", Name.ACK)))


def test_a_list_that_can_not_be_read_or_is_none_changes_nothing(place: Place) -> None:
    settings = with_ports(place)
    with running(settings) as supervisor:
        wanted, held = (place.folder / name / "acl" for name in ("access", "broker"))
        before = held.read_text()
        reload = Reload(place.folder)
        heard = []
        for break_ in (
            lambda: wanted.write_text(before[5:]),
            lambda: wanted.write_bytes(before.encode() + b"\xff"),
            wanted.unlink,
        ):
            break_()
            with capture_logs() as logs:
                reload.poll(lambda: supervisor.pid("broker"))
                reload.poll(lambda: supervisor.pid("broker"))
            heard += [entry["event"] for entry in logs]
            assert held.read_text() == before
        assert heard == ["the broker's list of gates stays as it was"] * 2, "said once for each fault, and no signal"
        mosquitto.let_in(settings, ["south"])
        with capture_logs() as logs:

            def reloaded() -> bool:
                reload.poll(lambda: supervisor.pid("broker"))
                return bool(logs)

            until(reloaded)
        assert [entry["event"] for entry in logs] == ["the broker reads anew who may speak"]
        assert held.read_text() == mosquitto.access_list(["south"])
        assert stat.S_IMODE(held.stat().st_mode) == 0o600


DAMAGED = (b"", b"\0" * 50, b"user hub\n\xff\xfe", b"user hub\ntopic rexdwrite kakou/v1/#\n")


@pytest.mark.parametrize("damaged", DAMAGED)
def test_a_damaged_list_is_mended_without_a_broker(place: Place, damaged: bytes) -> None:
    """mosquitto does not start with a list that it can't read: the listener can't wait for it."""
    settings = with_ports(place)
    mosquitto.write(settings)
    wanted, held = (place.folder / name / "acl" for name in ("access", "broker"))
    wanted.write_bytes(damaged)
    held.write_bytes(damaged)
    mosquitto.write(settings)
    writing, reading = writer(settings.database_url), reader(settings.database_url)
    link = Link(address(settings), "kakou-hub-demo", mosquitto.IN_FLIGHT, lambda _topic, _data: None)
    listener = Listener(place.town, writing=writing, reading=reading, link=link, notifier=Notifier({}))
    listener.turn()
    writing.dispose()
    reading.dispose()
    assert not link.online
    assert wanted.read_text() == mosquitto.access_list(place.gates)
    held.write_bytes(damaged)
    Reload(place.folder).poll(lambda: None)
    assert held.read_bytes() == wanted.read_bytes()


def test_a_process_without_a_handler_is_not_signalled(place: Place) -> None:
    mosquitto.write(place.town.settings)
    reload = Reload(place.folder)
    deaf = subprocess.Popen(["sleep", "600"])
    quick = (
        "import signal, sys; signal.signal(signal.SIGHUP, lambda *_: sys.exit(7)); print(1, flush=True); signal.pause()"
    )
    hearing = subprocess.Popen([sys.executable, "-c", quick], stdout=subprocess.PIPE)
    try:
        assert hearing.stdout is not None
        hearing.stdout.readline()
        reload.poll(lambda: None)
        reload.poll(lambda: deaf.pid)
        reload.poll(lambda: hearing.pid)
        # without news nobody goes through the processes
        reload.poll(lambda: pytest.fail("the broker is looked for"))
        assert hearing.wait(10) == 7
        assert deaf.poll() is None
        # it owes nothing any more
        reload.poll(lambda: deaf.pid)
        assert deaf.poll() is None
    finally:
        for process in (deaf, hearing):
            process.kill()
            process.communicate()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_the_service_takes_the_hubs_list_as_the_brokers_own_user(place: Place, wires: Callable[..., Wire]) -> None:
    """As `install-hub` lays it out: the list is the hub's, lent to the broker's group; nothing else of the hub's is."""
    # pytest's folders are closed to others; the town must lie where the broker's user may go
    folder = Path("/var/tmp") / f"kakou-test-{os.getpid()}-reload"
    shutil.copytree(place.folder, folder)
    user = pwd.getpwnam("mosquitto")
    settings = with_ports(place, user="mosquitto").model_copy(update={"folder": folder})
    # the test's interpreter may lie where the user can't start it: it becomes that user when it has read its code
    become = f"import os, sys; from hub.broker import access; from pathlib import Path; os.setgroups([]); os.setgid({user.pw_gid}); os.setuid({user.pw_uid}); access.main(Path(sys.argv[1]))"
    try:
        folder.chmod(0o711)
        os.chown(folder / "access", 0, user.pw_gid)
        (folder / "access").chmod(0o2750)
        (folder / "access" / "acl").unlink()
        mosquitto.let_in(settings, ["east"])
        configuration = mosquitto.write(settings)
        mosquitto.hand_over(settings)
        children = [
            Child("broker", (mosquitto.program(), "-c", str(configuration)), settings.run, settings.log),
            Child("reload", (sys.executable, "-c", become, str(folder)), settings.run, settings.log),
        ]
        supervisor = Supervisor(children)
        supervisor.start()
        try:
            log = settings.log / "reload.log"
            until(lambda: log.read_text().count("reads anew") == 1)
            assert find(configuration) == supervisor.pid("broker")
            assert psutil.Process(supervisor.pid("reload")).uids().real == user.pw_uid
            south = wires("south")
            assert south.say(Name.HEALTH, b"x", qos=1) == REFUSED
            mosquitto.let_in(settings, ["south"])
            until(lambda: log.read_text().count("reads anew") == 2, MOMENT)
            held = folder / "broker" / "acl"
            assert held.read_text() == mosquitto.access_list(["south"])
            assert (held.stat().st_uid, stat.S_IMODE(held.stat().st_mode)) == (user.pw_uid, 0o600)
            assert stat.S_IMODE((folder / "access" / "acl").stat().st_mode) == 0o640
            until(lambda: south.say(Name.HEALTH, b"x", qos=1) != REFUSED, MOMENT)
        finally:
            supervisor.stop()
    finally:
        shutil.rmtree(folder)
