"""ccxt, used for what it knows best: the address and the signature of each call."""

import asyncio
import hmac
import re
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from bf_reconciler.exchanges import API_KEY, SYMBOL, Call, Exchange, Kind
from bf_reconciler.probe.ccxt_import import exchange_class
from bf_reconciler.probe.transport import MAX_LIST, Answer, Silence, Transport
from bf_reconciler.spec import ConnectionEntry

BASES: Final = 4096
"""So many base URLs are remembered taken apart."""
ORIGIN = re.compile(r"^[a-z]+://[^/?#]*")
Send = Callable[[str, Mapping[str, str], str | None], Awaitable[Answer | Silence]]
Get = Callable[[str, Mapping[str, str], SecretStr | None], Awaitable[Answer | Silence]]


class NotARead(Exception):  # noqa: N818 # it names what the call is
    """A call that could change something on an exchange was about to go out; it did not."""


@dataclass(slots=True)
class Turns:
    """Whose turn it is to use a key, and the number of its last call, epoch milliseconds."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    last: int = 0

    def next(self) -> int:
        """The time, or the next number where the clock has not moved on or was set back."""
        self.last = max(time.time_ns() // 1_000_000, self.last + 1)
        return self.last


class Clients:
    """One ccxt prototype per exchange, one cheap instance of it per question.

    An instance knows one key and answers once, so what it remembers of an answer is unambiguous. No
    market is ever loaded: that would take signed calls which a least-privileged key may not make.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.prototypes: dict[str, type[Any]] = {}
        self._turns: dict[int, Turns] = {}
        self._loading = asyncio.Lock()

    async def load(self, row: Exchange) -> None:
        """Have the prototype of an exchange. The first time takes most of a second, in a thread."""
        if row.id in self.prototypes:
            return
        async with self._loading:
            if row.id not in self.prototypes:
                made = await asyncio.to_thread(lambda: prototype(exchange_class(row.ccxt)))
                self.prototypes[row.id] = made

    async def ask(self, entry: ConnectionEntry, row: Exchange, call: Call) -> Answer | Silence:
        """One call of a row, one request. The time call carries no credentials."""
        connection = entry.connection
        client = instance(self.prototypes[row.id])
        if call.headers:
            client.headers = {**client.headers, **call.headers}
        if call is not row.calls.time.call:
            credentials = connection.credentials
            client.apiKey = credentials.api_key.get_secret_value()
            secret = credentials.secret.get_secret_value()
            client.secret = row.signing.read_secret(client.apiKey, secret)
            if credentials.passphrase is not None:
                client.password = credentials.passphrase.get_secret_value()
            if row.environment.headers:
                client.headers = {**client.headers, **row.environment.headers}
            client.posts = call.posts
            if row.signing.claims is not None:
                client.jwt = partial(_token, client.jwt, row.signing.claims)
        if not row.calls.in_turn or call is row.calls.time.call:
            return await self._send(client, entry, row, call, self._transport.get)
        turns = self._turns.setdefault(hash((row.id, client.apiKey)), Turns())
        async with turns.lock:  # two entries may have the same key
            number = turns.next()
            client.nonce = lambda: number
            return await self._send(client, entry, row, call, self._transport.get)

    async def look(self, entry: ConnectionEntry, row: Exchange, call: Call) -> Answer | Silence:
        """One call for what is public: no credentials, and room for a long answer."""
        client = instance(self.prototypes[row.id])
        client.headers = {**client.headers, **row.environment.headers}
        get = partial(self._transport.get, most=MAX_LIST)
        kind = next((kind for kind, each in row.markets.lists.items() if each.call is call), None)
        return await self._send(client, entry, row, call, get, kind)

    def names(self, row: Exchange) -> Mapping[str, str]:
        """What ccxt calls currencies of this exchange, where it calls them otherwise."""
        found: Mapping[str, str] = self.prototypes[row.id].commonCurrencies
        return found

    async def _send(
        self,
        client: Any,  # noqa: ANN401 # ccxt has no types
        entry: ConnectionEntry,
        row: Exchange,
        call: Call,
        get: Get,
        kind: Kind | None = None,
    ) -> Answer | Silence:
        connection = entry.connection
        base = row.base(connection.endpoint, kind)
        signed = row.signing.hosts
        host = urlsplit(base or "").netloc if signed else ""
        if host in signed:  # the signature names it; a gateway's it never does
            hosts = dict.fromkeys(client.urls["hostnames"], host)
            client.urls = {**client.urls, "hostnames": hosts}

        def send(
            url: str, headers: Mapping[str, str], body: str | None
        ) -> Awaitable[Answer | Silence]:
            url = moved(url, base) if base else url
            if body is None:
                return get(url, headers, connection.proxy)
            return self._transport.post(url, headers, connection.proxy, body)

        client.send = send
        params = dict(call.params)
        for name, value in call.params.items():
            if value == API_KEY:
                params[name] = client.apiKey
            elif value == SYMBOL:
                params[name] = row.markets.spelling.symbol(entry.pair)
        answer: Answer | Silence = await getattr(client, call.method)(params)
        return answer


def prototype(exchange: type[Any]) -> type[Any]:
    """A class whose instances are cheap: they send through us and hold no session of their own.

    What one instance of ccxt's class took milliseconds to work out (hundreds of fields) stands in
    the class, and an instance holds what differs.
    """
    methods = {
        "request": _request,
        "fetch": _refuse,
        "hmac": staticmethod(_hmac),
        "check_required_credentials": _complete,
        "__del__": _nothing,
        "send": None,
        "posts": "",
    }
    kind = type(exchange.__name__, (exchange,), methods)
    fields = vars(kind({"enableRateLimit": False}))
    return type(exchange.__name__, (kind,), {name: _kept(fields[name]) for name in fields})


def instance(kind: type[Any]) -> Any:  # noqa: ANN401 # ccxt has no types
    """An instance with options of its own: some exchanges write into them."""
    made = object.__new__(kind)
    made.options = dict(kind.options)
    return made


def _kept(value: object) -> object:
    """A function that stood in an instance must not become a method of it."""
    return staticmethod(value) if hasattr(type(value), "__get__") else value  # type: ignore[arg-type] # it is callable


async def _request(
    self: Any,  # noqa: ANN401 # ccxt has no types
    path: str,
    api: Any = "public",  # noqa: ANN401 # ccxt has no types
    method: str = "GET",
    params: Mapping[str, str] | None = None,
    config: object = None,  # noqa: ARG001 # weights, for a throttle that we do not use
) -> Answer | Silence:
    """Sign, and send once: a GET without a body, or a POST to the path that the call names.

    In place of ccxt's own request, which retries where its options say so, logs headers and
    bodies, follows redirects, reads without end, and turns answers into exceptions that hold the
    signed URL.
    """
    posts: str = self.posts
    if method != ("POST" if posts else "GET"):
        raise NotARead
    signed = self.sign(path, api, method, dict(params or {}))
    url, body = signed["url"], signed["body"] or None
    if signed["method"] != method or (body is None) is bool(posts):
        raise NotARead
    if posts and urlsplit(url).path != posts:
        raise NotARead
    send: Send = self.send
    return await send(url, self.prepare_request_headers(signed["headers"]), body)


def _token(
    sign: Callable[..., str],
    claims: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    made: Mapping[str, Any],
    *rest: object,
) -> str:
    """A token that claims what the row has it claim, signed by ccxt."""
    return sign(dict(claims(made)), *rest)


async def _refuse(*_: object, **__: object) -> None:
    """Nothing of ccxt goes out past us."""
    raise NotARead


def _hmac(
    request: bytes,
    secret: bytes,
    algorithm: Any = sha256,  # noqa: ANN401 # one of hashlib
    digest: str = "hex",
) -> str | bytes:
    """As ccxt's own, in one call of OpenSSL: a probe takes several."""
    made = hmac.digest(secret, request, algorithm)
    if digest == "hex":
        return made.hex()
    return b64encode(made).decode() if digest == "base64" else made


def _complete(self: Any, error: bool = True) -> bool:  # noqa: ANN401, FBT001, FBT002 # as ccxt's own
    """Whether there are credentials, as some ask of a call without any.

    Nobody looks for each at each call: a file in which one is missing is refused.
    """
    return error or bool(self.apiKey)


def _nothing(_: object) -> None:
    """There is no session to warn of."""


def moved(url: str, base: str) -> str:
    """The same call under another base URL. It is signed for the exchange's own host before.

    A base that ends in the path of the API, as some documents write it, has it once.
    """
    rest = ORIGIN.sub("", url)
    whole, ends = _taken_apart(base)
    for end, before in ends:
        if rest.startswith(end):
            return before + rest
    return whole + rest


@lru_cache(BASES)
def _taken_apart(base: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A base without its last slash; each end of its path, and what stands before that."""
    base = base.rstrip("/")
    parts = urlsplit(base).path.split("/")
    ends = ["/" + "/".join(parts[first:]) for first in range(1, len(parts))]
    return base, tuple((f"{end}/", base.removesuffix(end)) for end in ends)
