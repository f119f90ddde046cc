"""The pages behind a real nginx that is set up with README's own lines: signing in, addresses, cookies, streams.

nginx runs as whoever runs the test, with every file of its own in the test's folder, and a certificate that the test makes.
"""

import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.enrolment import authority
from tests.hub.ledgers import table
from tests.hub.serving import Client, serving
from tests.hub.towns import Place, build
from tests.ports import free_port

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
README = Path(__file__).resolve().parents[3] / "README.md"

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (scripts/test does)")


@dataclass
class Proxied:
    """A town behind nginx."""

    place: Place
    port: int
    tls: ssl.SSLContext

    def client(self, source: str = "127.0.0.1") -> Client:
        return Client(self.port, source, self.tls)


def block() -> str:
    """README's server block."""
    (found,) = re.findall(r"~~~nginx\n(.*?)~~~", README.read_text(encoding="utf-8"), re.S)
    return str(found)


def configuration(folder: Path, port: int, hub: int) -> str:
    """nginx.conf with README's block: only ports, names and the certificate's place are the test's."""
    text = block()
    for pattern, ours in (
        (r"listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        (r"server_name [^;]+;", "server_name localhost;"),
        (r"ssl_certificate [^;]+;", f"ssl_certificate {folder}/server.pem;"),
        (r"ssl_certificate_key [^;]+;", f"ssl_certificate_key {folder}/server.key;"),
        (r"proxy_pass http://127\.0\.0\.1:8000;", f"proxy_pass http://127.0.0.1:{hub};"),
    ):
        text, times = re.subn(pattern, ours, text)
        assert times == 1, pattern
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;\n"
        f"events {{ }}\nhttp {{ access_log off;\n{temporary}\n{text}\n}}\n"
    )


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    assert NGINX is not None
    folder = tmp_path_factory.mktemp("nginx")
    folder.chmod(0o755)
    place = build(folder / "hub")
    ca = authority.new_authority("test", datetime.now(UTC))
    pair = authority.server(ca, ("localhost", "127.0.0.1"), datetime.now(UTC))
    (folder / "server.pem").write_text(pair.certificate)
    (folder / "server.key").write_text(pair.key)
    (folder / "ca.pem").write_text(ca.certificate)
    port = free_port()
    with serving(place, proxies=1) as served:
        (folder / "nginx.conf").write_text(configuration(folder, port, served.port), encoding="utf-8")
        command = (NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log"))
        with subprocess.Popen(command, stderr=subprocess.PIPE) as nginx:
            found = Proxied(place, port, ssl.create_default_context(cafile=folder / "ca.pem"))
            deadline = time.monotonic() + 30
            while True:
                try:
                    found.client().get("/healthz")
                    break
                except OSError:
                    assert nginx.poll() is None, (folder / "error.log").read_text()
                    assert time.monotonic() < deadline, "nginx did not start"
                    time.sleep(0.1)
            yield found
            nginx.terminate()
    place.engine.dispose()


def test_the_block_sets_the_two_headers_and_no_others() -> None:
    assert re.findall(r"proxy_set_header (\S+)", block()) == ["X-Forwarded-For", "X-Forwarded-Proto"]


def test_people_sign_in_with_only_the_documented_headers(proxied: Proxied) -> None:
    """Faults C: every login answered 400 "form too old"."""
    client = proxied.client()
    origin = f"https://localhost:{proxied.port}"
    assert client.log_in("officer", Origin=origin, Referer=f"{origin}/login", Sec_Fetch_Site="same-origin") == 302
    status, page = client.get("/passes")
    assert status == 200
    assert "127.0.0.1:" not in page, "the hub's inner address is on a page"


def test_a_form_from_another_site_is_refused(proxied: Proxied) -> None:
    assert proxied.client().log_in("officer", Origin="https://evil.example", Sec_Fetch_Site="cross-site") == 400


def test_cookies_are_secure_and_the_browser_stays_with_https(proxied: Proxied) -> None:
    client = proxied.client()
    client.log_in("viewer")
    assert client.headers is not None
    cookies = client.headers.get_all("Set-Cookie") or []
    assert cookies
    for cookie in cookies:
        assert {"Secure", "HttpOnly", "SameSite=Strict"} <= set(cookie.split("; ")), cookie
    assert client.headers["Strict-Transport-Security"]


def test_limits_and_the_audit_see_the_clients_address(proxied: Proxied) -> None:
    attacker = proxied.client("127.0.0.66")
    # what a client says of itself is not believed
    codes = [attacker.log_in("boss", "guess", X_Forwarded_For=f"10.0.0.{number}") for number in range(11)]
    assert codes == [401] * 10 + [429]
    assert proxied.client("127.0.0.67").log_in("boss") == 302
    rows = [row for row in table(proxied.place, "audit") if row["action"] in ("sign-in failed", "logged in")]
    assert any('"127.0.0.66"' in row["detail"] and '"times": 1' in row["detail"] for row in rows)
    assert [row["times"] for row in table(proxied.place, "audit_counts") if '"127.0.0.66"' in row["detail"]] == [10]
    assert any('"127.0.0.67"' in row["detail"] for row in rows)
    assert not any("10.0.0." in row["detail"] for row in rows)


def test_the_figures_are_for_nobody_who_comes_through_the_proxy(proxied: Proxied) -> None:
    """The proxy is at this machine: else everybody would be."""
    for address in ("127.0.0.1", "127.0.0.66"):
        assert proxied.client(address).get("/metrics")[0] == 403


def test_a_stream_comes_through_as_it_is_written(proxied: Proxied) -> None:
    client = proxied.client()
    client.log_in("viewer")
    link = client.open()
    link.request("GET", "/stream", headers={"Cookie": "; ".join(f"{k}={v}" for k, v in client.cookies.items())})
    answer, text, began = link.getresponse(), b"", time.monotonic()
    while b"event: beat" not in text:
        text += answer.read1(100)
        assert time.monotonic() - began < 20, "nginx holds the stream back"
    link.close()
