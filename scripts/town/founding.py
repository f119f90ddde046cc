"""Makes the demo's town in a folder (or opens one that a demo made): hub, users, gates, passes, scenarios.

Everything goes through what a real town uses, but for the passes: their key, ids and dates come from the seed (see `passes`).
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import Connection

from edge.commands.enrol import enrol
from edge.contract.policy import Policy
from edge.contract.records import wall_text
from edge.simulation.scenario import Scenario, Solution
from hub.accounts.passwords import check_pin, made_password
from hub.enrolment.gates import add_gate, bundle_of, let_gates_in
from hub.enrolment.officers import add_user, set_pin
from hub.errors import HubError
from hub.gates.policy import publish_policy
from hub.lifecycle import founding, upgrade
from hub.operations import life
from hub.operations.frame import Frame
from hub.passes import keys, store
from hub.passes.issue import block_pass, revoke_pass
from hub.passes.passlist import watch_plate
from hub.passes.terms import PassTerms
from hub.town import operation_file
from hub.town.default_operation import EPIDEMIC
from hub.town.rules_text import with_value
from hub.town.secret_files import write_secret
from hub.town.settings import FILE as HUB_FILE
from hub.town.settings import Settings
from hub.town.town import Town
from scripts.town import needs, organisation, post, roster
from scripts.town.gate_settings import DRAWBAR, TOWN, Fitting, gate_toml
from scripts.town.passes import Key
from scripts.town.registers import Filler
from scripts.town.scenario import GATE_NAMES, Plan, plan
from scripts.town.scene import clockless, gapped, guarded

FILE = "demo.json"
OFFICERS = ("王芳", "李建国", "张敏", "刘志强", "陈丽", "杨波", "赵静", "孙伟")
SPRAY_SECONDS = 1.2
DUPLICATE_SECONDS = 45
"""Long enough for the second coming of the same pass when --speed stretches the gaps."""
PASSBACK_HOURS = 0.01
"""Shorter than a round of the scenario, so that the same pass may come in again in the next one."""
BARRED_CLASS = "refuse_removal"
"""The class that may use one gate of the town only, so that the others see a pass of a wrong class."""
STALE_SECONDS = 9.0
"""Less than the shortest cut that is worth looking at; the age of a connected gate's lists begins anew every five seconds."""
LEAST_MINUTES = 5
"""Between the first gate and the last: a pass that both saw in one demo has been copied."""
BY = "cli"
LASTS = timedelta(days=365)
"""The operation's period: no folder of a demo is taken up so late."""
DECISION = Frame(
    organ="南村镇疫情防控指挥部",
    number="南防指〔2026〕3号",
    measures="四个出入口设卡，进出车辆登记、消毒；无通行证的车辆劝返；保供、医护、应急车辆优先。",
    scope="南村镇全域",
    laws="传染病防治法（2025）第五十八条、第六十七条\n突发事件应对法（2024）第六十七条、第八十五条",
)
"""The decision that the demo's operation goes by."""


class DemoError(Exception):
    """The demo cannot start; the text is one line."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the command line chose, and what a folder that is taken up again remembers."""

    seed: int
    gates: int

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of the gates."""
        return tuple(GATE_NAMES)[: self.gates]


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens on the loopback. `links`: the port at which each gate finds the broker."""

    web: int
    broker: int
    kiosks: Mapping[str, int]
    links: Mapping[str, int]
    broker_user: str = "mosquitto"
    """Whom the broker becomes when root starts the demo."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a demo's folder remembers, in demo.json (0600: the password of a demo, so that it can be shown again)."""

    choice: Choice
    login: str
    password: str
    officers: Mapping[str, str]
    """The user id of each gate's officer."""
    pin: str = ""
    """With which any of them overrides at a gate; empty in a town of before there were PINs."""
    backup_key: str = ""
    """The secret half of the demo's backup key: a real town's stands on no disk of the hub."""


def gate_folder(folder: Path, gate: str) -> Path:
    """Where a gate of the demo lives."""
    return folder / "gates" / gate


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Holds the folder for one demo; `DemoError` if another one runs in it."""
    fresh = not folder.exists()
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise DemoError(f"{folder}: a demo is running there; stop it, or name another folder with --data") from None
    finally:
        os.close(handle)
        if fresh and not any(folder.iterdir()):
            folder.rmdir()


def recall(folder: Path) -> Memory | None:
    """What an earlier demo left in the folder; None for a new one, `DemoError` for a town that is no demo."""
    path = folder / FILE
    if not path.exists():
        if (folder / HUB_FILE).exists():
            raise DemoError(f"{folder}: holds a town that no demo made; name another folder with --data")
        return None
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        return Memory(
            Choice(**value["choice"]),
            value["login"],
            value["password"],
            value["officers"],
            value.get("pin", ""),
            value.get("backup_key", ""),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DemoError(f"{path}: cannot be read ({error}); delete the folder or name another with --data") from None


def found(folder: Path, choice: Choice, ports: Ports) -> Memory:
    """A new town: hub, gates, operation, users, passes, and every gate enrolled."""
    now = datetime.now(UTC)
    settings = Settings.of(_hub_settings(ports), folder)
    try:
        founded = founding.found(settings, now, Key.from_seed(choice.seed, "town").private)
        with founded.town.writer().begin() as connection:
            for gate in choice.names:
                zh, en = GATE_NAMES[gate]
                add_gate(founded.town, connection, gate, zh=zh, en=en, by=BY, now=now)
            _write_operation(folder, choice, now)
            officers = _add_officers(connection, Town.open(folder), choice, now)
            pin = _pin()
            for officer in officers.values():
                set_pin(founded.town, connection, officer, pin, by=BY, now=now)
        memory = Memory(choice, founded.login, founded.password, officers, pin, founded.backup_key.text)
        town = Town.open(folder)
        with town.writer().begin() as connection:
            life.record(town, connection, DECISION, by=BY, now=now, template=EPIDEMIC)
            organisation.fill(connection, town.id, choice.names, officers, by=BY, now=now)
            roster.fill(connection, town, officers, now, BY)
            planned = plan(choice.seed, _policy(connection, town, now))
            _issue(connection, town, planned, now)
            post.lay_out(connection, town, planned.vehicles, officers, now)
            needs.fill(town, connection, planned, list(officers.values()), now)
            _enrol(connection, town, choice, now)
            let_gates_in(town, connection)
            _fill_registers(connection, town, choice, officers, now)
    except HubError as error:
        raise DemoError(str(error)) from None
    write_secret(folder / FILE, json.dumps({**asdict(memory), "choice": asdict(choice)}, ensure_ascii=False))
    return memory


def _fill_registers(
    connection: Connection, town: Town, choice: Choice, officers: Mapping[str, str], now: datetime
) -> None:
    """Adds the registers that come with the product, with made-up rows, and the zero reports of all gates but one."""
    writers = list(officers.values())
    filler = Filler(town.id, choice.seed, town.settings.zone, choice.names, (writers[0], writers[-1]), now)
    filler.fill(connection)
    filler.report_none(connection)


def take_up(folder: Path, ports: Ports) -> None:
    """An earlier demo's town goes on: only where things listen is written anew; an older database is brought up."""
    town = Town.open(folder)
    settings = town.settings
    upgrade.bring_up(town)
    data = json.loads(settings.model_dump_json()) | _hub_settings(ports)
    (folder / HUB_FILE).write_text(Settings.of(data, folder).text(), encoding="utf-8")


def prepare_gates(
    folder: Path, memory: Memory, ports: Ports, *, clips: Path, speed: float, blank: bool
) -> list[Scenario]:
    """Writes every gate's gate.toml and scenario.json for this run; the scenarios, for rendering."""
    town = Town.open(folder)
    engine = town.writer()
    with engine.begin() as connection:
        policy = _policy(connection, town, datetime.now(UTC))
        planned = plan(memory.choice.seed, policy)
        ended = {text for pass_id, text in _revoked_while_cut_off(planned) if not _counts(connection, town, pass_id)}
    # an earlier demo in this folder revoked it already: to the gate it would be nothing but a revoked pass
    planned = planned.without(ended)
    return [
        _prepare_gate(folder, gate, planned, memory, ports, place, clips=clips, speed=speed, blank=blank)
        for place, gate in enumerate(memory.choice.names)
    ]


def revoked_while_cut_off(folder: Path, memory: Memory) -> tuple[str, ...]:
    """The ids of the passes that are to be revoked as soon as the link is cut, and still count."""
    town = Town.open(folder)
    with town.writer().begin() as connection:
        planned = plan(memory.choice.seed, _policy(connection, town, datetime.now(UTC)))
        return tuple(id_ for id_, _ in _revoked_while_cut_off(planned) if _counts(connection, town, id_))


def _revoked_while_cut_off(planned: Plan) -> list[tuple[str, str]]:
    """Id and QR text of each."""
    return [(each.pass_.id_hex, each.text) for each in planned.passes if each.revoked_while_cut_off]


def _counts(connection: Connection, town: Town, pass_id: str) -> bool:
    return store.known(connection, town.id, pass_id).revoked_at is None


def _prepare_gate(
    folder: Path,
    gate: str,
    planned: Plan,
    memory: Memory,
    ports: Ports,
    place: int,
    *,
    clips: Path,
    speed: float,
    blank: bool,
) -> Scenario:
    scenario = Scenario(
        seed=memory.choice.seed * len(GATE_NAMES) + place,
        speed=speed,
        clips=clips,
        vehicles=planned.vehicles[gate],
        returning=planned.returning[gate],
        again=planned.again[gate],
        officer_id=memory.officers[gate],
        solution=Solution(agent="chlorine", tank="A"),
        blank=blank,
        stale_seconds=STALE_SECONDS,
    )
    home = gate_folder(folder, gate)
    (home / "scenario.json").write_text(scenario.model_dump_json(indent=1), encoding="utf-8")
    fitting = Fitting(
        clock="unsynced" if gate == clockless(memory.choice.names) else "synced",
        third_sensor=gate == guarded(memory.choice.names),
        gap=DRAWBAR if gate == gapped(memory.choice.names) else 0.0,
    )
    (home / "gate.toml").write_text(gate_toml(gate, ports.links[gate], ports.kiosks[gate], fitting), encoding="utf-8")
    for mark in ("closing", "quiet", "cut"):
        (home / "run" / mark).unlink(missing_ok=True)
    return scenario


def operation_text(text: str, choice: Choice) -> str:
    """The operation that a new town begins with, for a demo: short sprays, one class that may use the last gate only."""
    names = choice.names
    travel = f'[[travel]]\ngates = ["{names[0]}", "{names[-1]}"]\nleast_minutes = {LEAST_MINUTES}\n'
    for old, new, times in (
        ("spray_seconds = 10", f"spray_seconds = {SPRAY_SECONDS}", 1),
        ("duplicate_seconds = 10", f"duplicate_seconds = {DUPLICATE_SECONDS}", 1),
        ("stale_hours = 24", f"stale_hours = {STALE_SECONDS / 3600}", 1),
        ('# province = "鲁"', 'province = "鲁"', 1),
        (_TRAVEL, travel if len(names) > 1 else "", 1),
        (f'id = "{BARRED_CLASS}"', f'id = "{BARRED_CLASS}"\ngates = ["{names[-1]}"]', 1),
        ("passback_hours = 24", f"passback_hours = {PASSBACK_HOURS}", text.count("passback_hours = 24")),
    ):
        if not text.count(old) == times > 0:
            raise DemoError(f"{operation_file.FILE}: expected {times or 'a'} line {old!r} to change for the demo")
        text = text.replace(old, new)
    return text


_TRAVEL = '# [[travel]]\n# gates = ["east", "west"]\n# least_minutes = 6\n'


def _write_operation(folder: Path, choice: Choice, now: datetime) -> None:
    path = folder / operation_file.FILE
    text = operation_text(path.read_text(encoding="utf-8"), choice)
    path.write_text(with_value(text, None, "ends", wall_text(now + LASTS)), encoding="utf-8")


def _hub_settings(ports: Ports) -> dict[str, object]:
    return {
        "town": TOWN,
        "broker": {"host": "127.0.0.1", "bind": "127.0.0.1", "port": ports.broker, "user": ports.broker_user},
        "web": {"host": "127.0.0.1", "port": ports.web},
        "needs": {"phone": "0532-8888 0110"},
    }


def _policy(connection: Connection, town: Town, now: datetime) -> Policy:
    return publish_policy(town, connection, now).policy()


def _pin() -> str:
    """Five digits that the hub does not take for guessed at once."""
    while True:
        pin = f"{secrets.randbelow(100_000):05}"
        with suppress(ValueError):
            check_pin(pin)
            return pin


def _add_officers(connection: Connection, town: Town, choice: Choice, now: datetime) -> dict[str, str]:
    return {
        gate: add_user(
            town,
            connection,
            login=f"officer-{gate}",
            name=name,
            role="officer",
            password=made_password(),  # signs on at the gate; nobody logs in with it
            by=BY,
            now=now,
        )
        for gate, name in zip(choice.names, OFFICERS, strict=False)
    }


def _issue(connection: Connection, town: Town, planned: Plan, now: datetime) -> None:
    """Keeps the scenario's passes as if they had been issued: a clip outlives any day, so they are valid for decades, for which
    the operation gives none."""
    numbers = {gate: info.number for gate, info in _policy(connection, town, now).gates.items()}
    key = keys.signing_key(connection, town.id, town.settings.keys)
    for issued in planned.passes:
        pass_ = issued.pass_
        wanted = PassTerms(
            plate=pass_.plate,
            vehicle_class=issued.vehicle_class,
            class_number=pass_.vehicle_class,
            gate_numbers=None
            if pass_.gates is None
            else {gate: number for gate, number in numbers.items() if pass_.allows_gate(number)},
            priority=pass_.priority,
            not_before=datetime.fromtimestamp(pass_.not_before, UTC),
            expires=datetime.fromtimestamp(pass_.expires, UTC),
        )
        signed = store.sign(wanted, id_=pass_.id, key=key, by=BY, now=now)
        store.keep(connection, town.id, [signed])
        if signed.text != issued.text:
            raise DemoError(f"pass of {pass_.plate}: the hub's text is not the scenario's")
        if issued.revoked:
            revoke_pass(town, connection, signed.id, by=BY, reason="挂失", now=now)
        if issued.blocked:
            block_pass(town, connection, signed.id, by=BY, reason="核查中", now=now)
        if issued.watched:
            watch_plate(
                town, connection, pass_.plate, deny_in=True, deny_out=False, notify=True, why="布控", by=BY, now=now
            )


def _enrol(connection: Connection, town: Town, choice: Choice, now: datetime) -> None:
    for gate in choice.names:
        home = gate_folder(town.settings.folder, gate)
        home.mkdir(mode=0o700, parents=True)
        path = home / "bundle.json"
        write_secret(path, bundle_of(town, connection, gate, by=BY, now=now).encode())
        enrol(home, path)
        path.unlink()
