"""Amounts of capital: never a bare number."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from bf_reconciler.spec.types import Declared, Positive, Share

CURRENCY = r"^[A-Z0-9]{1,20}$"
Currency = Annotated[str, Field(pattern=CURRENCY)]


class Money(Declared):
    """An amount and its currency; never a bare number."""

    amount: Positive
    """How much."""
    currency: Currency
    """Of what."""


class BalanceRatio(Declared):
    """A share of the balance."""

    balance_ratio: Share
    """0.3 is 30 percent."""


def _form(value: object) -> str | None:
    """Which of the two forms is meant, so that problems tell of that form alone."""
    if isinstance(value, BalanceRatio) or (isinstance(value, dict) and "balance_ratio" in value):
        return "BalanceRatio"
    return "Money" if isinstance(value, Money | dict) else None


MarginLimit = Annotated[
    Annotated[Money, Tag("Money")] | Annotated[BalanceRatio, Tag("BalanceRatio")],
    Discriminator(
        _form,
        custom_error_type="margin_limit",
        custom_error_message="must be {amount, currency} or {balance_ratio}, not a bare number",
    ),
]
