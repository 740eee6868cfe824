"""How long the last probes took, and a small picture of it."""

from collections import deque
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import Final

from bf_reconciler.status import Status
from bf_reconciler.web.page.words import Words

KEPT: Final = 40
IN_A_ROW: Final = 20
HEIGHT: Final = 18
STEP: Final = 4
Points = Sequence[float | None]
"""Seconds; None where no answer came."""


class Latencies:
    """The last latencies of each connection, as far as they were seen from here."""

    def __init__(self) -> None:
        self._points: dict[str, deque[float | None]] = {}
        self._at: dict[str, object] = {}
        self._known: Status | None = None

    def take(self, status: Status) -> None:
        """Keep what is new. Forgets what is no longer there."""
        if status is self._known:
            return
        self._known = status
        for name, connection in status.connections.items():
            at = connection.last_probe
            if at is None or self._at.get(name) == at:
                continue
            self._at[name] = at
            points = self._points.setdefault(name, deque(maxlen=KEPT))
            points.append(connection.latency_seconds)
        for name in self._at.keys() - status.connections.keys():
            del self._at[name], self._points[name]

    def of(self, name: str) -> Points:
        return tuple(self._points.get(name, ()))


def sparkline(points: Points, words: Words, shown: int = IN_A_ROW) -> str:
    """The points as an SVG line, from zero to the highest; where no answer came it is broken."""
    points = points[-shown:]
    told = [point for point in points if point is not None]
    if not told:
        return ""
    top = max(told)
    line = "".join(_stroke(run, top) for run in _runs(points))
    label, width = spoken(points, words), (shown - 1) * STEP
    return (
        f'<svg class="spark" viewBox="0 -1 {width} {HEIGHT + 2}" preserveAspectRatio="none" '
        f'role="img" aria-label="{label}">'
        f'<path d="{line}"/></svg>'
    )


def spoken(points: Points, words: Words) -> str:
    """The same in words: from the lowest to the highest, and now. One answer at least came."""
    told = [point for point in points if point is not None]
    low, high, last = min(told), max(told), points[-1]
    now = _milliseconds(last) if last is not None else "-"
    return words["spark"].format(len(points), _milliseconds(low), _milliseconds(high), now)


def _runs(points: Points) -> list[list[tuple[int, float]]]:
    """Answers in a row, each with its place."""
    parts = groupby(enumerate(points), key=lambda item: item[1] is None)
    return [[(at, p) for at, p in part if p is not None] for missing, part in parts if not missing]


def _stroke(run: list[tuple[int, float]], top: float) -> str:
    """A path in whole, relative steps: short, for there may be a thousand of them."""
    heights = [HEIGHT - round(HEIGHT * point / top) if top > 0 else HEIGHT for _, point in run]
    steps = "".join(f"l{STEP} {after - before}" for before, after in pairwise(heights))
    return f"M{run[0][0] * STEP} {heights[0]}{steps or 'h1'}"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"
