"""The console under test: the app of a busy town at a fixed time, and clients that log in as people do."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from html import unescape

from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, stream_encode_multipart

from hub.accounts.roles import Role
from hub.web.app import create_app
from tests.hub.towns import NOW, PASSWORD, Place


class Compiled(BytecodeCache):
    """The templates as one of this process's apps compiled them, for the apps of all other tests; of a changed template nothing counts."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Hands over what was compiled of the same source."""
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps what was compiled."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


@contextmanager
def console(place: Place, clock: Callable[[], datetime] = lambda: NOW) -> Iterator[Flask]:
    """The app of a town; its engines are closed afterwards."""
    app = create_app(place.folder, clock=clock)
    app.testing = True
    app.jinja_env.bytecode_cache = COMPILED
    app.config["PROPAGATE_EXCEPTIONS"] = False
    try:
        yield app
    finally:
        app.extensions["kakou"].writing.dispose()
        app.extensions["kakou"].reading.dispose()


class Browser:
    """A test client that keeps the page's CSRF token, as a browser's form would."""

    def __init__(self, app: Flask, role: Role | None = None, language: str = "en") -> None:
        self.client: FlaskClient = app.test_client()
        self.client.set_cookie("lang", language)
        if role is not None:
            answer = self.send(
                "/login", {"login": role.value if role is not Role.ADMIN else "boss", "password": PASSWORD}
            )
            assert answer.status_code == 302, text_of(answer)

    def open(self, address: str) -> TestResponse:
        """A page."""
        return self.client.get(address, buffered=True)

    def send(self, address: str, form: Mapping[str, object], *, page: str = "/login") -> TestResponse:
        """A form, with the token of a page that has one."""
        data = {"csrf_token": self.token(page), **form}
        files = {
            name: FileStorage(value[0], value[1], name=name) for name, value in form.items() if isinstance(value, tuple)
        }
        if not files:
            return self.client.post(address, data=data)
        # written here, in memory: the client would leave the temporary file of a large upload unclosed
        data.update(files)
        stream, length, boundary = stream_encode_multipart(data, use_tempfile=False)
        kind = f'multipart/form-data; boundary="{boundary}"'
        return self.client.post(address, input_stream=stream, content_length=length, content_type=kind)

    def token(self, page: str = "/login") -> str:
        """The CSRF token on a page."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.open(page).text)
        assert found
        return found[1]


def text_of(answer: TestResponse) -> str:
    """What a person reads on a page: no tags, no icons."""
    body = re.sub(r"<(script|svg|head)\b.*?</\1>", " ", answer.text, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())
