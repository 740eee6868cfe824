"""Durations as options: 30s, 5m, 2h, 14d."""

import re
from typing import Any

import click

MOST_DAYS = 3650
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Duration(click.ParamType[float]):
    """30s, 5m, 2h, 14d: seconds, at least ``least`` of them."""

    name = "duration"

    def __init__(self, least: float = 0.0) -> None:
        self._least = least

    def convert(
        self,
        value: Any,  # noqa: ANN401 # click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        found = re.fullmatch(r"([0-9]{1,6})(ms|s|m|h|d)", str(value))
        if found is None:
            self.fail("must be a duration such as 30s or 5m", param, ctx)
        seconds = int(found[1]) * UNITS[found[2]]
        if seconds < self._least:
            self.fail(f"must be at least {self._least:g}s", param, ctx)
        return seconds


class Retention(Duration):
    """How long to keep something: a day at least, and no longer than a file may say."""

    def convert(
        self,
        value: Any,  # noqa: ANN401 # click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        seconds = super().convert(value, param, ctx)
        if not UNITS["d"] <= seconds <= MOST_DAYS * UNITS["d"]:
            self.fail(f"must be from 1d to {MOST_DAYS}d", param, ctx)
        return seconds
