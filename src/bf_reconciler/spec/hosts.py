"""Where credentials may be sent: to the exchange, to this machine, and to what a flag allows."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.spec.connection import Connection
from bf_reconciler.spec.runtime import Runtime
from bf_reconciler.spec.types import is_loopback


def unknown_hosts(
    connection: Connection, allowed: frozenset[str]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where an endpoint or a proxy leads to another host, as (path, message)."""
    row = EXCHANGES[connection.exchange]
    proxy = connection.proxy.get_secret_value() if connection.proxy is not None else None
    for field, url in (("endpoint", connection.endpoint), ("proxy", proxy)):
        host = host_of(url) if url is not None else "localhost"
        if not (is_loopback(host) or host in row.hosts or host in allowed):
            message = f"not a documented host of {row.title}; allow it with --allow-host HOST"
            yield (field,), message


def foreign_urls(runtime: Runtime, allowed: frozenset[str]) -> Iterator[str]:
    """Fields of a runtime whose URL leads to another host: its secret would be sent there."""
    for field in ("url", "status_url"):
        url = getattr(runtime, field, None)
        if url is not None:
            host = host_of(url)
            if not (is_loopback(host) or host in allowed):
                yield field


def host_of(url: str) -> str:
    """The host in small letters without the last dot; "" where two programs may disagree on it."""
    if "\\" in url or not url.isprintable():
        return ""
    return (urlsplit(url).hostname or "").rstrip(".")
