"""Asks the daemon over HTTP."""

import json
import os
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from ssl import SSLCertVerificationError, SSLError
from typing import IO, Any, Self
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

import click

from bf_reconciler.cli.output import note
from bf_reconciler.facts import Json
from bf_reconciler.settings import Listen, parse_listen, read_token

SECONDS = 15.0
MAX_BYTES = 64 * 1024 * 1024
NOT_DURABLE = frozenset({503, 507})
"""A halt, or its end, is in force, and a restart may forget it."""
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # nosec B104 # noqa: S104 # what the daemon may listen on


class ApiError(Exception):
    """The daemon was not reached, or did not answer as it should."""


class RefusedError(ApiError):
    """The daemon answered, and said no. ``status`` is that of HTTP."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Stay(HTTPRedirectHandler):
    """Follows no redirect: the token would go along."""

    def redirect_request(
        self,
        req: Request,  # noqa: ARG002 # urllib's signature
        fp: IO[bytes],  # noqa: ARG002
        code: int,  # noqa: ARG002
        msg: str,  # noqa: ARG002
        headers: Message,  # noqa: ARG002
        newurl: str,  # noqa: ARG002
    ) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Api:
    """One daemon. ``timeout`` is in seconds."""

    url: str
    token: str | None = None
    timeout: float = SECONDS

    @classmethod
    def of(cls, url: str | None, token_file: Path | None = None, timeout: float = SECONDS) -> Self:
        """The daemon at this address, or at the one it listens on by default.

        Raises:
            click.UsageError: the address or the token file cannot be used.
        """
        try:
            token = read_token(token_file) if token_file else None
            found = cls(_address(url), token, timeout)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        if token and urlsplit(found.url).scheme == "http" and not found.local:
            note(f"Warning: the token goes to {found.url} unencrypted; use https://.")
        return found

    @property
    def local(self) -> bool:
        """Whether the daemon is on this machine: no proxy is used, and nobody listens."""
        from bf_reconciler.spec.types import is_loopback  # noqa: PLC0415 # help needs no pydantic

        return is_loopback(urlsplit(self.url).hostname)

    def status(self) -> dict[str, Any]:
        """The whole status. Raises as ``get`` does."""
        found = self.get("/api/v1/status")
        if not isinstance(found, dict) or "connections" not in found:
            raise self._stranger()
        return found

    def history(
        self, name: str | None, limit: int, kind: str | None = None
    ) -> list[dict[str, Any]]:
        """Transitions, newest first; of this kind, or of all. Raises as ``get`` does."""
        found = self.get("/api/v1/history", name=name, limit=limit, kind=kind)
        if not isinstance(found, dict) or not isinstance(found.get("transitions"), list):
            raise self._stranger()
        rows: list[dict[str, Any]] = found["transitions"]
        return rows

    def journal(self, table: str, after: int | None) -> Json:
        """Rows of a table of the journal, oldest first. Raises as ``get`` does."""
        return self.get(f"/api/v1/journal/{table}", after=after)

    def evidence(self, name: str, language: str) -> dict[str, Any] | None:
        """What stands behind a connection's conditions; None of a daemon that does not tell.

        Raises ApiError where no daemon answers.
        """
        try:
            found = self.get(f"/api/v1/connections/{name}/evidence", lang=language)
        except RefusedError:
            return None
        if not isinstance(found, dict) or "tested" not in found:
            raise self._stranger()
        return found

    def stolen(self, name: str, language: str) -> dict[str, Any]:
        """What a thief of a connection's key has. Raises as ``get`` does."""
        found = self.get(f"/api/v1/connections/{name}/stolen", lang=language)
        if not isinstance(found, dict) or "steps" not in found:
            raise self._stranger()
        return found

    def get(self, path: str, **query: str | int | None) -> Json:
        """The answer to a GET.

        Raises:
            RefusedError: the daemon said no.
            ApiError: no daemon answered.
        """
        given = {name: value for name, value in query.items() if value is not None}
        request = Request(self._at(path, given), headers=self._login())  # noqa: S310 # http or https: see of()
        return self._ask(request)

    def post(self, path: str, body: dict[str, Json]) -> Json:
        """The answer to a POST. Raises as ``get`` does."""
        headers = {"Content-Type": "application/json", **self._login()}
        data = json.dumps(body).encode()
        return self._ask(Request(self._at(path, {}), data, headers))  # noqa: S310 # see of()

    def _login(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def _at(self, path: str, query: dict[str, str | int]) -> str:
        return self.url + quote(path) + (f"?{urlencode(query)}" if query else "")

    def _ask(self, request: Request) -> Json:
        try:
            with self._opener().open(request, timeout=self.timeout) as answer:
                return json.loads(answer.read(MAX_BYTES))
        except HTTPError as error:
            with error:
                raise RefusedError(error.code, _message(error)) from None
        except URLError as error:
            raise ApiError(f"no daemon answers at {self.url} ({_why(error.reason)})") from None
        except (OSError, HTTPException) as error:
            raise ApiError(f"no daemon answers at {self.url} ({_why(error)})") from None
        except (ValueError, RecursionError):
            raise self._stranger() from None

    def _stranger(self) -> ApiError:
        return ApiError(f"the server at {self.url} is not a bf-reconciler daemon")

    def _opener(self) -> OpenerDirector:
        """Past any proxy to an address of this machine."""
        return build_opener(_Stay, *([ProxyHandler({})] if self.local else []))


def _address(url: str | None) -> str:
    if url is None:
        listen = parse_listen(os.environ.get("BF_LISTEN") or str(Listen()))
        return f"http://{Listen(EVERYWHERE.get(listen.host, listen.host), listen.port)}"
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("--url must be an address such as http://127.0.0.1:9877")
    return url.rstrip("/")


def _why(reason: object) -> str:
    """In plain words; never the name of an exception."""
    if isinstance(reason, TimeoutError):
        return "it did not answer in time"
    if isinstance(reason, SSLCertVerificationError):
        return f"its certificate is not trusted: {reason.verify_message}"
    if isinstance(reason, SSLError):
        return "TLS failed; is it http:// there?"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror
    return "the connection broke off"


def _message(error: HTTPError) -> str:
    try:
        told = json.loads(error.read(MAX_BYTES))["error"]
    except (OSError, ValueError, RecursionError, TypeError, KeyError, HTTPException):
        told = None
    return told if isinstance(told, str) else f"the daemon answered with HTTP {error.code}"
