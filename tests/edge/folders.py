"""A gate's folder as enrolment leaves it, with the contract's sample keys and a certificate of its own."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from edge.contract.canonical import public_hex
from edge.contract.messages import Signed
from edge.lists.store import Lists
from tests.contract.samples import GATE_KEY, HUB_KEY, ISSUED, PASSLIST
from tests.edge.gates import POLICY_FULL
from tests.ports import free_port


def enrolled(folder: Path, *, camera: str, gate: str = "east", common_name: str = "east", lists: bool = True) -> Path:
    """Makes the folder; nobody listens where its hub should be."""
    keys = folder / "keys"
    keys.mkdir(parents=True)
    certificate, tls_key = _certificate(common_name)
    for name, text in (
        ("ca.pem", certificate),
        ("cert.pem", certificate),
        ("tls.key", tls_key),
        ("signing.key", GATE_KEY.private_bytes_raw().hex()),
        ("hub.pub", public_hex(HUB_KEY)),
    ):
        (keys / name).touch(mode=0o600)
        (keys / name).write_text(text, encoding="ascii")
    (folder / "gate.toml").write_text(
        f'town = "demo"\ngate = "{gate}"\n[hub]\nport = {free_port()}\n[hardware]\nfactory = "mock"\n'
        f'[kiosk]\nport = {free_port()}\n[[lanes]]\nname = "1"\n[lanes.camera]\nsource = "{camera}"\n'
        "frames_per_second = 5\n",
        encoding="utf-8",
    )
    if lists:
        _give_lists(folder)
    return folder


def _give_lists(folder: Path) -> None:
    lists = Lists.open(folder / "lists.db", town="demo", hub_key=HUB_KEY.public_key())
    for kind, body in (("policy", POLICY_FULL), ("passlist", PASSLIST)):
        signed = Signed.seal(kind, "demo", 1, ISSUED, body, HUB_KEY)  # type: ignore[arg-type]  # a pair's kind is a Literal
        assert lists.accept(signed, datetime.now(UTC)) is None
    lists.close()


def _certificate(common_name: str) -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM).decode(), private.decode()
