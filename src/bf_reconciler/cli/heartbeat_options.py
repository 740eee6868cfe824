"""The options of `run` for its heartbeat."""

import re
from collections.abc import Callable, Collection
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from bf_reconciler.cli import options
from bf_reconciler.cli.durations import Duration
from bf_reconciler.cli.file_options import FileOptions
from bf_reconciler.settings import Heartbeat, read_heartbeat_url, read_token

PLAIN = re.compile(r"[!-~]{1,2048}")
"""Printable ASCII: what may stand in the line of a request."""


def heartbeat_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options, and hand them over together as ``heartbeat``. Needs ``chosen``."""

    @wraps(function)
    def command(*, chosen: FileOptions, **given: Any) -> None:  # noqa: ANN401 # whatever click read
        url, url_file, token_file, seconds = (
            given.pop(f"heartbeat_{name}") for name in ("url", "url_file", "token_file", "interval")
        )
        if url and url_file:
            raise click.UsageError("--heartbeat-url and --heartbeat-url-file exclude each other")
        if token_file and not (url or url_file):
            raise click.UsageError("--heartbeat-token-file needs --heartbeat-url")
        heartbeat = None
        if url or url_file:
            try:
                url = checked(url or read_heartbeat_url(url_file), chosen.rules.hosts)
                token = read_token(token_file) if token_file else ""
            except ValueError as error:
                raise click.UsageError(str(error)) from None
            heartbeat = Heartbeat(url, token, seconds)
        function(chosen=chosen, heartbeat=heartbeat, **given)

    added: Callable[..., None] = command
    for add in (
        options.option(
            "--heartbeat-interval",
            type=Duration(least=1.0),
            default="30s",
            show_default=True,
            help="Time between two heartbeats.",
        ),
        options.option(
            "--heartbeat-token-file",
            type=click.Path(path_type=Path),
            help="File with a token to send with heartbeats, as a bearer token.",
        ),
        options.option(
            "--heartbeat-url-file",
            type=click.Path(path_type=Path),
            help="File with the URL for heartbeats, where it is a secret.",
        ),
        options.option(
            "--heartbeat-url",
            metavar="URL",
            help="Where to send a heartbeat after each completed pass: a dead man's switch.",
        ),
    ):
        added = add(added)
    return added


def checked(url: str, hosts: Collection[str]) -> str:
    """The address, if a heartbeat may go there; ``hosts``: where it may go unencrypted.

    Raises:
        ValueError: it may not; nothing of it is in the message.
    """
    from bf_reconciler.spec import is_loopback  # noqa: PLC0415 # help needs no pydantic

    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in {"http", "https"} or not host or not PLAIN.fullmatch(url):
        raise ValueError("the heartbeat URL must be an https:// URL without spaces")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the heartbeat URL must not hold a login; use --heartbeat-token-file")
    if parts.scheme == "http" and not is_loopback(host) and host not in hosts:
        raise ValueError(
            "the heartbeat URL must be https://; http:// is only allowed on loopback, and to a host"
            " that --allow-host names"
        )
    return url
