"""The options of every verb that reads FILE: what is demanded of it, and how it opens."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any

import click

from bf_reconciler.cli import options
from bf_reconciler.facts import KEY_SERVICES, Rules

HOST = re.compile(r"[a-z0-9]([-a-z0-9._]{0,252})|[0-9a-f:]*:[0-9a-f:.]*")


@dataclass(frozen=True, slots=True)
class FileOptions:
    """What was given, one field per option."""

    allow_plaintext: bool = False
    require_seal: bool = False
    allow_host: tuple[str, ...] = ()
    allow_key_service: tuple[tuple[str, str], ...] = ()
    trusted_signers: Path | None = None
    sops_binary: Path | None = None

    @property
    def rules(self) -> Rules:
        return Rules(
            require_seal=self.require_seal,
            hosts=frozenset(self.allow_host),
            key_services=frozenset(self.allow_key_service),
        )


def file_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options, and hand them over together as ``chosen``."""

    @wraps(function)
    def command(**given: Any) -> None:  # noqa: ANN401 # whatever click read
        chosen = FileOptions(**{field.name: given.pop(field.name) for field in fields(FileOptions)})
        function(chosen=chosen, **given)

    added: Callable[..., None] = command
    for add in (
        options.sops_option,
        _trusted_signers,
        key_service_option,
        host_option,
        _require_seal,
        options.plaintext_option,
    ):
        added = add(added)
    return added


class KeyService(click.ParamType[tuple[str, str]]):
    """``KIND`` or ``KIND=ADDRESS``."""

    name = "key service"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        kind, _, address = str(value).partition("=")
        if kind not in KEY_SERVICES:
            self.fail(f"unknown kind; known: {', '.join(KEY_SERVICES)}", param, ctx)
        return kind, address.rstrip("/")


class Host(click.ParamType[str]):
    """A name or an address, without scheme, port or path."""

    name = "host"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        host = str(value).lower().rstrip(".")
        if not HOST.fullmatch(host):
            self.fail("a host is expected, such as proxy.example or 192.0.2.7", param, ctx)
        return host


def _require_seal(function: Callable[..., None]) -> Callable[..., None]:
    return options.option(
        "--require-seal", is_flag=True, help="Reject a file without a seal instead of warning."
    )(function)


def host_option(function: Callable[..., None]) -> Callable[..., None]:
    return options.option(
        "--allow-host",
        type=Host(),
        multiple=True,
        metavar="HOST",
        help="Host that endpoint and proxy may name besides the exchange's. Repeatable.",
    )(function)


def _trusted_signers(function: Callable[..., None]) -> Callable[..., None]:
    return options.option(
        "--trusted-signers",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="SSH allowed signers; a commit that none of them signed is rejected.",
    )(function)


def key_service_option(function: Callable[..., None]) -> Callable[..., None]:
    return options.option(
        "--allow-key-service",
        type=KeyService(),
        multiple=True,
        metavar="KIND[=ADDRESS]",
        help="Key service that FILE may use besides age and PGP. Repeatable.",
    )(function)
