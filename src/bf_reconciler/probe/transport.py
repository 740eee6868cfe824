"""One HTTP session and one TLS context for all connections: bounded, no redirects."""

import ssl
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import aiohttp
import certifi
import yarl
from pydantic import SecretStr

from bf_reconciler.probe.dns import Dns

MAX_BODY: Final = 1 << 20
"""Bytes of an answer that are read; the longest good answer is far shorter."""
MAX_LIST: Final = 32 << 20
"""Likewise, of a list of all markets."""
CONNECTIONS: Final = 768
"""At once: more than all exchanges together take, and fewer than the files a process may open."""
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


class Transport:
    """The way out. Cookies are not kept: they would tie one connection's key to another's."""

    def __init__(self) -> None:
        self._names = Dns()
        self._session = aiohttp.ClientSession(
            connector=_Connector(
                resolver=self._names,
                ssl=_tls(),
                limit=CONNECTIONS,
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
    """Notes when a connection is there: a round trip begins then, not when it is being made."""

    async def connect(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 # aiohttp's own signature
        connection = await super().connect(*args, **kwargs)
        CONNECTED.set(time.monotonic())
        return connection


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
