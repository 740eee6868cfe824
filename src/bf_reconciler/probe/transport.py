"""One HTTP session and one TLS context for all connections: GET only, bounded, no redirects."""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import SimpleNamespace
from typing import Any, Final

import aiohttp
import certifi
import yarl
from pydantic import SecretStr

MAX_BODY: Final = 1 << 20
"""Bytes of an answer that are read; the longest good answer is far shorter."""
CONNECTIONS: Final = 100
DNS_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """What came over the wire. Header names are lower-case; ``seconds`` is the round trip.

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
        # A round trip begins when the request is sent, not when its connection is made.
        traces = aiohttp.TraceConfig()
        traces.on_request_headers_sent.append(_note_sent)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=_tls(), limit=CONNECTIONS, ttl_dns_cache=DNS_SECONDS
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),  # every question has a deadline of its own
            trace_configs=[traces],
            trust_env=False,
        )

    async def aclose(self) -> None:
        await self._session.close()

    async def get(
        self, url: str, headers: Mapping[str, str], proxy: SecretStr | None
    ) -> Answer | Silence:
        """One GET. The URL can hold a signature and a key, so nothing of it is ever told."""
        sent = SimpleNamespace(at=time.monotonic())
        try:
            async with self._session.get(
                yarl.URL(url, encoded=True),  # it was signed as it stands
                headers=headers,
                proxy=proxy.get_secret_value() if proxy else None,
                allow_redirects=False,  # the key goes to no other host
                trace_request_ctx=sent,
            ) as response:
                seconds = time.monotonic() - sent.at
                body = await _read(response.content)
                lowered = {name.lower(): value for name, value in response.headers.items()}
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return silence_of(error)
        if body is None:
            return Silence.TOO_LARGE
        return Answer(response.status, lowered, body, seconds)


async def _read(content: aiohttp.StreamReader) -> bytes | None:
    """The body, or None where it is too large to be one of ours."""
    found = bytearray()
    async for chunk in content.iter_any():
        found += chunk
        if len(found) > MAX_BODY:
            return None
    return bytes(found)


async def _note_sent(_: aiohttp.ClientSession, context: SimpleNamespace, __: Any) -> None:  # noqa: ANN401 # aiohttp's own signature
    context.trace_request_ctx.at = time.monotonic()


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
