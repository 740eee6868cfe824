"""What a runtime does with each field of a strategy: enforces it, passes it on, or ignores it."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, TypedDict, cast

from bf_reconciler.facts import Said

Degree = Literal["enforced", "passed_on", "ignored"]
"""enforced: it is made so, or nothing is turned on; passed_on: the engine gets it, and nobody
checks what it does with it; ignored: the engine does not get it."""
DEGREES: Final[Mapping[Degree, Said]] = {
    "enforced": Said("enforced", "uygulanır"),
    "passed_on": Said("passed on, not checked", "iletilir, denetlenmez"),
    "ignored": Said("ignored", "yok sayılır"),
}


class Handled(NamedTuple):
    """What is done with one field, and by what."""

    degree: Degree
    by: str = ""
    """What enforces it, or where it goes: "enforced by freqtrade's stake_amount"."""

    def __str__(self) -> str:
        word = DEGREES[self.degree].en
        if not self.by:
            return word
        return f"{word} by {self.by}" if self.degree == "enforced" else f"{word} ({self.by})"


PASSED_ON: Final = Handled("passed_on")
IGNORED: Final = Handled("ignored")


def enforced(by: str) -> Handled:
    return Handled("enforced", by)


class Handling(TypedDict):
    """Every field of a strategy that is about its engine; a runtime names each of them."""

    when_off: Handled
    market: Handled
    pairs: Handled
    exclude_pairs: Handled
    direction: Handled
    base_order: Handled
    order_types: Handled
    margin_limit: Handled
    margin_mode: Handled
    leverage: Handled
    max_open_trades: Handled
    safety_orders: Handled
    take_profit_pct: Handled
    stop_loss_pct: Handled
    trailing: Handled
    grid: Handled
    start_condition: Handled
    cooldown: Handled
    max_daily_loss_pct: Handled
    max_drawdown_pct: Handled
    recovery: Handled
    settings: Handled


FIELDS: Final = tuple(Handling.__annotations__)
OURS: Final = frozenset(
    {"name", "connection", "enabled", "resume", "risk_level", "runtime", "suspend", "labels"}
)
"""Fields of a strategy that are about this program; no engine needs them."""

ALL_PASSED_ON: Final = cast("Handling", dict.fromkeys(FIELDS, PASSED_ON))
"""For runtimes that hand on the whole strategy."""


def handled(declared: Mapping[str, Any], handling: Handling) -> Mapping[str, Handled]:
    """What is done with the fields that a strategy declares, in the order of the model."""
    table = cast("Mapping[str, Handled]", handling)
    return {name: table[name] for name in FIELDS if name in declared}
