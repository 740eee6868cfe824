"""What a dialect is: how one exchange reads a request and words its answers."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol
from urllib.parse import parse_qsl, unquote

from bf_reconciler.simulator import listing
from bf_reconciler.simulator.key import Credentials, Key

READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the exchange sees it: the simulator's own prefix is gone.

    `path` and `query` are as they came over the wire, undecoded; `now` is the exchange's clock in
    epoch seconds; `client_ip` is the address the exchange believes it sees; `markets` is what it
    lists. Header names are matched whatever their case.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    client_ip: str
    now: float
    markets: Mapping[str, bool] = field(default_factory=lambda: listing.DEFAULT, repr=False)

    @property
    def now_ms(self) -> int:
        return int(self.now * 1000)

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def decoded_target(self) -> str:
        return unquote(self.target)

    def params(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over the wire."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Words:
    """How an everyday right is spelled: granting adds `grant`, withdrawing drops `revoke`, too."""

    grant: tuple[str, ...]
    revoke: tuple[str, ...] = ()

    def toggle(self, permissions: list[str], *, on: bool) -> list[str]:
        """Turn the right on or off; words that belong to other rights stay as they are."""
        if on:
            return permissions + [word for word in self.grant if word not in permissions]
        return [word for word in permissions if word not in (*self.grant, *self.revoke)]

    def held(self, permissions: list[str]) -> bool:
        return any(word in permissions for word in (*self.grant, *self.revoke))


@dataclass(frozen=True, slots=True)
class Signed:
    """A call that needs a key; `any_of` are the words of which one is enough."""

    any_of: tuple[str, ...]
    reply: Callable[[Request, Key], Answer] = field(repr=False)


Table = Mapping[tuple[str, str], Signed]


class Dialect(Protocol):
    """One exchange. A module fulfils it: constants and functions, no state."""

    @property
    def WORDS(self) -> Mapping[str, Words]:  # noqa: N802 a module's constant
        """The rights `read`, `trade`, `futures` and `withdraw` in this exchange's own words."""

    @property
    def HARMLESS_WRITES(self) -> frozenset[tuple[str, str]]:  # noqa: N802 a module's constant
        """Calls that are no reads and yet change nothing; all others are violations."""

    def invent(self, name: str) -> Credentials:
        """Credentials of this exchange's shape; the same name always gives the same ones."""

    def claimed_key(self, request: Request) -> str | None:
        """The API key a request says it comes from; nothing is verified yet."""

    def answer(self, request: Request, key: Key | None) -> Answer:
        """The exchange at its work. `key` is the one that was claimed, None where unknown."""

    def rate_limited(self, retry_after: float) -> Answer: ...

    def banned(self, retry_after: float) -> Answer: ...

    def maintenance(self, request: Request) -> Answer: ...

    def failing(self, status: int) -> Answer: ...

    def region_refused(self, request: Request) -> Answer: ...


def as_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(value, separators=(",", ":")), headers or {})


def as_page(status: int, title: str, headers: Mapping[str, str] | None = None) -> Answer:
    """An HTML page of whatever stands in front of the exchange."""
    body = (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>"
        f"<body><center><h1>{title}</h1></center><hr></body></html>\n"
    )
    return Answer(status, body, headers or {}, "text/html")


def waf_page() -> Answer:
    """The web application firewall's refusal; the exchange itself never saw the request.

    No exchange has one of its own: an HTML 403 looks like "exchange down" (README, Part 2 section
    0, WAF row).
    """
    return as_page(403, "403 Forbidden", {"Server": "cloudflare"})


def find(table: Table, method: str, path: str) -> Signed | None:
    """The entry of a path; an entry that ends in "/" stands for whatever follows it."""
    parent = path[: path.rfind("/") + 1]
    return table.get((method, path)) or table.get((method, parent))


def wire(text: str) -> bytes:
    """The bytes that came over the wire, even where they were no UTF-8."""
    return text.encode(errors="surrogateescape")


def digest(*parts: str) -> str:
    """A hex digest to invent values from: 64 digits, the same for the same parts."""
    return sha256("/".join(parts).encode()).hexdigest()
