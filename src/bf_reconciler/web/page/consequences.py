"""Strategies that are as they are because of their connection: shown under the cause, once."""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from bf_reconciler.status import Status, StrategyState, StrategyStatus, follows
from bf_reconciler.web.page.html import Reader, link
from bf_reconciler.web.page.markup import NOTHING, fill, join

SHOWN: Final = 50


def consequences(status: Status, state: StrategyState) -> dict[str, list[StrategyStatus]]:
    """The strategies in this state that only follow their connection, by its name."""
    found: dict[str, list[StrategyStatus]] = {}
    for strategy in status.strategies.values():
        if strategy.status is state and follows(strategy, status):
            found.setdefault(strategy.connection, []).append(strategy)
    return found


def folded(
    strategies: Sequence[StrategyStatus], words: str, reader: Reader, tone: str = ""
) -> Markup:
    """How many there are, and their names once it is opened."""
    if not strategies:
        return NOTHING
    names = join(
        (link(reader.strategy(each.name), each.name) for each in strategies[:SHOWN]), Markup(", ")
    )
    more = len(strategies) - SHOWN
    return fill(
        '<details class="follow"><summary class="%s">%s</summary><p>%s%s</p></details>',
        tone,
        reader.words[words].format(len(strategies)),
        names,
        f" {reader.words['more'].format(more)}" if more > 0 else "",
    )
