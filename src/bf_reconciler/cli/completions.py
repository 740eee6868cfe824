"""Names to complete on the command line: of a file, or of the daemon. Silent where it cannot."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

Complete = Callable[[click.Context, click.Parameter, str], list[str]]
SECONDS = 0.5
"""A shell waits this long at most."""


def of_file(kind: str) -> Complete:
    """Names of FILE's connections or strategies."""

    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
        taken = ctx.params.get("names") or ()
        file = ctx.params.get("file")
        return [
            name
            for name in (_declared(Path(file), kind) if file else ())
            if name.startswith(incomplete) and name not in taken
        ]

    return complete


def of_daemon(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Names that the daemon knows."""
    from bf_reconciler.cli.api import Api, ApiError  # noqa: PLC0415 # only when a shell asks

    with suppress(ApiError, click.ClickException):
        status = Api.of(ctx.params.get("url"), timeout=SECONDS).status()
        entries = [*status["connections"], *status["strategies"]]
        return [e["name"] for e in entries if e["name"].startswith(incomplete)]
    return []


def _declared(file: Path, kind: str) -> Iterator[str]:
    import yaml  # noqa: PLC0415 # only when a shell asks

    data: Any = None
    with suppress(OSError, yaml.YAMLError, RecursionError, ValueError):
        data = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
    entries = data.get(kind) if isinstance(data, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        name = entry.get("name") if isinstance(entry, dict) else None
        if isinstance(name, str):
            yield name
