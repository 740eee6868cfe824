"""Who may read and who may write: tokens, loopback, and requests from other sites."""

import base64
import hmac
import ipaddress
from urllib.parse import urlsplit

from aiohttp import web

from bf_reconciler.spec.types import is_loopback
from bf_reconciler.web.backend import Backend

OPEN = frozenset({"/healthz", "/readyz"})
"""They say nothing of what is declared, and who asks has no token."""
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


def admit(request: web.Request, backend: Backend) -> None:
    """Let a request pass, or raise the answer that refuses it.

    With a token, writes need it; with a read token, reads need one of the two. Without a token,
    only this machine may write; and since a page of any site can make a browser on this machine
    send requests here, under a name of its own that resolves to this machine, Host must name this
    machine, and a write must not come from another site.
    """
    if request.method not in {"GET", "HEAD"}:
        _admit_write(request, backend)
    elif backend.read_token is not None and request.path not in OPEN:
        _admit_read(request, backend)
    elif is_loopback(backend.host) and not _bears(request, backend.token):
        _check_host(request, backend.host)


def _admit_write(request: web.Request, backend: Backend) -> None:
    if backend.token is None:
        _check_host(request, backend.host)
        _check_local(request)
    elif not _bears(request, backend.token):
        raise web.HTTPUnauthorized(
            text="this needs the token from --token-file: Authorization: Bearer TOKEN",
            headers={"WWW-Authenticate": "Bearer"},
        )


def _admit_read(request: web.Request, backend: Backend) -> None:
    """A browser sends the token as the password of Basic; that is never enough for a write."""
    for token in (backend.read_token, backend.token):
        if _bears(request, token) or _has_password(request, token):
            return
    raise web.HTTPUnauthorized(
        text="this needs the token from --read-token-file: Authorization: Bearer TOKEN",
        headers={"WWW-Authenticate": 'Basic realm="bf-reconciler", charset="UTF-8", Bearer'},
    )


def _bears(request: web.Request, token: str | None) -> bool:
    given = _given(request, "bearer")
    return token is not None and given is not None and _same(given, token)


def _has_password(request: web.Request, token: str | None) -> bool:
    given = _given(request, "basic")
    if token is None or given is None:
        return False
    try:
        login = base64.b64decode(given, validate=True).decode()
    except ValueError:
        return False
    return _same(login.partition(":")[2], token)


def _given(request: web.Request, expected: str) -> str | None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return given.strip() if scheme.lower() == expected else None


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), token.encode())


def _check_host(request: web.Request, listen: str) -> None:
    """Host names this machine, and is not a foreign name that resolves to it."""
    host = _host(f"//{request.headers.get('Host', '')}")
    if host is None or not (is_loopback(host) or host == listen.lower()):
        raise web.HTTPForbidden(text="unknown Host header; use a loopback address, or send a token")


def _check_local(request: web.Request) -> None:
    if not _from_loopback(request) or any(name in request.headers for name in FORWARDED):
        raise web.HTTPForbidden(text="without --token-file, only this machine may do this")
    if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        raise web.HTTPForbidden(text="requests from another site are not allowed")
    origin = request.headers.get("Origin")
    if origin is not None and _netloc(origin) != request.headers.get("Host", ""):
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


def _netloc(url: str) -> str | None:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return None
