"""How long the last probes took, and a small chart of it."""

from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from bf_reconciler.spec import differing
from bf_reconciler.status import Status
from bf_reconciler.web.page.markup import NOTHING, fill
from bf_reconciler.web.page.words import Words

KEPT: Final = 40
IN_A_ROW: Final = 20
HEIGHT: Final = 18
STEP: Final = 4
STEPS: Final = {rise: f"l{STEP} {rise}" for rise in range(-HEIGHT, HEIGHT + 1)}
Points = Sequence[float | None]
"""Seconds; None where no answer came."""


class Latencies:
    """The last latencies of each connection, as far as this process has seen them."""

    def __init__(self) -> None:
        self._points: dict[str, deque[float | None]] = {}
        self._at: dict[str, object] = {}
        self._known: Status | None = None

    def take(self, status: Status) -> None:
        """Keep what is new. Forgets what is no longer there."""
        if status is self._known:
            return
        known, self._known = self._known, status
        old = known.connections if known is not None else {}
        for name in differing(old, status.connections):
            connection = status.connections.get(name)
            if connection is None:
                self._at.pop(name, None)
                self._points.pop(name, None)
                continue
            at = connection.last_probe
            if at is None or self._at.get(name) == at:
                continue
            self._at[name] = at
            points = self._points.setdefault(name, deque(maxlen=KEPT))
            points.append(connection.latency_seconds)

    def of(self, name: str) -> Points:
        return tuple(self._points.get(name, ()))


def sparkline(points: Points, words: Words, shown: int = IN_A_ROW) -> Markup:
    """The points as an SVG line, from zero to the highest; where no answer came it is broken."""
    points = points[-shown:]
    answered = [point for point in points if point is not None]
    if not answered:
        return NOTHING
    top = max(answered)
    return fill(
        '<svg class="spark" viewBox="0 -1 %(width)s %(height)s" preserveAspectRatio="none" '
        'role="img" aria-label="%(label)s"><path d="%(line)s"/></svg>',
        width=str((shown - 1) * STEP),
        height=str(HEIGHT + 2),
        label=summary(points, words),
        line="".join([_stroke(at, run, top) for at, run in _runs(points)]),
    )


def summary(points: Points, words: Words) -> str:
    """The same in words: from the lowest to the highest, and the last. At least one answered."""
    answered = [point for point in points if point is not None]
    low, high, last = min(answered), max(answered), points[-1]
    latest = words["spark_no_answer"] if last is None else f"{_milliseconds(last)} ms"
    return words["spark"].format(len(points), _milliseconds(low), _milliseconds(high), latest)


def _runs(points: Points) -> list[tuple[int, list[float]]]:
    """Answers in a row, each run with the place of its first."""
    runs: list[tuple[int, list[float]]] = []
    answered = False
    for at, point in enumerate(points):
        if point is not None:
            if not answered:
                runs.append((at, []))
            runs[-1][1].append(point)
        answered = point is not None
    return runs


def _stroke(at: int, run: list[float], top: float) -> str:
    """A path in whole, relative steps: short, for there may be a thousand of them."""
    scale = HEIGHT / top if top > 0 else 0
    heights = [HEIGHT - round(scale * point) for point in run]
    steps = "".join([STEPS[after - before] for before, after in pairwise(heights)])
    return f"M{at * STEP} {heights[0]}{steps or 'h1'}"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"
