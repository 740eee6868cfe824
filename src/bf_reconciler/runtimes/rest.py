"""HTTP to an engine: bounded in time and size, no redirects, no proxy of the environment.

What is raised and shown says nothing that was sent, and nothing that the engine wrote.
"""

import asyncio
import json
import socket
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any, Final

import aiohttp
import certifi
from aiohttp.abc import AbstractResolver, ResolveResult
from pydantic import SecretStr

from bf_reconciler.runtimes.adapter import RefusedError, UnavailableError
from bf_reconciler.runtimes.thread import OwnThread

MAX_BODY: Final = 4 << 20
CONNECTIONS: Final = 8
OK: Final = range(200, 300)
REDIRECTS: Final = range(300, 400)
BUSY: Final = {408, 425, 429}
FAILED: Final = 500
DENIED: Final = {401, 403}


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine answered. The body may hold anything: it stays out of the repr."""

    status: int
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        return self.status in OK

    def content(self) -> dict[str, Any]:
        """The JSON object of a good answer.

        Raises:
            UnavailableError: It is not good, or no such object.
        """
        self.check()
        try:
            content = json.loads(self.body)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise UnavailableError("The engine answered with something that is no JSON object.")
        return content

    def check(self) -> None:
        """Raise what an answer means that is not good.

        Raises:
            RefusedError: The engine refuses the login or the command.
            UnavailableError: It failed.
        """
        if self.ok:
            return
        if self.status in DENIED:
            raise RefusedError(f"The engine refuses our credentials (HTTP {self.status}).")
        if self.status in REDIRECTS:
            raise RefusedError(
                f"The engine redirects (HTTP {self.status}); that is not followed. Declare the"
                " address that it leads to."
            )
        if self.status >= FAILED or self.status in BUSY:
            raise UnavailableError(f"The engine failed (HTTP {self.status}).")
        raise RefusedError(f"The engine refuses the request (HTTP {self.status}).")


class Rest:
    """The way to one engine. It is opened by the first request."""

    def __init__(
        self, name: str, timeout: timedelta, context: ssl.SSLContext | None = None
    ) -> None:
        self._timeout = timeout.total_seconds()
        self._names = _Names(name)
        self._context = context
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """One request.

        Raises:
            UnavailableError: There was no answer.
        """
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._opened().request(
                    method, url, headers=headers, data=body, allow_redirects=False
                ) as response,
            ):
                data = await response.content.read(MAX_BODY + 1)
                while len(data) <= MAX_BODY and (more := await response.content.readany()):
                    data += more
        except TimeoutError:
            words = f"The engine has not answered within {self._timeout:g} s."
            raise UnavailableError(words) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise UnavailableError(_words(error)) from None
        if len(data) > MAX_BODY:
            raise UnavailableError("The engine answered with more than can be read.")
        return Answer(response.status, data)

    async def close(self) -> None:
        """Close what is open. Nothing is waited for that may hang."""
        if self._session is not None:
            await self._session.close()
        await self._names.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=self._names,
                    ssl=self._context or trusted(),
                    limit=CONNECTIONS,
                    use_dns_cache=False,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                trust_env=False,
            )
        return self._session


class _Names(AbstractResolver):
    """Resolves names in a thread of its own: asyncio's is shared with everybody."""

    def __init__(self, name: str) -> None:
        self._thread = OwnThread(f"names of {name}")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._thread.call(
            socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG
        )
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        self._thread.close()


def basic(username: str, password: SecretStr) -> dict[str, str]:
    """The header of a login by HTTP Basic."""
    login = f"{username}:{password.get_secret_value()}".encode()
    return {"Authorization": f"Basic {b64encode(login).decode()}"}


@cache
def trusted() -> ssl.SSLContext:
    """The authorities of this machine, and those that everybody trusts."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _words(error: Exception) -> str:
    """What went wrong on the way; messages of exceptions may hold what was sent."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "The engine's certificate is not trusted."
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "The engine's host name cannot be resolved."
    if isinstance(error, aiohttp.ClientConnectorError):
        return "The engine cannot be connected."
    return f"The connection to the engine broke ({type(error).__name__})."
