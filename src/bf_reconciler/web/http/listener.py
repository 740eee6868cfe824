"""Accepts clients one at a time, within their bounds.

asyncio's own server accepts a hundred at once, and one that runs out of descriptors logs thousands
of lines and tries again with every one of them.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Final

from aiohttp import web

from bf_reconciler.web.http.clients import Client, Clients

CLIENTS = web.AppKey("clients", Clients)
"""Who is connected, for what an application does about each."""
BACKLOG: Final = 128
RETRY_SECONDS: Final = 0.2
"""After descriptors ran out."""
GONE: Final = (BlockingIOError, InterruptedError, ConnectionAbortedError)


@asynccontextmanager
async def listening(
    app: web.Application, host: str, port: int, clients: Clients, close_seconds: float
) -> AsyncIterator["Listener"]:
    """Serve the application until the block ends.

    ``close_seconds``: how long requests may take to their end; aiohttp waits so long twice.

    Raises:
        OSError: the address cannot be used.
    """
    async with _server(app, clients, close_seconds) as server:
        acceptor = Acceptor(await _bound(host, port), server, clients)
        try:
            yield Listener(acceptor, clients, close_seconds)
        finally:
            acceptor.close()


class Listener:
    """Sockets that clients are accepted at, and the application that answers them."""

    def __init__(self, acceptor: "Acceptor", clients: Clients, close_seconds: float) -> None:
        self._acceptor, self._close_seconds = acceptor, close_seconds
        self.clients = clients

    @property
    def address(self) -> tuple[str, int]:
        return self._acceptor.address

    @asynccontextmanager
    async def serving(self, app: web.Application) -> AsyncIterator[None]:
        """Have this application answer whoever connects; after the block, nobody is accepted."""
        async with _server(app, self.clients, self._close_seconds) as server:
            self._acceptor.server = server
            try:
                yield
            finally:
                self._acceptor.close()


@asynccontextmanager
async def _server(
    app: web.Application, clients: Clients, close_seconds: float
) -> AsyncIterator[web.Server]:
    app[CLIENTS] = clients
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=close_seconds)
    await runner.setup()
    try:
        server = runner.server
        assert server is not None  # noqa: S101 # it is set up
        yield server
    finally:
        await runner.cleanup()


async def _bound(host: str, port: int) -> list[socket.socket]:
    """A socket for each address of the host; all of IPv6 is all of IPv4, too, where there is."""
    if host == "::" and socket.has_dualstack_ipv6():
        family = socket.AF_INET6
        return [socket.create_server((host, port), family=family, dualstack_ipv6=True)]
    loop = asyncio.get_running_loop()
    # asyncio knows every system's ways to bind; what it made is ours from then on.
    made = await loop.create_server(asyncio.Protocol, host, port, start_serving=False)
    try:
        return [socket.socket(fileno=os.dup(each.fileno())) for each in made.sockets]
    finally:
        made.close()


class Acceptor:
    """Waits at sockets that are bound; every client is accepted on its own."""

    def __init__(
        self, sockets: Iterable[socket.socket], server: web.Server, clients: Clients
    ) -> None:
        self._sockets, self.server, self._clients = tuple(sockets), server, clients
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        for listener in self._sockets:
            listener.setblocking(False)
            listener.listen(BACKLOG)
            self._resume(listener)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._sockets[0].getsockname()[:2]
        return host, port

    def close(self) -> None:
        for listener in self._sockets:
            if listener.fileno() >= 0:
                self._loop.remove_reader(listener)
            listener.close()
        for task in self._tasks:
            task.cancel()

    def _resume(self, listener: socket.socket) -> None:
        if listener.fileno() >= 0:
            self._loop.add_reader(listener, self._accept, listener)

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, peer = listener.accept()
        except GONE:
            return
        except OSError:  # no descriptor is left
            self._loop.remove_reader(listener)
            self._clients.make_room(kind="descriptors")
            self._loop.call_later(RETRY_SECONDS, self._resume, listener)
            return
        connection.setblocking(False)
        client = self._clients.admit(str(peer[0]), self.server)
        if client is None:
            connection.close()
            return
        task = self._loop.create_task(self._connect(lambda: client, connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, protocol: Callable[[], Client], accepted: socket.socket) -> None:
        with suppress(OSError):
            await self._loop.connect_accepted_socket(protocol, accepted)
