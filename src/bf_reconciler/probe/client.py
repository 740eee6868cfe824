"""ccxt, used for what it knows best: the address and the signature of each call."""

import copy
import importlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from bf_reconciler.exchanges import API_KEY, EXCHANGES, SYMBOL, Call, Exchange
from bf_reconciler.probe.transport import Answer, Silence, Transport
from bf_reconciler.spec import ConnectionEntry

Send = Callable[[str, Mapping[str, str]], Awaitable[Answer | Silence]]


class NotARead(Exception):  # noqa: N818 # it names what the call is
    """A call that could change something on an exchange was about to go out; it did not."""


class Clients:
    """One ccxt prototype per exchange, one cheap copy of it per question.

    A copy knows one key and answers once, so what it remembers of an answer is unambiguous. No
    market is ever loaded: that would take signed calls which a least-privileged key may not make.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.prototypes: dict[str, Any] = {}

    def load(self) -> None:
        """Import ccxt (a second, 100 MB) and make the prototypes. Blocks: call it in a thread."""
        library = importlib.import_module("ccxt.async_support")
        for row in EXCHANGES.values():
            self.prototypes[row.id] = prototype(getattr(library, row.ccxt))

    async def ask(self, entry: ConnectionEntry, row: Exchange, call: Call) -> Answer | Silence:
        """One call of a row, one request. The time call carries no credentials."""
        connection = entry.connection
        client = copy.copy(self.prototypes[row.id])
        client.options = dict(client.options)
        if call is not row.time:
            credentials = connection.credentials
            client.apiKey = credentials.api_key.get_secret_value()
            client.secret = credentials.secret.get_secret_value()
            if credentials.passphrase is not None:
                client.password = credentials.passphrase.get_secret_value()
        if connection.endpoint is not None:
            client.urls = {**client.urls, "api": moved(client.urls["api"], connection.endpoint)}
        client.send = lambda url, headers: self._transport.get(url, headers, connection.proxy)
        words = {API_KEY: client.apiKey, SYMBOL: row.symbol(entry.pair)}
        params = {name: words.get(value, value) for name, value in call.params.items()}
        answer: Answer | Silence = await getattr(client, call.method)(params)
        return answer


def prototype(exchange: type[Any]) -> Any:  # noqa: ANN401 # ccxt has no types
    """An instance of a subclass that sends through us and holds no session of its own."""
    methods = {"fetch": _fetch, "__del__": _nothing, "send": None}
    return type(exchange.__name__, (exchange,), methods)({"enableRateLimit": False})


async def _fetch(
    self: Any,  # noqa: ANN401 # ccxt has no types
    url: str,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: str | None = None,
) -> Answer | Silence:
    """In place of ccxt's own fetch, which logs headers and bodies, follows redirects, reads
    without end, and turns answers into exceptions that hold the signed URL.
    """  # noqa: D205 # one sentence
    if method != "GET" or body:
        raise NotARead
    send: Send = self.send
    return await send(url, self.prepare_request_headers(headers))


def _nothing(_: object) -> None:
    """There is no session to warn of."""


def moved(urls: Any, endpoint: str) -> Any:  # noqa: ANN401 # ccxt nests them as it likes
    """The same paths under another base URL."""
    if isinstance(urls, dict):
        return {name: moved(value, endpoint) for name, value in urls.items()}
    return endpoint + urlsplit(urls).path if isinstance(urls, str) else urls
