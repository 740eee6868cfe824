"""One HTTP session and one TLS context for all connections: bounded, no redirects."""

import asyncio
import resource
import ssl
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, Final

import aiohttp
import certifi
import yarl
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.http import RawResponseMessage
from pydantic import SecretStr

from bf_reconciler.probe.dns import Dns

MAX_BODY: Final = 1 << 20
"""Bytes of an answer that are read; the longest good answer is far shorter."""
MAX_LIST: Final = 32 << 20
"""Likewise, of a list of all markets."""
MAX_HEAD: Final = 64 << 10
"""Bytes before the body, interim responses (100 Continue) included; usual are a few hundred."""
PIECE: Final = 4096
"""Bytes of a head that are parsed at once."""
READ_SIZE: Final = 16 << 10
"""Bytes that one connection hands over before others have their turn."""
MAX_FRAMING: Final = 128 << 10
"""Bytes of a response beyond twice its body: a body in chunks of one byte takes long to parse."""
HTTP_OK: Final = 200
CONNECTIONS: Final = 768
"""At once: more than all exchanges together take."""
FEWEST_CONNECTIONS: Final = 8
SHARE: Final = 2
"""One of so many descriptors is for probes: clients, sops, the journal and runtimes need others."""
PER_HOST: Final = 64
"""Of one host: one that hangs keeps the questions to no other waiting."""
DNS_SECONDS: Final = 60
KEEPALIVE_SECONDS: Final = 75
"""Longer than the default interval: the next probe needs no handshake."""
CONNECTED: ContextVar[float] = ContextVar("CONNECTED")
"""When the request that this task waits for got its connection, monotonic."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came over the wire. Header names match in any case; ``seconds`` is the round trip.

    The body can hold the key: it stays out of the repr.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    seconds: float = 0.0


class Silence(StrEnum):
    """Why there is no answer to read."""

    TIMEOUT = "timeout"
    NAME = "name"
    CONNECT = "connect"
    TLS = "tls"
    PROXY = "proxy"
    BROKEN = "broken"
    GARBLED = "garbled"
    TOO_LARGE = "too large"
    UNSENT = "unsent"


def connections(descriptors: int) -> int:
    """How many connections a process may have that may open so many files; -1 is no limit."""
    if descriptors == resource.RLIM_INFINITY:
        return CONNECTIONS
    return min(max(descriptors // SHARE, FEWEST_CONNECTIONS), CONNECTIONS)


class Transport:
    """The way out. Cookies are not kept: they would tie one connection's key to another's."""

    def __init__(self) -> None:
        self._names = Dns()
        self._session = aiohttp.ClientSession(
            connector=_Connector(
                resolver=self._names,
                ssl=_tls(),
                limit=connections(resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
                limit_per_host=PER_HOST,
                ttl_dns_cache=DNS_SECONDS,
                keepalive_timeout=KEEPALIVE_SECONDS,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),  # every question has a deadline of its own
            trust_env=False,
        )

    async def aclose(self) -> None:
        await self._session.close()
        await self._names.close()

    async def get(
        self, url: str, headers: Mapping[str, str], proxy: SecretStr | None, most: int = MAX_BODY
    ) -> Answer | Silence:
        """One GET. The URL can hold a signature and a key, so nothing of it is ever told.

        A body of more than ``most`` bytes, unpacked, is not read to its end.
        """
        return await self._ask("GET", url, headers, proxy, None, most)

    async def post(
        self, url: str, headers: Mapping[str, str], proxy: SecretStr | None, body: str
    ) -> Answer | Silence:
        """One POST, for the reads that an exchange serves by nothing else; bounded like a GET."""
        return await self._ask("POST", url, headers, proxy, body.encode(), MAX_BODY)

    async def _ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        proxy: SecretStr | None,
        sent: bytes | None,
        most: int,
    ) -> Answer | Silence:
        try:
            async with self._session.request(
                method,
                yarl.URL(url, encoded=True),  # it was signed as it stands
                data=sent,
                headers=headers,
                proxy=proxy.get_secret_value() if proxy else None,
                allow_redirects=False,  # the key goes to no other host
            ) as response:
                seconds = time.monotonic() - CONNECTED.get()
                body = await _read(response.content, most)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return silence_of(error)
        if body is None:
            return Silence.TOO_LARGE
        return Answer(response.status, response.headers, body, seconds)


async def _read(content: aiohttp.StreamReader, most: int) -> bytes | None:
    """The body, or None where it is too large to be one of ours."""
    first = await content.readany()
    if content.at_eof():  # most answers come in one piece
        return first if len(first) <= most else None
    found = bytearray(first)
    async for chunk in content.iter_any():
        found += chunk
        if len(found) > most:
            return None
    return bytes(found)


class _Connector(aiohttp.TCPConnector):
    """Makes connections that read responses as we want, and uses again the one used last.

    aiohttp would take turns with all that a busy moment left behind, each of which the exchange may
    have closed meanwhile.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 # aiohttp's own
        super().__init__(**options)
        self._factory: Callable[[], ResponseHandler] = partial(_Protocol, loop=self._loop)  # type: ignore[assignment] # of our own kind

    def _release(
        self, key: ConnectionKey, protocol: ResponseHandler, *, should_close: bool = False
    ) -> None:
        super()._release(key, protocol, should_close=should_close)
        kept = self._conns.get(key)
        if kept and kept[-1][0] is protocol:
            kept.rotate()  # the first one is taken


class _Protocol(ResponseHandler):
    """Reads no head without end, and no body that is framing for the most part.

    Either would keep the loop busy until the deadline, and every other connection waiting.
    """

    _has_head = True
    _received = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if hasattr(transport, "max_size"):  # asyncio's own, without TLS
            transport.max_size = READ_SIZE

    def set_response_params(self, **options: Any) -> None:  # noqa: ANN401 # aiohttp's own
        """Called once per request, when it has its connection and before it is sent.

        A round trip begins then, not when the connection is being made.
        """
        self._has_head, self._received = False, 0
        super().set_response_params(**options)
        CONNECTED.set(time.monotonic())

    def feed_data(self, data: tuple[RawResponseMessage, Any], size: int = 0) -> None:
        """Called with each head; those below 200 are interim."""
        self._has_head = self._has_head or data[0].code >= HTTP_OK
        super().feed_data(data, size)

    def data_received(self, data: bytes) -> None:
        while data and self._awaits_head():
            if self._received > MAX_HEAD:
                self._give_up()
                return
            piece, data = data[:PIECE], data[PIECE:]
            self._received += len(piece)
            super().data_received(piece)
            if not data:
                return
        self._received += len(data)
        if self._received > MAX_FRAMING and self._is_framing():
            self._give_up()
            return
        super().data_received(data)

    def _awaits_head(self) -> bool:
        return not self._has_head and self.exception() is None

    def _is_framing(self) -> bool:
        body = 0 if self._payload is None else self._payload.total_bytes
        return self._received > MAX_FRAMING + 2 * body

    def _give_up(self) -> None:
        transport, payload = self.transport, self._payload
        error = aiohttp.ClientError("the response is framing without end")
        self.set_exception(error)
        if payload is not None:
            payload.set_exception(error)
        if transport is not None:
            transport.abort()


SILENCES: Final[
    tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Silence], ...]
] = (
    (TimeoutError, Silence.TIMEOUT),
    (aiohttp.ClientConnectorDNSError, Silence.NAME),
    ((aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError), Silence.PROXY),
    ((aiohttp.ClientSSLError, ssl.SSLError), Silence.TLS),
    (aiohttp.ClientConnectorError, Silence.CONNECT),
    ((aiohttp.ClientPayloadError, OSError, aiohttp.ServerDisconnectedError), Silence.BROKEN),
    (aiohttp.ClientError, Silence.GARBLED),
)
"""The first that fits wins; whatever else goes wrong is a header that HTTP cannot carry."""


def silence_of(error: BaseException) -> Silence:
    return next((found for kinds, found in SILENCES if isinstance(error, kinds)), Silence.UNSENT)


def _tls() -> ssl.SSLContext:
    """The authorities of the system and, for systems without any, those of certifi."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
