"""What stands behind a proxy's endpoint: TLS under the proxy's own name, and a way to its target, or a queue for one.

All connections of all proxies live in one thread. The way to a server is without TLS, which ends at the proxy: a client's
login names the certificate that it saw, and the server would know another one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
import tempfile
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from .engine import PROXIES_ADDRESS

PORT = 5432
_SSL_REQUEST = (8).to_bytes(4) + (80877103).to_bytes(4)
_GSS_REQUEST = (8).to_bytes(4) + (80877104).to_bytes(4)
_CHUNK = 65536
_AGAIN_SECONDS = 0.02

Where = Callable[[], tuple[str, int]]
"""Host and port of a target, as they are now."""


class Exchange:
    """The thread in which all proxies of a lab serve their clients."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Runs work there and returns what comes of it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def call(self, function: Callable[..., None], *arguments: object) -> None:
        """Calls function there, after all that was asked for before."""
        self._loop.call_soon_threadsafe(function, *arguments)

    def close(self) -> None:
        """Ends every connection."""

        async def end() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self.run(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Route:
    """The way to one target, with the connections that take it."""

    def __init__(self, where: Where) -> None:
        self.where = where
        self.connections: set[asyncio.Task[Any]] = set()


class Forwarder:
    """One proxy's endpoint."""

    def __init__(self, exchange: Exchange, address: str, identity: tuple[bytes, bytes], patience: Callable[[], float]):
        self._exchange = exchange
        self._address = address
        self._tls = _server_tls(*identity)
        self._patience = patience
        self._route: _Route | None = None
        self._expected: object = None
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        exchange.run(self._listen())

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, self._address, PORT)

    def expect(self, target: object) -> None:
        """Says whom it will lead to."""
        self._exchange.call(self._expect, target)

    def _expect(self, target: object) -> None:
        self._expected = target

    def lead_to(self, target: object, where: Where) -> None:
        """Leads clients there from now on, those in the queue first, unless somebody else is expected by now."""
        self._exchange.call(self._lead_to, target, where)

    def _lead_to(self, target: object, where: Where) -> None:
        if self._expected is target:
            self._route = _Route(where)
            self._changed.set()

    def release(self) -> None:
        """Leads nowhere, and ends the connections to where it led."""
        self._exchange.call(self._release)

    def _release(self) -> None:
        route, self._route, self._expected = self._route, None, None
        self._changed.clear()
        for connection in list(route.connections) if route else ():
            connection.cancel()

    def close(self) -> None:
        """Ends."""
        self._exchange.call(self._close)

    def _close(self) -> None:
        self._release()
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._secure(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # A client that left, a target that was taken away, or the lab's end: the connection is over either way.
            pass
        finally:
            writer.close()

    async def _secure(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (request := await reader.readexactly(8)) == _GSS_REQUEST:
            writer.write(b"N")
        if request != _SSL_REQUEST:
            await _refuse(writer, "28000", "This RDS Proxy requires TLS connections")
            return
        writer.write(b"S")
        await writer.start_tls(self._tls)
        try:
            async with asyncio.timeout(self._patience()):
                route, server, to_server = await self._reach()
        except TimeoutError:
            await _refuse(writer, "08000", "Timed-out waiting to acquire database connection")
            return
        try:
            await _pump(reader, writer, server, to_server)
        finally:
            route.connections.discard(_this_task())
            to_server.close()

    async def _reach(self) -> tuple[_Route, asyncio.StreamReader, asyncio.StreamWriter]:
        """Waits for a target that takes the connection."""
        while True:
            await self._changed.wait()
            route = self._route
            if route is None:
                continue
            route.connections.add(_this_task())
            try:
                server, to_server = await asyncio.open_connection(*route.where(), local_addr=(PROXIES_ADDRESS, 0))
            except OSError:
                route.connections.discard(_this_task())
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            return route, server, to_server


def _this_task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None
    return task


async def _pump(
    client: asyncio.StreamReader, to_client: asyncio.StreamWriter,
    server: asyncio.StreamReader, to_server: asyncio.StreamWriter,
) -> None:  # fmt: skip
    """Copies both ways until either side ends."""
    async with asyncio.TaskGroup() as both:
        ways = [both.create_task(_copy(client, to_server)), both.create_task(_copy(server, to_client))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(_CHUNK):
            sink.write(data)
            await sink.drain()


async def _refuse(writer: asyncio.StreamWriter, state: str, message: str) -> None:
    fields = {"S": "FATAL", "V": "FATAL", "C": state, "M": message}
    body = b"".join(key.encode() + value.encode() + b"\0" for key, value in fields.items()) + b"\0"
    writer.write(b"E" + (len(body) + 4).to_bytes(4) + body)
    await writer.drain()


def _server_tls(certificate: bytes, key: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # The library reads files only; this one is its owner's alone.
    with tempfile.NamedTemporaryFile(prefix="daybreak-lab-") as file:
        os.chmod(file.name, 0o600)
        file.write(certificate + key)
        file.flush()
        context.load_cert_chain(file.name)
    return context
