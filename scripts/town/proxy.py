"""A TCP proxy that can be cut, stalled or slowed: how one gate's link fails without touching the gate's own code.

While it is cut, standing connections are reset and new ones refused, as when a cable is pulled at the switch. While it is
stalled, connections stand and nothing comes through, as behind a radio link without a signal.
"""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

CHUNK = 64 * 1024
LOOPBACK = "127.0.0.1"


class Proxy:
    """Forwards `127.0.0.1:port` to `127.0.0.1:target`, on a thread of its own. Port 0: a free one, then in `port`."""

    def __init__(self, target: int, port: int = 0) -> None:
        self.target = target
        self.port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._rate: float | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self.restore()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    def cut(self) -> None:
        """Resets every connection and refuses new ones."""
        self._run(self._cut())

    def restore(self) -> None:
        """Lets connections through (again), on the same port. `OSError` if somebody took it meanwhile."""
        self._run(self._listen())

    def stall(self) -> None:
        """Nothing comes through, and nobody is told, until `flow`."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def flow(self, rate: float | None = None) -> None:
        """Lets bytes through (again): at most `rate` of them a second each way, or as many as come."""
        self._rate = rate
        self._loop.call_soon_threadsafe(self._flows.set)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._connected, LOOPBACK, self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in tuple(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)  # lets the aborted connections' tasks see it
        while self._writers:
            await asyncio.sleep(0.01)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        far: asyncio.StreamWriter | None = None
        try:
            far_reader, far = await asyncio.open_connection(LOOPBACK, self.target)
            self._writers.add(far)
            await asyncio.gather(self._pump(reader, far), self._pump(far_reader, writer))
        except OSError:
            pass  # the broker is away or somebody hung up: so hangs up the proxy
        finally:
            for each in (writer, far):
                if each is not None:
                    each.transport.abort()
                    self._writers.discard(each)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # ends when its side hangs up, and takes the other direction with it
        try:
            while data := await reader.read(CHUNK if self._rate is None else max(1, int(self._rate / 10))):
                await self._flows.wait()
                if self._rate is not None:
                    await asyncio.sleep(len(data) / self._rate)
                writer.write(data)
                await writer.drain()
        finally:
            with contextlib.suppress(OSError):
                writer.close()
