"""Names to complete on the command line: of a file, or of the daemon. Silent where it cannot."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

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
    return [name for _, name in _known(ctx) if name.startswith(incomplete)]


def of_entries(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """KIND/NAME of all that the daemon knows."""
    found = [f"{kind}/{name}" for kind, name in _known(ctx)]
    return [each for each in found if each.startswith(incomplete)]


def strategies_of_daemon(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Strategies that the daemon knows."""
    found = [name for kind, name in _known(ctx) if kind == "strategy"]
    return [each for each in found if each.startswith(incomplete)]


def _known(ctx: click.Context) -> list[tuple[str, str]]:
    """Kind and name of every entry of the daemon's."""
    from bf_reconciler.cli.api import Api, ApiError  # noqa: PLC0415 # only when a shell asks

    with suppress(ApiError, click.ClickException):
        status = Api.of(ctx.params.get("url"), timeout=SECONDS).status()
        return [
            (kind, entry["name"])
            for kind, group in (("connection", "connections"), ("strategy", "strategies"))
            for entry in status[group]
        ]
    return []


def _declared(file: Path, kind: str) -> Iterator[str]:
    from bf_reconciler import document  # noqa: PLC0415 # only when a shell asks
    from bf_reconciler.facts import ConfigError  # noqa: PLC0415
    from bf_reconciler.source import FolderSource, present  # noqa: PLC0415

    with suppress(ConfigError):
        folder = FolderSource(file).read_folder().files if file.is_dir() else {}
        for content in folder.values() or (present(str(file)),):
            yield from document.names(content.data, kind)
