"""The hub gets another address while it runs: gates know it ahead, the broker's certificate is good for it, the old one goes last."""

import json
import signal
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import DNSName, IPAddress, SubjectAlternativeName

from edge.contract.topics import Name
from hub import cli
from hub.broker.access import CERTIFICATE, FOLDER, KEY, Reload, fits
from hub.enrolment import authority
from hub.gates import store
from hub.gates.policy import publish_names, publish_policy
from hub.listener.listener import address
from hub.town.settings import Settings
from tests.hub.ledgers import table
from tests.hub.service.test_supervise import serving
from tests.hub.towns import NOW, Place
from tests.hub.wire import Wire, let_gates_in, until, with_ports

POLICY = "kakou/v1/hub/policy"
MOMENT = 8.0
"""Seconds in which a change must have reached broker and gates."""


def run(place: Place, *words: str) -> int:
    return cli.main(["--data", str(place.folder), "address", *words])


def shown(settings: Settings) -> set[str]:
    """The names and addresses of the certificate that the broker shows now."""
    pem = ssl.get_server_certificate(("127.0.0.1", settings.broker.port), timeout=5)
    names = x509.load_pem_x509_certificate(pem.encode()).extensions.get_extension_for_class(SubjectAlternativeName)
    return {*names.value.get_values_for_type(DNSName), *map(str, names.value.get_values_for_type(IPAddress))}


def tell(place: Place, gate: str, version: int) -> None:
    """What the hub keeps of a gate that says which policy it holds."""
    said = json.dumps({"at": "2026-03-01T04:30:00.000Z", "software": "test", "policy": version})
    with place.engine.begin() as connection:
        store.save_status(connection, place.town.id, [(gate, {"health": said})])


@pytest.fixture
def served(place: Place) -> Iterator[Settings]:
    """`kakou-hub serve`, its listener at work."""
    settings = with_ports(place)
    let_gates_in(settings)
    process = serving(place)
    until(lambda: [row for row in table(place, "gate_status") if row["gate"] == "hub" and row["online"]])
    yield settings
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)


def test_gates_are_told_ahead_and_the_broker_shows_the_new_address_without_a_new_start(
    place: Place, served: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    east = Wire(place, "east", tmp_path / "east")
    lost: list[object] = []
    east.client.on_disconnect = lambda *said: lost.append(said)
    before = east.next(POLICY)["version"]
    assert "192.0.2.7" not in shown(served)
    assert run(place, "add", "192.0.2.7") == 0
    assert run(place, "add", "Hub.Example") == 0
    told = east.next(POLICY, lambda policy: policy["version"] > before and "hub.example" in policy["text"])
    assert json.loads(told["text"])["addresses"] == ["127.0.0.1", "192.0.2.7", "hub.example"]
    until(lambda: {"192.0.2.7", "hub.example", "127.0.0.1"} <= shown(served), MOMENT)
    assert lost == []
    assert east.say(Name.STATE, b"x") != "Not authorized"
    east.close()
    assert "added" in capsys.readouterr().out


def test_an_address_goes_when_every_gate_knows_the_others(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    with_ports(place)
    assert run(place, "remove", "127.0.0.1") == 1
    assert "the only one: add the new one first" in capsys.readouterr().err
    assert run(place, "add", "192.0.2.7") == 0
    capsys.readouterr()
    assert run(place, "remove", "127.0.0.1") == 1
    error = capsys.readouterr().err
    assert "would look for the hub there: not told yet of the others" in error
    assert error.count("\n") == 1
    assert run(place, "list") == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed == ["127.0.0.1  (in new bundles)", "192.0.2.7", "not told yet: east, south, west, north"]
    for gate in ("east", "north", "south", "west"):
        tell(place, gate, 1_000_000)
    assert run(place, "remove", "127.0.0.1") == 0
    settings = Settings.load(place.folder)
    assert (settings.broker.host, settings.broker.also) == ("192.0.2.7", ())
    rows = [row["action"] for row in table(place, "audit") if row["action"].startswith("address")]
    assert rows == ["address added", "address removed"]


@pytest.mark.parametrize("word", ["a b", "", "-x", "300.1.1.1", "0.0.0.0", "http://hub", "224.0.0.1", "x" * 254])
def test_what_is_no_address_is_one_line_and_changes_nothing(
    word: str, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (place.folder / "hub.toml").read_bytes()
    assert run(place, "add", "--", word) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert (place.folder / "hub.toml").read_bytes() == before
    assert not (place.folder / FOLDER / CERTIFICATE).exists()


def test_hub_toml_keeps_its_other_lines(place: Place) -> None:
    file = place.folder / "hub.toml"
    file.write_text(file.read_text() + "\n# a word of ours\n")
    lines = file.read_text().splitlines()
    assert run(place, "add", "hub.example") == 0
    after = file.read_text().splitlines()
    assert [line for line in lines if line not in after] == [line for line in lines if line.startswith("also = ")]
    assert Settings.load(place.folder).broker.hosts == ("127.0.0.1", "hub.example")


def test_a_process_with_older_settings_does_not_take_an_address_back(place: Place) -> None:
    older = place.town
    assert run(place, "add", "hub.example") == 0
    with place.engine.begin() as connection:
        for publish in (publish_names, publish_policy):
            assert "hub.example" in publish(older, connection, NOW + timedelta(hours=1)).policy().addresses


def test_a_certificate_of_another_authority_or_key_is_not_taken(place: Place) -> None:
    ours = authority.Pair(*((place.folder / "ca" / name).read_text() for name in ("ca.pem", "ca.key")))
    pair = authority.server(ours, ("hub.example",), NOW)
    strange = authority.server(authority.new_authority("x", NOW), ("hub.example",), NOW)
    assert fits(pair.certificate.encode(), pair.key.encode(), ours.certificate.encode())
    for certificate, key in ((strange.certificate, strange.key), (pair.certificate, strange.key), ("x", pair.key)):
        assert not fits(certificate.encode(), key.encode(), ours.certificate.encode())
        for name, text in ((CERTIFICATE, certificate), (KEY, key)):
            (place.folder / FOLDER).mkdir(exist_ok=True)
            (place.folder / FOLDER / name).write_text(text)
        held = (place.folder / "broker" / CERTIFICATE).read_bytes()
        assert not Reload(place.folder).take_certificate()
        assert (place.folder / "broker" / CERTIFICATE).read_bytes() == held


def test_a_pair_that_was_cut_off_in_the_middle_is_whole_at_the_next_look(place: Place) -> None:
    assert run(place, "add", "hub.example") == 0
    wanted = (place.folder / FOLDER / KEY).read_bytes()
    (place.folder / "broker" / KEY).write_bytes(wanted)  # the cut: key put, certificate not
    assert Reload(place.folder).take_certificate()
    assert (place.folder / "broker" / CERTIFICATE).read_bytes() == (place.folder / FOLDER / CERTIFICATE).read_bytes()
    assert not Reload(place.folder).take_certificate()


@pytest.mark.parametrize(
    ("bind", "run_here", "expected"),
    [
        ("0.0.0.0", True, "127.0.0.1"),
        ("::", True, "::1"),
        ("0.0.0.0", False, "hub.example"),
        ("192.0.2.7", True, "hub.example"),
    ],
)
def test_the_listener_reaches_the_broker_on_the_machine_itself(
    place: Place, bind: str, run_here: bool, expected: str
) -> None:
    settings = with_ports(place, bind=bind, run=run_here, host="hub.example")
    assert address(settings).host == expected
