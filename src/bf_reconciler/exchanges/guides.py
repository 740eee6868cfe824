"""The guide of an exchange, found by the exchange's place in the table and read when asked for."""

from importlib import import_module

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.exchanges.guide import Guide


def guide(exchange: str) -> Guide:
    """The guide that stands beside the row of this exchange.

    Raises:
        KeyError: No exchange of this name is in the table.
    """
    found: Guide = import_module(f"bf_reconciler.exchanges.{EXCHANGES[exchange].id}.guide").GUIDE
    return found
