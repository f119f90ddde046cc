"""The gate's link to the hub: a thread that connects again and again and drains the journal. The gate never waits for it.

What is said on a connection stands in `session`, what is sent next in `sender` and `window`. Only the hub's ack releases a record.
"""

import random
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import structlog

from edge.clock import Clock
from edge.contract.commands import Command
from edge.contract.messages import Health
from edge.lane.events import AlarmBegan, AlarmEnded, CommandsCame
from edge.link.ends import Address, Delivery, Ends, LinkStatus, Lists, Parcel, Times
from edge.link.session import Session

__all__ = ["Address", "LinkStatus", "Parcel", "Times", "Uplink", "tls_context"]

log = structlog.get_logger()

MOST_PARCELS = 16
"""Pictures that wait for a link at most: some 2 MB."""
CONNECT_PATIENCE = 120.0
"""A connection attempt hangs in name resolution at worst; for so long the watchdog takes that for life."""


def tls_context(keys: Path) -> ssl.SSLContext:
    """TLS as this gate speaks it: the town's CA alone, the broker's name checked, the gate's certificate, 1.2 at least."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=keys / "ca.pem")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(keys / "cert.pem", keys / "tls.key")
    return context


class Uplink:
    """The thread that exchanges messages with the hub.

    `health` makes the message of every few seconds; `post` takes the alarms `bad_policy`, `bad_passlist`, `bad_sightings`,
    `bad_command` and `bad_ack` (a word of the hub that is not signed, older than one held, or contradicts it) and their end, and
    what the hub wants done.
    """

    def __init__(
        self,
        address: Address,
        *,
        delivery: Delivery,
        lists: Lists,
        clock: Clock,
        health: Callable[[], Health],
        post: Callable[[AlarmBegan | AlarmEnded | CommandsCame], None],
        software: str,
        times: Times = Times(),  # noqa: B008  # frozen
    ) -> None:
        self._ends = Ends(address, delivery, lists, clock, health, self._judge, self._ordered, software, times, deque())
        self._post = post
        self._judged: dict[str, str | None] = {}
        self._status = LinkStatus()
        self._session: Session | None = None
        self._host = address.host
        self._conn: int | None = None
        self._highest = 0
        self._beat = 0
        self._connecting: float | None = None
        self._stop = threading.Event()
        self._wakeup, self._waker = socket.socketpair()
        self._wakeup.setblocking(False)
        self._waker.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="uplink", daemon=True)

    def start(self) -> None:
        """Starts the thread; it connects by itself, again and again."""
        self._thread.start()

    def stop(self, patience: float = 3.0) -> None:
        """Sends `offline` if it can and ends the thread; waits `patience` seconds at most."""
        self._stop.set()
        self.wake()
        self._thread.join(patience)
        if not self._thread.is_alive():
            self._wakeup.close()
            self._waker.close()

    def wake(self) -> None:
        """A record was kept: send it now. From any thread; never blocks, never fails."""
        with suppress(OSError):
            self._waker.send(b"!")

    def send(self, parcel: Parcel) -> bool:
        """Puts something beside the records in line; False if too much waits already. From any thread, at once."""
        if len(self._ends.parcels) >= MOST_PARCELS:
            return False
        self._ends.parcels.append(parcel)
        self.wake()
        return True

    def status(self) -> LinkStatus:
        """The link as of the last turn of its loop."""
        session = self._session
        return self._status if session is None else session.status

    @property
    def beat(self) -> int:
        """Changes while the thread lives, for the watchdog."""
        since = self._connecting
        if since is None:
            return self._beat
        return self._beat + int(min(self._ends.clock.mono() - since, CONNECT_PATIENCE) * 10)

    def _run(self) -> None:
        delay = self._ends.times.back_off
        while not self._stop.is_set():
            fault = self._connect_once()
            if self._stop.is_set():
                return
            if self._status.connected:
                delay = self._ends.times.back_off
            if not self._status.connected:
                self._host = self._next_host()
            self._status = replace(self._status, connected=False, hub_online=False, in_flight=0, fault=fault)
            log.warning("link down", fault=fault)
            # four gates behind one switch come back at once: not all in the same moment
            self._rest(delay * random.uniform(0.7, 1.3))  # noqa: S311  # spread, not secrecy
            delay = min(delay * 2, self._ends.times.most_back_off)

    def _connect_once(self) -> str:
        """One connection from beginning to end; says in one line why it ended."""
        session = None
        try:
            ends = replace(self._ends, address=replace(self._ends.address, host=self._host))
            session = Session(ends, self._number(), self._wakeup, self._status)
            self._connecting = self._ends.clock.mono()
            session.open()
            self._conn = None
            self._connecting = None
            self._session = session
            while not self._stop.is_set() and session.turn():
                self._beat += 1
            if self._stop.is_set():
                session.farewell()
        except Exception as error:  # whatever it was, the next connection is the answer to it
            return f"{type(error).__name__}: {error}"
        finally:
            self._connecting = None
            if session is not None:
                self._status = session.status
                session.close()
            self._session = None
        return session.over or "stopped"

    def _next_host(self) -> str:
        """The address after the one that did not answer; the gate's own after the last."""
        address = self._ends.address
        known = list(dict.fromkeys((address.host, *address.also())))
        after = known.index(self._host) + 1 if self._host in known else 0
        return known[after % len(known)]

    def _number(self) -> int:
        # an attempt that never reached the broker leaves its number to the next one: no commit per attempt
        if self._conn is None:
            usable = self._ends.delivery.usable
            self._conn = self._highest = self._ends.delivery.next_conn() if usable else self._highest + 1
        return self._conn

    def _rest(self, seconds: float) -> None:
        until = self._ends.clock.mono() + seconds
        while (left := until - self._ends.clock.mono()) > 0 and not self._stop.wait(min(1.0, left)):
            self._beat += 1

    def _ordered(self, commands: tuple[Command, ...]) -> None:
        self._post(CommandsCame(commands))

    def _judge(self, alarm: str, why: str | None) -> None:
        # the first good word also ends an alarm that the last run of this gate left behind
        if alarm in self._judged and self._judged[alarm] == why:
            return
        self._judged[alarm] = why
        if why is None:
            self._post(AlarmEnded(alarm))
            return
        log.error("the hub's word is refused", alarm=alarm, why=why)
        self._post(AlarmBegan(alarm, why[:200]))
