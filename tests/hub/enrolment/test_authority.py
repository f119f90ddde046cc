"""The town's certificates are what strict verifiers want, and believed by a gate whose clock stands behind."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID

from hub.enrolment import authority

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CA = authority.new_authority("demo", NOW)
ROOT = x509.load_pem_x509_certificate(CA.certificate.encode())


def load(pair: authority.Pair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate.encode())


def store() -> verification.Store:
    return verification.Store([ROOT])


def test_a_strict_verifier_takes_the_broker_for_every_name_it_has() -> None:
    server = load(authority.server(CA, ("192.168.1.10", "localhost", "127.0.0.1"), NOW))
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name) for name in names.get_values_for_type(x509.IPAddress)] == ["192.168.1.10", "127.0.0.1"]
    builder = verification.PolicyBuilder().store(store()).time(NOW.replace(tzinfo=None))
    verifier = builder.build_server_verifier(x509.DNSName("localhost"))
    assert verifier.verify(server, []) == [server, ROOT]


def test_a_gates_certificate_is_for_clients_and_names_it() -> None:
    client = load(authority.client(CA, "east", NOW))
    assert client.subject.rfc4514_string() == "CN=east"
    assert list(client.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.CLIENT_AUTH
    ]
    client.verify_directly_issued_by(ROOT)


def test_a_clock_years_behind_still_believes() -> None:
    for certificate in (ROOT, load(authority.client(CA, "east", NOW))):
        assert certificate.not_valid_before_utc < NOW - timedelta(days=4 * 365)
        assert certificate.not_valid_after_utc > NOW + timedelta(days=700)


def test_keys_are_identified_and_their_use_is_limited() -> None:
    leaf = load(authority.server(CA, ("localhost",), NOW))
    own = ROOT.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier == own
    assert ROOT.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    assert not leaf.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    assert leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert leaf.fingerprint(hashes.SHA256()) != ROOT.fingerprint(hashes.SHA256())
