"""What a person expects of a connection that the rules alone cannot know."""

from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from bf_reconciler.facts import Reason
from bf_reconciler.spec.money import Currency
from bf_reconciler.spec.types import Declared, Pairs

Bad = Literal["Blocked", "Degraded", "Unreachable"]
REASONS: tuple[str, ...] = tuple(
    sorted(str(reason) for reason in Reason if reason is not Reason.WITHDRAW_ENABLED)
)


def _reason(value: str) -> str:
    if value == Reason.WITHDRAW_ENABLED:
        words = "withdraw permission is never as expected; use a key without it"
        raise PydanticCustomError("reason", words)
    if value not in REASONS:
        near = get_close_matches(value, REASONS, n=1)
        words = "unknown reason" + (f"; did you mean {near[0]}?" if near else "")
        raise PydanticCustomError("reason", words)
    return value


ExpectedReason = Annotated[
    str, AfterValidator(_reason), Field(json_schema_extra={"enum": list(REASONS)})
]


class Expect(Declared):
    """What is expected of a connection. With a status it is a canary: good while it is bad."""

    status: Bad | None = None
    """The status that the connection must have; no strategy may use it then."""
    reason: ExpectedReason | None = None
    """The reason that its status must have; not set: any."""
    assets: Annotated[tuple[Currency, ...], Field(max_length=1000, strict=False)] | None = None
    """Assets it may hold beside those of its strategies."""
    pairs: Annotated[tuple[Pairs, ...], Field(max_length=1000, strict=False)] | None = None
    """Pairs in which it may have orders beside those of its strategies: BNB/USDT, BNB/*, */BUSD."""
