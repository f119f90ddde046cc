"""The hub's settings: DIR/hub.toml read once into one frozen value, and where everything else in DIR lies.

Tested in `tests/hub/backup/test_hostile.py` and `tests/scripts/test_readme.py`.
"""

import json
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from sqlalchemy.engine import URL

from hub.database.engine import sqlite_url
from hub.errors import HubError
from hub.values.visible import short

FILE = "hub.toml"
LONGEST_FOUND = 80
"""Characters of a value that a line about it shows."""
Port = Annotated[int, Field(ge=1, le=65535)]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,253}$")]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Database(_Section):
    """The database of the ledger. No URL: the SQLite file `hub.db` in the town's folder."""

    url: str | None = None


class Broker(_Section):
    """The town's broker. `host` is the name or address at which gates reach it first, `also` are further ones, `bind` is where it listens.

    `user`: whom mosquitto becomes when it is started by root. `root` is for demonstrations.
    """

    run: bool = True
    host: Host = "127.0.0.1"
    also: Annotated[tuple[Host, ...], Field(strict=False, max_length=15)] = ()
    bind: Host = "127.0.0.1"
    port: Port = 8883
    user: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")] = "mosquitto"

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every name and address at which gates reach the broker."""
        return tuple(dict.fromkeys((self.host, *self.also)))

    @property
    def near(self) -> str:
        """Where the hub's own processes reach the broker: on this machine itself wherever it listens there."""
        loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.bind)  # noqa: S104
        return loopback if self.run and loopback else self.host


class Web(_Section):
    """The address at which the console listens. `proxies`: how many proxies of ours stand in front of it and are believed on a client's address."""

    host: Host = "127.0.0.1"
    port: Port = 8000
    proxies: Annotated[int, Field(ge=0, le=1)] = 0


class Backup(_Section):
    """Scheduled backups: where (a relative folder lies in the town's), every how many hours (0: never), how many stay.

    A folder on another disk survives the one that holds the ledger: gates prune what a backup holds.
    """

    folder: Annotated[str, Field(min_length=1)] = "backups"
    hours: Annotated[int, Field(ge=0, le=24 * 31)] = 24
    keep: Annotated[int, Field(ge=1, le=1000)] = 14


class Api(_Section):
    """How many requests a minute a token, or somebody who is signed in, may send to the API; a fifth of them at once."""

    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 600


class Report(_Section):
    """The daily report: at which hour of the town's day it is made, for the 24 hours before."""

    hour: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "08:00"


Idle = Annotated[float, Field(gt=0, le=14)]
"""Hours; the longest is a shift and the handover after it."""


class Session(_Section):
    """After how many hours without an act of the user a session ends, by role; how many minutes before the end a page says so.

    Each act begins the hours anew. What a page asks for by itself is no act.
    """

    viewer: Idle = 14.0
    officer: Idle = 8.0
    supervisor: Idle = 2.0
    admin: Idle = 1.0
    warn_minutes: Annotated[int, Field(ge=1, le=60)] = 5

    def idle(self, role: str) -> timedelta:
        """The time without an act after which a session of this role ends."""
        hours: float = getattr(self, role)
        return timedelta(hours=hours)

    def warning(self, role: str) -> timedelta:
        """The time before the end at which a page says so; half of a session at most."""
        return min(timedelta(minutes=self.warn_minutes), self.idle(role) / 2)


class Metrics(_Section):
    """Who may read /metrics besides this machine itself: whoever sends this token. No token: nobody else."""

    token: Annotated[str, Field(pattern=r"^[A-Za-z0-9._~+/=-]{16,200}$")] | None = None


class Needs(_Section):
    """Requests of people with special needs: the help phone that is published, the class that a one-trip pass has unless another is chosen,
    for how many hours after the return it still counts.
    """

    phone: Annotated[str, Field(pattern=r"^[0-9+() -]{0,30}$")] = ""
    vehicle_class: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")] = "resident"
    home_hours: Annotated[float, Field(ge=0, le=72)] = 12.0


class Settings(_Section):
    """Everything that hub.toml says, and the folder it was found in."""

    town: Slug
    timezone: str = "Asia/Shanghai"
    language: Literal["zh", "en"] = "zh"
    database: Database = Database()
    broker: Broker = Broker()
    web: Web = Web()
    backup: Backup = Backup()
    session: Session = Session()
    metrics: Metrics = Metrics()
    api: Api = Api()
    report: Report = Report()
    needs: Needs = Needs()
    shifts: Annotated[
        tuple[Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")], ...],
        Field(strict=False, min_length=1, max_length=24),
    ] = ("08:00", "20:00")
    folder: Annotated[Path, Field(exclude=True)]

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"no such time zone: {value!r} (expected a name like Asia/Shanghai)") from None
        return value

    @classmethod
    def load(cls, folder: Path, name: str = FILE) -> Self:
        """The settings of a town's folder; `HubError` names file, key and what was expected."""
        file = folder / name
        try:
            data = tomllib.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise HubError(f"{file}: not found (kakou-hub --data {folder} init makes a town's folder)") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise HubError(f"{file}: not TOML: {error}") from None
        except OSError as error:
            raise HubError(f"{file}: {error.strerror}") from None
        if "folder" in data:
            raise HubError(f"{file}: folder: unknown key")
        return cls.of(data, folder)

    @classmethod
    def of(cls, data: dict[str, Any], folder: Path) -> Self:
        """The settings that `data` says; `HubError` as for `load`."""
        try:
            return cls.model_validate({**data, "folder": folder.absolute()})
        except ValidationError as error:
            raise HubError(f"{folder / FILE}: {fault(error)}") from None

    @property
    def zone(self) -> ZoneInfo:
        """The town's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def database_url(self) -> str | URL:
        """The SQLAlchemy URL of the ledger."""
        return self.database.url or sqlite_url(self.folder / "hub.db")

    @property
    def keys(self) -> Path:
        """The folder of signing keys, 0700."""
        return self.folder / "keys"

    @property
    def run(self) -> Path:
        """The folder of pid files."""
        return self.folder / "run"

    @property
    def imports(self) -> Path:
        """The lists that are being imported into registers."""
        return self.folder / "imports"

    @property
    def exports(self) -> Path:
        """The folder of lists that were written to files, 0700; each is gone after a day."""
        return self.folder / "exports"

    @property
    def log(self) -> Path:
        """The folder of the children's logs."""
        return self.folder / "log"

    def text(self) -> str:
        """The hub.toml that says this."""
        url = (
            f'url = "{self.database.url}"' if self.database.url else '# url = "postgresql+psycopg://…"   # for a county'
        )
        token = f'token = "{self.metrics.token}"' if self.metrics.token else '# token = "…"'
        return _TEMPLATE.format(
            settings=self, url=url, token=token, run=str(self.broker.run).lower(), shifts=list(self.shifts),
            also=json.dumps(list(self.broker.also)),
        )  # fmt: skip


def fresh_backup(settings: Settings) -> Backup:
    """When backups are made, as hub.toml says it now; as it was read first where it cannot be read any more."""
    try:
        return Settings.load(settings.folder).backup
    except HubError:
        return settings.backup


def fault(error: ValidationError) -> str:
    """The first fault of a settings file, as `key: what was expected`."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"]) or "file"
    if first["type"] == "extra_forbidden":
        return f"{key}: unknown key"
    if first["type"] == "missing":
        return f"{key}: missing"
    what = first["msg"].removeprefix("Value error, ")
    line = f"{key}: {what[:1].lower()}{what[1:]}"
    # what does not fit together names its parts by itself; the whole of them would fill a page
    return line if isinstance(first["input"], dict) else f"{line}, found {short(repr(first['input']), LONGEST_FOUND)}"


_TEMPLATE = """\
# Kakou: the hub of one town. An unknown key stops the hub and is named.
town = "{settings.town}"
timezone = "{settings.timezone}"
language = "{settings.language}"            # what the console speaks at first: zh | en
shifts = {shifts}          # when shifts change at the post; who signs on there begins one, too

[database]
{url}

[broker]
run = {run}                # `serve` runs mosquitto; false: it runs elsewhere
host = "{settings.broker.host}"       # where gates reach it; it stands in the broker's certificate
also = {also}                  # further names and addresses of it: kakou-hub address add | remove
bind = "{settings.broker.bind}"       # where it listens
port = {settings.broker.port}
user = "{settings.broker.user}"       # whom mosquitto becomes when root starts it

[web]
host = "{settings.web.host}"
port = {settings.web.port}
proxies = {settings.web.proxies}                # 1: a proxy of ours stands before it and sets X-Forwarded-For and X-Forwarded-Proto

[backup]
folder = "{settings.backup.folder}"         # another disk is better: gates prune what a backup holds
hours = {settings.backup.hours}                 # 0: never
keep = {settings.backup.keep}                  # so many of the newest stay

[session]                  # hours without a click after which somebody is signed out, 14 at most
viewer = {settings.session.viewer:g}
officer = {settings.session.officer:g}
supervisor = {settings.session.supervisor:g}
admin = {settings.session.admin:g}
warn_minutes = {settings.session.warn_minutes}           # so long before that, every page says so

[metrics]
{token}              # of 16 characters and more: who sends it as a bearer token may read /metrics from elsewhere

[api]
requests_per_minute = {settings.api.requests_per_minute}  # of each token; a fifth of them at once

[report]
hour = "{settings.report.hour}"             # the daily report is made then, for the 24 hours before

[needs]
phone = "{settings.needs.phone}"                 # the help phone for people with special needs; it stands on the page to sign in and on the sheet to put up
vehicle_class = "{settings.needs.vehicle_class}" # of a one-trip pass, unless another is chosen
home_hours = {settings.needs.home_hours:g}            # a one-trip pass counts so long after the planned return, so that nobody is locked out
"""
