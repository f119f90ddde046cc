"""The parts of a unit, each made by a function of its own from the unit's base and the parts below it.

`Unit` calls them in order. Tested with the whole unit in `tests/edge/unit/`: what is missing in `test_missing.py`, damaged files in
`test_files.py`; `remember` in `tests/edge/gate/test_recovery.py`.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

import structlog

from edge.camera.frames import Look
from edge.camera.pictures import FOLDER as PICTURE_FOLDER
from edge.camera.pictures import Pictures, Ring
from edge.config import ConfigError, LaneSettings
from edge.contract.alarms import JOURNAL, JOURNAL_ANEW, LISTS_ANEW, PICTURES
from edge.contract.commands import CommandKind
from edge.contract.facts import Kind
from edge.contract.files import set_aside
from edge.contract.messages import Health
from edge.contract.topics import Name
from edge.gate.callbacks import Callbacks
from edge.gate.clocks import Clocks
from edge.gate.commands import Errand
from edge.gate.destroy import Destroy
from edge.gate.loop import Gate
from edge.gate.recovery import Past, recall
from edge.gate.send_picture import SendPicture
from edge.gate.view import GateView
from edge.hardware.barrier_mark import raised_mark
from edge.hardware.lane import LaneHardware
from edge.journal.no_journal import NoJournal
from edge.journal.outbox import FILE as JOURNAL_FILE
from edge.journal.outbox import Outbox
from edge.keys import FOLDER as KEYS
from edge.kiosk.speakers import FOLDER as SOUNDS
from edge.kiosk.speakers import Espeak, Tones
from edge.kiosk.voice import Voice
from edge.lane.events import AlarmBegan, AlarmEnded
from edge.link.uplink import Address, Parcel, Uplink, tls_context
from edge.lists.rules import rules_at
from edge.lists.store import Lists
from edge.simulation.scenario import Scenario
from edge.simulation.world import World
from edge.unit.base import Base
from edge.unit.journal_start import Begun, begin

log = structlog.get_logger()

REMEMBERED = 500
"""Records of visits and of alarms that a restart looks at."""
VOICE = "voice"
"""The alarm of a loudspeaker that does not sound."""
MB = 1024 * 1024

Journal = Outbox | NoJournal
"""The gate's journal, or what stands in for it where it cannot be used."""


# -- the journal -----------------------------------------------------------------------------------------------------------


def begin_journal(base: Base) -> Begun:
    """The journal of this start, and what it says of the time before."""
    return begin(base.folder, partial(_open_journal, base), remember)


def can_begin_journal(base: Base) -> bool:
    """Returns True if a start would find a journal now, also a new one where the file was taken away."""
    if not (base.folder / JOURNAL_FILE).exists():
        return True
    tried = begin_journal(base)
    tried.journal.close()
    return tried.journal.usable


def _open_journal(base: Base, path: Path) -> Outbox:
    opened = Outbox.open(
        path, town=base.settings.town, gate=base.settings.gate, key=base.keys.signing, clock=base.clock
    )
    opened.sign_anew(base.keys.former)
    return opened


def remember(outbox: Outbox) -> Past:
    """What the journal says of the time before this start."""
    asked = [
        *outbox.recent((Kind.SHIFT_STARTED, Kind.SHIFT_ENDED), 1),
        # one for each tank at least
        *outbox.recent((Kind.SOLUTION_PREPARED,), REMEMBERED),
        *outbox.recent((Kind.DISINFECTED,), REMEMBERED),
        *outbox.recent((Kind.ALARM_RAISED, Kind.ALARM_CLEARED), REMEMBERED),
        *outbox.recent((Kind.VISIT_OPENED, Kind.VISIT_CLOSED), REMEMBERED),
        *outbox.unfinished_visits(),
    ]
    by_seq = {kept.record.seq: kept for kept in asked}
    past = recall((by_seq[seq].record, by_seq[seq].private) for seq in sorted(by_seq))
    return replace(past, answered=outbox.answered())


def alarms_of_start(begun: Begun, lists: Lists) -> Iterator[AlarmBegan]:
    """What somebody must know about the files that this start found."""
    if begun.anew is not None:
        yield AlarmBegan(JOURNAL_ANEW, begun.anew)
    if lists.moved_aside is not None:
        yield AlarmBegan(LISTS_ANEW, lists.moved_aside)
    if begun.journal.fault is not None:
        yield AlarmBegan(JOURNAL, begun.journal.fault)


# -- the lanes and what belongs to them ------------------------------------------------------------------------------------


def open_lane(base: Base, lane: LaneSettings, lists: Lists) -> LaneHardware:
    """A lane's devices, opened: their wires post events from now on."""
    policy = lists.snapshot().policy
    hardware = LaneHardware(
        lane,
        base.post,
        factory=base.factory,
        mark=raised_mark(base.folder, lane.name),
        stays_open=policy is not None and policy.fails_open,
    )
    base.stack.callback(hardware.close)
    return hardware


def make_pictures(base: Base, look: Callable[[str], Look | None]) -> Pictures | None:
    """What keeps a picture of each crossing; None: the settings leave no room for any. `look(lane)`: what the camera sees."""
    kept = base.settings.pictures
    if kept.most == 0:
        return None
    folder = base.folder / PICTURE_FOLDER
    try:
        if folder.exists() and not folder.is_dir():
            log.error("no folder for pictures: moved aside", to=str(set_aside(folder)))
    except OSError as error:
        # a picture is worth less than a crossing
        log.error("no folder for pictures", path=str(folder), error=str(error))

    def fault(why: str | None) -> None:
        base.post(AlarmEnded(PICTURES) if why is None else AlarmBegan(PICTURES, why))

    return Pictures(Ring(folder, kept.most * MB, kept.spare * MB), look, fault=fault)


def make_voice(base: Base) -> Voice | None:
    """What says the verdicts aloud; None: the settings want it silent."""
    settings = base.settings.voice
    if settings.engine == "off":
        return None
    tones = Tones(base.folder / SOUNDS)
    speaker = tones if settings.engine == "tones" else Espeak(settings.languages)

    def fault(why: str | None) -> None:
        log.warning("voice", fault=why)
        base.post(AlarmEnded(VOICE) if why is None else AlarmBegan(VOICE, why))

    return Voice(speaker, tones, fault)


def make_world(base: Base, kiosk_port: int) -> World | None:
    """The simulated world around the gate, whose officer works the page at `kiosk_port`; None: this gate stands in the real one."""
    simulation = base.settings.simulation
    if simulation is None:
        return None
    try:
        scenario = Scenario.load(simulation.scenario)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    return World(
        scenario,
        lanes={lane.name: lane.pins.fitted() for lane in base.settings.lanes},
        factory=base.factory,
        kiosk_url=f"http://{base.settings.kiosk.host}:{kiosk_port}",
        folder=base.folder,
    )


# -- the gate and its link -------------------------------------------------------------------------------------------------


def make_gate(
    base: Base,
    begun: Begun,
    lists: Lists,
    hardware: Mapping[str, LaneHardware],
    pictures: Pictures | None,
    voice: Voice | None,
    link: Callable[[], Uplink],
    look_again: Callable[[str], None],
    view: Callable[[], GateView],
) -> Gate:
    """The gate's loop over its lanes. `link()` is asked for the link only once something is to be sent.

    `look_again(lane)`: has the lane's camera report anew what it sees. `view()`: the gate as it is, once it is there.
    """
    return Gate(
        base.settings,
        begun.journal,
        hardware,
        lambda: rules_at(lists, base.clock.now()),
        Clocks(now=base.clock.now, monotonic=base.clock.mono, trust=base.clock.trust),
        callbacks=Callbacks(
            wake=lambda: link().wake(),
            saw=lists.saw,
            shown=voice.announce if voice else lambda view: None,
            picture=pictures.take if pictures else lambda lane: None,
            look_again=look_again,
            errands=_errands(base, begun.journal, lists, pictures, link, view),
        ),
        past=begun.past,
        inbox=base.inbox,
    )


def _errands(
    base: Base,
    journal: Journal,
    lists: Lists,
    pictures: Pictures | None,
    link: Callable[[], Uplink],
    view: Callable[[], GateView],
) -> Mapping[str, Errand]:
    """Who does what a command of the hub asks for."""
    found: dict[str, Errand] = {}
    if pictures is not None:
        found[CommandKind.PICTURE] = _send_picture(base, journal, pictures, link)
    if isinstance(journal, Outbox):
        ends = threading.Event()
        base.stack.callback(ends.set)
        found[CommandKind.DESTROY] = Destroy(
            base.folder, journal.erasing, acked=lambda: journal.acked, view=view, inside=lists, pictures=pictures, post=base.post,
            wait=ends.wait,
        )  # fmt: skip
    return found


def _send_picture(base: Base, journal: Journal, pictures: Pictures, link: Callable[[], Uplink]) -> SendPicture:
    return SendPicture(
        visit=lambda visit: (kept.record.body for kept in journal.visit(visit)),
        find=pictures.find,
        send=lambda message, carried: link().send(Parcel(Name.PICTURE, message, carried)),
        post=base.post,
        now=lambda: base.clock.at().wall,
    )


def known_addresses(lists: Lists) -> tuple[str, ...]:
    """Where the hub is reached, as it said last; empty before it said anything."""
    policy = lists.snapshot().policy
    return () if policy is None else policy.addresses


def make_link(base: Base, journal: Journal, lists: Lists, health: Callable[[], Health]) -> Uplink:
    """The link to the hub, not started yet. `health()`: the message of every few seconds."""
    hub = base.settings.hub
    return Uplink(
        Address(
            town=base.settings.town,
            gate=base.settings.gate,
            host=hub.host,
            port=hub.port,
            tls=lambda: tls_context(base.folder / KEYS),
            hub_key=base.keys.hub,
            also=lambda: known_addresses(lists),
        ),
        delivery=journal.delivery,
        lists=lists,
        clock=base.clock,
        health=health,
        post=base.post,
        software=version("kakou"),
    )
