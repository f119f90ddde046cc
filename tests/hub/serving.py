"""The console as `serve` starts it: a process on a port, spoken to over plain sockets."""

import http.client
import os
import re
import ssl
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from hub.service.serve import web_command, web_environment
from tests.hub.towns import PASSWORD, Place
from tests.ports import free_port


@dataclass
class Served:
    """The process, and where it listens."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def memory(self) -> int:
        """Resident memory, MiB; the most there was."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:  # noqa: PTH123
            found = re.search(r"VmHWM:\s+(\d+) kB", file.read())
        assert found
        return int(found[1]) // 1024


@contextmanager
def serving(place: Place, **web: object) -> Iterator[Served]:
    """A town's console with these settings of `web`."""
    settings = place.town.settings
    port = free_port()
    settings = settings.model_copy(update={"web": settings.web.model_copy(update={"port": port, **web})})
    (place.folder / "hub.toml").write_text(settings.text(), encoding="utf-8")
    log = place.folder / "log" / "web-test.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            web_command(settings), env={**os.environ, **web_environment(settings)}, stdout=out, stderr=out
        )
    served = Served(process, port)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                Client(port).get("/healthz")
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, "the console did not start"
                time.sleep(0.1)
        yield served
    finally:
        process.terminate()
        process.wait(30)


@dataclass
class Client:
    """A browser of few words, from an address of its own."""

    port: int
    source: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    cookies: dict[str, str] = field(default_factory=dict)
    headers: http.client.HTTPMessage | None = None

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, str]:
        """Status and text; cookies and headers of the answer are kept."""
        link = self.open()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        link.request(method, path, body, sent)
        answer = link.getresponse()
        text = answer.read().decode()
        self.headers = answer.headers
        for each in answer.headers.get_all("Set-Cookie") or ():
            name, _between, rest = each.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        link.close()
        return answer.status, text

    def open(self) -> http.client.HTTPConnection:
        """A connection."""
        where, source = "127.0.0.1", (self.source, 0)
        if self.tls is not None:
            return http.client.HTTPSConnection(where, self.port, timeout=60, source_address=source, context=self.tls)
        return http.client.HTTPConnection(where, self.port, timeout=60, source_address=source)

    def get(self, path: str) -> tuple[int, str]:
        """A page."""
        return self.ask("GET", path)

    def log_in(self, login: str = "officer", password: str = PASSWORD, **headers: str) -> int:
        """The status of the answer to a login, with the token of its page."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/login")[1])
        assert found
        form = urllib.parse.urlencode({"csrf_token": found[1], "login": login, "password": password})
        kind = "application/x-www-form-urlencoded"
        return self.ask("POST", "/login", form, Content_Type=kind, **headers)[0]
