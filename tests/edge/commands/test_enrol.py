"""A gate is enrolled or it is not: everything in its place, or one clear line and nothing changed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge import config
from edge.commands.enrol import EnrolError, enrol
from edge.contract.canonical import public_hex
from edge.contract.messages import Bundle, Signed
from edge.keys import Keys
from edge.lists.store import Lists
from tests.brokers import Authority
from tests.contract.samples import GATE, GATE_KEY, HUB_KEY, ISSUED, PASSLIST, POLICY, TOWN


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def bundle(authority: Authority) -> Bundle:
    certificate, key = authority.issue(GATE)
    return Bundle(
        town=TOWN, gate=GATE, host="hub.example", port=8884, ca=authority.pem, certificate=certificate, tls_key=key,
        signing_key=GATE_KEY.private_bytes_raw().hex(), hub_key=public_hex(HUB_KEY),
        policy=Signed.seal("policy", TOWN, 3, ISSUED, POLICY, HUB_KEY),
        passlist=Signed.seal("passlist", TOWN, 5, ISSUED, PASSLIST, HUB_KEY),
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "gate"


def written(tmp_path: Path, bundle: Bundle, **changes: object) -> Path:
    path = tmp_path / "bundle.json"
    path.write_bytes(bundle.model_copy(update=changes).encode())
    return path


def test_enrolled_gate_has_its_keys_lists_and_settings(tmp_path: Path, folder: Path, bundle: Bundle) -> None:
    assert enrol(folder, written(tmp_path, bundle)) == bundle
    keys = Keys.load(folder)
    assert (public_hex(keys.signing), public_hex(keys.hub)) == (public_hex(GATE_KEY), public_hex(HUB_KEY))
    assert (keys.ca.read_text(), keys.certificate.read_text()) == (bundle.ca, bundle.certificate)
    lists = Lists.open(folder / "lists.db", town=TOWN, hub_key=keys.hub)
    assert (lists.snapshot().policy_version, lists.snapshot().passlist_version) == (3, 5)
    lists.close()
    settings = config.load(folder)
    assert (settings.town, settings.gate, settings.hub.host, settings.hub.port) == (TOWN, GATE, "hub.example", 8884)
    assert (settings.hardware.factory, settings.lanes[0].camera.source) == ("lgpio", "v4l2:/dev/video0")


def test_template_says_every_setting_as_it_stands_by_default(tmp_path: Path, folder: Path, bundle: Bundle) -> None:
    """README's table of settings is the code's (tests/scripts/test_readme.py): so it says what enrolment writes (faults G)."""
    enrol(folder, written(tmp_path, bundle))
    made = config.load(folder)
    least = config.Settings(
        town=made.town,
        gate=made.gate,
        hub=made.hub,
        hardware=made.hardware,
        lanes=(config.LaneSettings(name="1"),),
    )
    assert made == least


def test_secrets_are_for_their_owner_alone(tmp_path: Path, folder: Path, bundle: Bundle) -> None:
    enrol(folder, written(tmp_path, bundle))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "keys").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (folder / "keys").iterdir()} == {0o600}


def test_settings_that_are_there_already_stay(tmp_path: Path, folder: Path, bundle: Bundle) -> None:
    folder.mkdir()
    mine = f'town = "{TOWN}"\ngate = "{GATE}"\n[hardware]\nfactory = "mock"\n[[lanes]]\nname = "north"\n'
    (folder / "gate.toml").write_text(mine)
    enrol(folder, written(tmp_path, bundle))
    assert (folder / "gate.toml").read_text() == mine


def test_enrolled_gate_is_never_overwritten(tmp_path: Path, folder: Path, bundle: Bundle) -> None:
    path = written(tmp_path, bundle)
    enrol(folder, path)
    before = snapshot_of(folder)
    with pytest.raises(EnrolError, match="already enrolled") as error:
        enrol(folder, path)
    assert "\n" not in str(error.value)
    assert snapshot_of(folder) == before


def test_attempt_that_a_power_cut_ended_is_made_again(tmp_path: Path, folder: Path, bundle: Bundle) -> None:
    path = written(tmp_path, bundle)
    enrol(folder, path)
    (folder / "keys").rename(folder / "keys.new")  # the last step had not happened
    (folder / "keys.new" / "signing.key").write_text("torn")
    enrol(folder, path)
    assert public_hex(Keys.load(folder).signing) == public_hex(GATE_KEY)
    assert not (folder / "keys.new").exists()


def snapshot_of(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def stranger(bundle: Bundle, authority: Authority) -> dict[str, object]:
    return {"policy": Signed.seal("policy", TOWN, 3, ISSUED, POLICY, Ed25519PrivateKey.generate())}


def swapped(bundle: Bundle, authority: Authority) -> dict[str, object]:
    return {"passlist": bundle.policy}


def other_gate(bundle: Bundle, authority: Authority) -> dict[str, object]:
    return {"gate": "south"}


def unknown_gate(bundle: Bundle, authority: Authority) -> dict[str, object]:
    return {"gate": "attic"}


def bad_gate(bundle: Bundle, authority: Authority) -> dict[str, object]:
    return {"gate": "../../etc"}


def other_ca(bundle: Bundle, authority: Authority) -> dict[str, object]:
    return {"ca": Authority().pem}


def other_key(bundle: Bundle, authority: Authority) -> dict[str, object]:
    return {"tls_key": authority.issue(GATE)[1]}


def no_pem(bundle: Bundle, authority: Authority) -> dict[str, object]:
    return {"certificate": "-----BEGIN NOTHING-----"}


def bad_port(bundle: Bundle, authority: Authority) -> dict[str, object]:
    return {"port": 99_999}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (stranger, "policy: not signed with the bundle's hub_key"),
        (swapped, "passlist: found a policy of town 'demo'"),
        (other_gate, r"certificate: for \['east'\], expected 'south'"),
        (unknown_gate, "gate 'attic' is not in the policy, which knows east, south"),
        (bad_gate, "gate: expected a slug"),
        (other_ca, "certificate: not issued by the bundle's ca"),
        (other_key, "tls_key: is not the certificate's"),
        (no_pem, "expected PEM"),
        (bad_port, "port: Input should be less than or equal to 65535"),
    ],
)
def test_bundle_that_does_not_hold_together_changes_nothing(
    tmp_path: Path,
    folder: Path,
    bundle: Bundle,
    authority: Authority,
    change: Callable[[Bundle, Authority], dict[str, object]],
    why: str,
) -> None:
    with pytest.raises(EnrolError, match=why) as error:
        enrol(folder, written(tmp_path, bundle, **change(bundle, authority)))
    assert "\n" not in str(error.value)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [("hello", "not a bundle of the hub"), ("{}", "town: Field required"), (json.dumps({"v": 2}), "v: ")],
)
def test_file_that_is_no_bundle_is_named(tmp_path: Path, folder: Path, text: str, why: str) -> None:
    (tmp_path / "bundle.json").write_text(text)
    with pytest.raises(EnrolError, match=why) as error:
        enrol(folder, tmp_path / "bundle.json")
    assert "bundle.json" in str(error.value)
    assert "\n" not in str(error.value)
    assert not folder.exists()


def test_bundle_that_is_not_there_is_named(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(EnrolError, match=r"none\.json: cannot be read: No such file or directory"):
        enrol(folder, tmp_path / "none.json")


def test_settings_for_another_gate_are_not_touched(tmp_path: Path, folder: Path, bundle: Bundle) -> None:
    folder.mkdir()
    mine = f'town = "{TOWN}"\ngate = "west"\n[hardware]\nfactory = "mock"\n[[lanes]]\nname = "1"\n'
    (folder / "gate.toml").write_text(mine)
    with pytest.raises(EnrolError, match=r"gate.toml: is for gate 'west'"):
        enrol(folder, written(tmp_path, bundle))
    assert [path.name for path in folder.iterdir()] == ["gate.toml"]
