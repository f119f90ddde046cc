"""A real mosquitto for tests: on a free loopback port, with TLS, client certificates and the contract's ACL, or plain.

with running(tmp_path) as broker:            # TLS; broker.keys("east") makes a folder as `kakou-gate enrol` does
    broker.kill(); broker.start()            # the same port again
"""

import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.ports import free_port

MOSQUITTO = "/usr/sbin/mosquitto"
ACL = """\
user hub
topic readwrite kakou/v1/#

pattern write kakou/v1/%u/records
pattern write kakou/v1/%u/hello
pattern write kakou/v1/%u/state
pattern write kakou/v1/%u/health
pattern read kakou/v1/%u/ack
pattern read kakou/v1/%u/command
pattern read kakou/v1/%u/sightings
pattern read kakou/v1/hub/#
"""


def until(what: Callable[[], object], seconds: float = 15.0) -> None:
    """Polls until `what()` is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)


class Authority:
    """A town's CA, for one test."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test CA")])
        self._certificate = self._sign(self._name, self._key.public_key(), (x509.BasicConstraints(True, 0),))

    @property
    def pem(self) -> str:
        """The CA's certificate."""
        return self._certificate.public_bytes(Encoding.PEM).decode()

    def issue(self, name: str, *, host: str | None = None) -> tuple[str, str]:
        """(certificate, key) in PEM for the CN `name`; for a server if it has a `host`."""
        key = ec.generate_private_key(ec.SECP256R1())
        usage = ExtendedKeyUsageOID.SERVER_AUTH if host else ExtendedKeyUsageOID.CLIENT_AUTH
        extensions: list[x509.ExtensionType] = [x509.BasicConstraints(False, None), x509.ExtendedKeyUsage([usage])]
        if host:
            extensions.append(x509.SubjectAlternativeName([_host_name(host)]))
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._sign(subject, key.public_key(), extensions)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return certificate.public_bytes(Encoding.PEM).decode(), pem

    def _sign(
        self, subject: x509.Name, public: ec.EllipticCurvePublicKey, extensions: Iterable[x509.ExtensionType]
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, isinstance(extension, x509.BasicConstraints))
        return builder.sign(self._key, SHA256())


class Broker:
    """One mosquitto in `folder`; `start`, `kill` (-9) and `stop` as often as a test likes, on one port."""

    def __init__(self, folder: Path, *, tls: bool = True, host: str = "127.0.0.1") -> None:
        self.folder = folder
        self.tls = tls
        self.port = free_port()
        self.authority = Authority()
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        certificate, key = self.authority.issue("broker", host=host)
        for name, text in (("ca.pem", self.authority.pem), ("server.pem", certificate), ("server.key", key)):
            (folder / name).write_text(text)
        (folder / "acl").write_text(ACL)
        (folder / "acl").chmod(0o600)

    def start(self) -> None:
        """Starts it, on another port if this one was taken meanwhile and nobody knows it yet."""
        known = (self.folder / "mosquitto.conf").exists()
        for _ in range(5):
            self._write_configuration()
            self._process = subprocess.Popen([MOSQUITTO, "-c", str(self.folder / "mosquitto.conf")])
            if self._listens():
                return
            if not known:
                self.port = free_port()
        raise AssertionError("mosquitto does not start")

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The running broker."""
        assert self._process is not None
        return self._process

    def kill(self) -> None:
        """As a power cut would."""
        self._end(kill=True)

    def stop(self) -> None:
        """In good order."""
        self._end(kill=False)

    def keys(self, gate: str) -> Path:
        """A folder with ca.pem, cert.pem and tls.key of a client whose CN is `gate`."""
        keys = self.folder / f"keys-{gate}"
        if not keys.exists():
            keys.mkdir()
            certificate, key = self.authority.issue(gate)
            for name, text in (("ca.pem", self.authority.pem), ("cert.pem", certificate), ("tls.key", key)):
                (keys / name).write_text(text)
        return keys

    def context(self, name: str) -> ssl.SSLContext:
        """TLS for the client `name`."""
        keys = self.keys(name)
        context = ssl.create_default_context(cafile=str(keys / "ca.pem"))
        context.load_cert_chain(keys / "cert.pem", keys / "tls.key")
        return context

    def _end(self, *, kill: bool) -> None:
        if self._process is not None:
            (self._process.kill if kill else self._process.terminate)()
            self._process.wait(10)
            self._process = None

    def _listens(self) -> bool:
        assert self._process is not None
        deadline = time.monotonic() + 10
        while self._process.poll() is None and time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return True
            time.sleep(0.01)
        self._end(kill=True)
        return False

    def _write_configuration(self) -> None:
        lines = [f"listener {self.port} 127.0.0.1", "user root", "log_type none", "persistence false"]
        lines.append("set_tcp_nodelay true")  # or every ack waits 40 ms for another
        if self.tls:
            lines += [
                f"cafile {self.folder / 'ca.pem'}",
                f"certfile {self.folder / 'server.pem'}",
                f"keyfile {self.folder / 'server.key'}",
                "require_certificate true",
                "use_identity_as_username true",
                f"acl_file {self.folder / 'acl'}",
            ]
        else:
            lines.append("allow_anonymous true")
        (self.folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")


@contextmanager
def running(folder: Path, *, tls: bool = True, host: str = "127.0.0.1") -> Iterator[Broker]:
    """A started broker that is ended with the block, whatever happened to it in between."""
    broker = Broker(folder / "broker", tls=tls, host=host)
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()


def _host_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
