"""Advice on names: a name should say exchange, account and purpose."""

import re
from collections.abc import Iterator

from bf_reconciler.spec import Connection, Strategy

EMPTY = re.compile(
    r"(test|main|key|api|apikey|account|acc|conn|connection|exchange|default|new|old|tmp|temp|foo"
    r"|bar|my|bot|strategy|strat|grid|dca|live|demo|prod|x|a|b)(-?[0-9]+)?"
)


def of_connection(connection: Connection) -> Iterator[str]:
    """What could be better about its name."""
    name, exchange = connection.name, connection.exchange
    if EMPTY.fullmatch(name) or re.fullmatch(rf"{exchange}(-?[0-9]+)?", name):
        yield f"this name is too vague; try exchange-account-purpose: {exchange}-main-grid"
    elif exchange not in name:
        yield f"this name does not include its exchange; try {exchange}-account-purpose"


def of_strategy(strategy: Strategy) -> Iterator[str]:
    """What could be better about its name."""
    if strategy.name == strategy.connection:
        yield "this name is also its connection's; say what it trades and how: btc-grid"
    elif EMPTY.fullmatch(strategy.name):
        yield "this name is too vague; say what it trades and how: btc-grid"
