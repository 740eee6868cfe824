"""Shows the status again and again."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NoReturn

import click
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from bf_reconciler.cli import tables

REFRESH_SECONDS = 2.0


def watch(picture: Callable[[], RenderableType], seconds: float = REFRESH_SECONDS) -> NoReturn:
    """Show the picture every so often until Ctrl-C. What fails is shown, and tried again."""
    out = tables.console()
    if not out.is_terminal:
        while True:
            tables.show(_now(picture), Text())
            time.sleep(seconds)
    with Live(console=out, screen=True, auto_refresh=False) as live:
        while True:
            live.update(_now(picture), refresh=True)
            time.sleep(seconds)


def _now(picture: Callable[[], RenderableType]) -> RenderableType:
    clock = Text(datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ"), style="dim")
    try:
        return Group(clock, picture())
    except click.UsageError:
        raise
    except click.ClickException as error:
        return Group(clock, Text(error.message, style="red"))
