"""Durations as options: 30s, 5m, 2h."""

import re
from typing import Any

import click

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Duration(click.ParamType[float]):
    """30s, 5m, 2h: seconds, at least ``least`` of them."""

    name = "duration"

    def __init__(self, least: float = 0.0) -> None:
        self._least = least

    def convert(
        self,
        value: Any,  # noqa: ANN401 # click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        found = re.fullmatch(r"([0-9]{1,6})(ms|s|m|h)", str(value))
        if found is None:
            self.fail("must be a duration such as 30s or 5m", param, ctx)
        seconds = int(found[1]) * UNITS[found[2]]
        if seconds < self._least:
            self.fail(f"must be at least {self._least:g}s", param, ctx)
        return seconds
