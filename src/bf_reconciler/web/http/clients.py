"""Bounds on HTTP clients: how many may be connected, and how long one may say nothing."""

import asyncio
import ipaddress
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

HEAD_SECONDS: Final = 10.0
"""A client that connects must have sent a whole request head by then."""
IDLE_SECONDS: Final = 30.0
"""After an answer: until the next request is there. A client that takes an answer gets longer."""
MOST_CLIENTS, FEWEST_CLIENTS = 512, 4
SHARE: Final = 8
"""One of so many descriptors is for clients: probes, sops and the journal need the others."""
Report = Callable[[str], None]
"""Called with the kind of each cut: ``silent``, ``crowded``, ``refused`` or ``descriptors``."""


class Limits(NamedTuple):
    """How many clients may be connected, in all and from one address."""

    clients: int
    per_address: int


def limits(descriptors: int) -> Limits:
    """What may be connected to a process that may open so many descriptors."""
    clients = min(max(descriptors // SHARE, FEWEST_CLIENTS), MOST_CLIENTS)
    return Limits(clients, clients // 2)


def network(address: str) -> str:
    """What counts as one address: of IPv6 the /64, since one machine has all of it."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped or ipaddress.ip_network((int(ip) >> 64 << 64, 64)))


class Client(asyncio.Protocol):
    """One connection: passes everything on to aiohttp, and ends it where the client is silent."""

    def __init__(self, clients: "Clients", address: str, server: asyncio.Protocol) -> None:
        self.address = network(address)
        self.idle_since: float | None = None
        """When the silence began; None while a request is handled."""
        self._clients, self._server = clients, server
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._unsent = 0

    def wait(self, seconds: float) -> None:
        """A request must be there within so many seconds."""
        self.idle_since = self._loop.time()
        self._arm(seconds)

    def busy(self) -> None:
        """A request is handled; handlers have limits of their own."""
        self.idle_since = None
        self._disarm()

    def drop(self, kind: str) -> None:
        """End the connection. Its room is free at once."""
        self._disarm()
        self._clients.leave(self, self._transport)
        self._clients.report(kind)
        if self._transport is not None:
            self._transport.abort()

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._timer = self._loop.call_later(seconds, self._expire)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        unsent = self._transport.get_write_buffer_size() if self._transport else 0
        if unsent and unsent != self._unsent:  # a slow reader, but it reads
            self._unsent = unsent
            self._arm(IDLE_SECONDS)
            return
        self.drop("silent")

    # --- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 # for the type checker
        self._transport = transport
        self._clients.connected(self, transport)
        self._server.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        self._clients.leave(self, self._transport)
        self._server.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._server.data_received(data)

    def eof_received(self) -> bool | None:
        return self._server.eof_received()

    def pause_writing(self) -> None:
        self._server.pause_writing()

    def resume_writing(self) -> None:
        self._server.resume_writing()


class Clients:
    """Everybody who is connected. A newcomer takes the place of whoever was silent for longest."""

    def __init__(self, bounds: Limits, report: Report) -> None:
        self.bounds = bounds
        self.report = report
        self._all: set[Client] = set()
        self._by_address: dict[str, set[Client]] = {}
        self._by_transport: dict[asyncio.BaseTransport, Client] = {}

    def __len__(self) -> int:
        return len(self._all)

    def of(self, transport: asyncio.BaseTransport | None) -> Client | None:
        """The client at the other end of a transport, where it is one of these."""
        return self._by_transport.get(transport) if transport is not None else None

    def admit(self, address: str, server: Callable[[], asyncio.Protocol]) -> Client | None:
        """A place for a client of this address, or None where nobody silent could be cut off."""
        same = self._by_address.get(network(address), set())
        if len(same) >= self.bounds.per_address and not self.make_room(same):
            return None
        if len(self._all) >= self.bounds.clients and not self.make_room(self._all):
            return None
        client = Client(self, address, server())
        self._all.add(client)
        self._by_address.setdefault(client.address, set()).add(client)
        client.wait(HEAD_SECONDS)
        return client

    def make_room(self, among: Iterable[Client] | None = None, kind: str = "crowded") -> bool:
        """Cut off whoever was silent for longest; False where all are served."""
        silent = [
            (client.idle_since, id(client), client)
            for client in (self._all if among is None else among)
            if client.idle_since is not None
        ]
        if not silent:
            self.report("refused")
            return False
        min(silent)[2].drop(kind)
        return True

    def connected(self, client: Client, transport: asyncio.Transport) -> None:
        if client in self._all:
            self._by_transport[transport] = client
        else:  # cut off before it was connected
            transport.abort()

    def leave(self, client: Client, transport: asyncio.BaseTransport | None) -> None:
        self._all.discard(client)
        same = self._by_address.get(client.address, set())
        same.discard(client)
        if not same:
            self._by_address.pop(client.address, None)
        if transport is not None:
            self._by_transport.pop(transport, None)
