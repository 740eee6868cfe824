"""Who may read and who may write: tokens, loopback, and requests from other sites."""

import hmac
import ipaddress
from urllib.parse import urlsplit

from aiohttp import web

from bf_reconciler.spec.types import is_loopback
from bf_reconciler.web.backend import Backend

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


def admit(request: web.Request, backend: Backend) -> None:
    """Let a request pass, or raise the answer that refuses it.

    With a token, writes need it. Without, only this machine may write; and since a page of any
    site can make a browser on this machine send requests here, Host must name this machine, and
    the request must not come from another site.
    """
    write = request.method not in {"GET", "HEAD"}
    token = backend.token
    if token is not None:
        if write and not _bears(request, token):
            raise web.HTTPUnauthorized(
                text="this needs the token from --token-file: Authorization: Bearer TOKEN",
                headers={"WWW-Authenticate": "Bearer"},
            )
        return
    if (write or is_loopback(backend.host)) and not _named(request, backend.host):
        raise web.HTTPForbidden(
            text="unknown Host header; use a loopback address, or set --token-file"
        )
    if write:
        _local(request)


def _bears(request: web.Request, token: str) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    same = hmac.compare_digest(given.strip().encode(errors="replace"), token.encode())
    return scheme.lower() == "bearer" and same


def _named(request: web.Request, listen: str) -> bool:
    """Whether Host names this machine, and is not a foreign name that resolves to it."""
    host = _host(f"//{request.headers.get('Host', '')}")
    return host is not None and (is_loopback(host) or host == listen.lower())


def _local(request: web.Request) -> None:
    if not _from_loopback(request) or any(name in request.headers for name in FORWARDED):
        raise web.HTTPForbidden(text="without --token-file, only this machine may do this")
    if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        raise web.HTTPForbidden(text="requests from another site are not allowed")
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("Host", ""):
        raise web.HTTPForbidden(text="requests from another site are not allowed")


def _from_loopback(request: web.Request) -> bool:
    peer = request.transport.get_extra_info("peername") if request.transport else None
    try:
        address = ipaddress.ip_address(str(peer[0]).partition("%")[0]) if peer else None
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address is not None and (mapped or address).is_loopback


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
