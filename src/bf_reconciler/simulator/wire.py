"""What goes over the wire: requests as an exchange sees them, and its answers."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from bf_reconciler.simulator import listing

READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the exchange sees it: the simulator's own prefix is gone.

    `path` and `query` are as they came over the wire, undecoded; `now` is the exchange's clock in
    epoch seconds; `client_ip` is the address the exchange believes it sees; `markets` is what it
    lists, `prices` what assets cost in USD; `announced` is when maintenance begins and ends. Header
    names are matched whatever their case.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    client_ip: str
    now: float
    markets: Mapping[str, bool] = field(default_factory=lambda: listing.DEFAULT, repr=False)
    prices: Mapping[str, str] = field(default_factory=dict, repr=False)
    announced: tuple[float, float] | None = None

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


def as_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(value, separators=(",", ":")), headers or {})


def as_page(status: int, title: str, headers: Mapping[str, str] | None = None) -> Answer:
    """An HTML page of whatever is in front of the exchange."""
    body = (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>"
        f"<body><center><h1>{title}</h1></center><hr></body></html>\n"
    )
    return Answer(status, body, headers or {}, "text/html")


def as_text(status: int, text: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, text, headers or {}, "text/plain")


def waf_page() -> Answer:
    """The web application firewall's refusal; the exchange itself never saw the request."""
    return as_page(403, "403 Forbidden", {"Server": "cloudflare"})


def sent_bytes(text: str) -> bytes:
    """The bytes that came over the wire, even where they were no UTF-8."""
    return text.encode(errors="surrogateescape")


def same(sent: str, due: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(sent_bytes(sent), due.encode())


def whole(value: str | None) -> int | None:
    """A number of digits alone, or None. Only its first 20 digits count."""
    return int(value[:20]) if value and value.isascii() and value.isdigit() else None
