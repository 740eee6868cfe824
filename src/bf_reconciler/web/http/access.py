"""Who may read and who may write: tokens, loopback, and requests from other sites."""

import base64
import hmac
import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from aiohttp import web

from bf_reconciler.spec.types import is_loopback
from bf_reconciler.web.backend import Backend, Refusal

OPEN = frozenset({"/healthz", "/readyz"})
"""They say nothing of what is declared, and who asks has no token."""
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


class _RefusedError(Exception):
    def __init__(self, why: Refusal, answer: web.HTTPException) -> None:
        self.why, self.answer = why, answer


def admit(request: web.Request, backend: Backend) -> None:
    """Let a request pass, or raise the answer that refuses it; the backend learns of it.

    With a token, writes need it; with a read token, reads need one of the two. Without a token,
    only this machine may write; and since a page of any site can make a browser on this machine
    send requests here, under a name of its own that resolves to this machine, Host must name this
    machine, and a write must not come from another site.
    """
    try:
        _admit(request, backend)
    except _RefusedError as refused:
        backend.report_refusal(refused.why, _address(request), f"{request.method} {request.path}")
        raise refused.answer from None


def token_name(request: web.Request, backend: Backend) -> str:
    """The name of the token that a request bears; empty where it has none."""
    return _bearer(request, backend.tokens) or ""


def _admit(request: web.Request, backend: Backend) -> None:
    if request.method not in {"GET", "HEAD"}:
        _admit_write(request, backend)
    elif backend.read_tokens and request.path not in OPEN:
        _admit_read(request, backend)
    elif request.path in OPEN and "Host" not in request.headers:
        return  # a health check by HTTP/1.0; every browser names a host
    elif is_loopback(backend.host) and _bearer(request, backend.tokens) is None:
        _check_host(request, backend.host)


def _admit_write(request: web.Request, backend: Backend) -> None:
    if not backend.tokens:
        _check_host(request, backend.host)
        _check_local(request)
    elif _bearer(request, backend.tokens) is None:
        given = bool(_given(request, "bearer"))
        raise _unauthorized("--token-file", "Bearer", given=given)


def _admit_read(request: web.Request, backend: Backend) -> None:
    """A browser sends the token as the password of Basic; that is never enough for a write."""
    for tokens in (backend.read_tokens, backend.tokens):
        if _bearer(request, tokens) is not None or _has_password(request, tokens):
            return
    given = any(_given(request, scheme) for scheme in ("bearer", "basic"))
    schemes = 'Basic realm="bf-reconciler", charset="UTF-8", Bearer'
    raise _unauthorized("--read-token-file", schemes, given=given)


def _unauthorized(flag: str, schemes: str, *, given: bool) -> _RefusedError:
    """A token that is wrong is told apart from one that is missing."""
    if not given:
        text = f"this needs the token from {flag}: Authorization: Bearer TOKEN"
        answer = web.HTTPUnauthorized(text=text, headers={"WWW-Authenticate": schemes})
        return _RefusedError("missing_token", answer)
    text = f"this token is wrong: it is none of those in {flag}"
    schemes += ' error="invalid_token"'
    answer = web.HTTPUnauthorized(text=text, headers={"WWW-Authenticate": schemes})
    return _RefusedError("wrong_token", answer)


def _bearer(request: web.Request, tokens: Mapping[str, str]) -> str | None:
    """The name of the token that the request bears, if it is one of these."""
    given = _given(request, "bearer")
    return None if given is None else _name(given, tokens)


def _has_password(request: web.Request, tokens: Mapping[str, str]) -> bool:
    given = _given(request, "basic")
    if given is None:
        return False
    try:
        login = base64.b64decode(given, validate=True).decode()
    except ValueError:
        return False
    return _name(login.partition(":")[2], tokens) is not None


def _name(given: str, tokens: Mapping[str, str]) -> str | None:
    """All are compared, so that the time tells nothing of which is right."""
    names = [name for name, token in tokens.items() if _same(given, token)]
    return names[0] if names else None


def _given(request: web.Request, expected: str) -> str | None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return given.strip() if scheme.lower() == expected else None


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), token.encode())


def _check_host(request: web.Request, listen: str) -> None:
    """Host names this machine, and is not a foreign name that resolves to it."""
    host = _host(f"//{request.headers.get('Host', '')}")
    if host is None or not (is_loopback(host) or host == listen.lower()):
        text = "unknown Host header; use a loopback address, or send a token"
        raise _RefusedError("unknown_host", web.HTTPForbidden(text=text))


def _check_local(request: web.Request) -> None:
    if not _from_loopback(request) or any(name in request.headers for name in FORWARDED):
        text = "without --token-file, only this machine may do this"
        raise _RefusedError("not_local", web.HTTPForbidden(text=text))
    if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        raise _other_site()
    origin = request.headers.get("Origin")
    if origin is not None and _netloc(origin) != request.headers.get("Host", ""):
        raise _other_site()


def _other_site() -> _RefusedError:
    text = "requests from another site are not allowed"
    return _RefusedError("other_site", web.HTTPForbidden(text=text))


def _address(request: web.Request) -> str:
    """Where the connection comes from; empty where that is no address."""
    peer = request.transport.get_extra_info("peername") if request.transport else None
    return str(peer[0]).partition("%")[0] if peer else ""


def _from_loopback(request: web.Request) -> bool:
    try:
        address = ipaddress.ip_address(_address(request))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


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
