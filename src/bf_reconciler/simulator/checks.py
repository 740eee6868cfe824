"""JSON of the control API -> checked values; every complaint names its field, never its value."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address
from typing import Any

Check = Callable[[object], object]

_PAIR = re.compile(r"[A-Z0-9]{1,20}/[A-Z0-9]{1,20}(:[A-Z0-9]{1,20})?")
_LATEST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


class RefusedError(ValueError):
    """A control body that cannot be taken. Its text names the fields and is safe to show."""


def read(body: object, checks: Mapping[str, Check]) -> dict[str, Any]:
    """Check every field of a body.

    Raises:
        RefusedError: the body is no object, or holds unknown fields or wrong values; names all.
    """
    if not isinstance(body, dict):
        raise RefusedError("the body must be a JSON object")
    if unknown := sorted(str(name) for name in body if name not in checks):
        raise RefusedError(f"unknown fields: {', '.join(unknown)}; known: {', '.join(checks)}")
    values, wrong = {}, []
    for name, value in body.items():
        try:
            values[name] = checks[name](value)
        except RefusedError as error:
            wrong.append(f"{name} {error}")
    if wrong:
        raise RefusedError("; ".join(wrong))
    return values


def text(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or not value:
        raise RefusedError("must be printable text")
    return value


def text_or_empty(value: object) -> str:
    return "" if value == "" else text(value)


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise RefusedError("must be true or false")
    return value


def number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _LATEST:
        raise RefusedError("must be a number")
    return float(value)


def number_or_none(value: object) -> float | None:
    return None if value is None else number(value)


def seconds(value: object) -> float:
    if (amount := number(value)) < 0:
        raise RefusedError("must not be negative")
    return amount


def count(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise RefusedError("must be a whole number or null")
    return value


def failing_status(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 400 <= value <= 599:  # noqa: PLR2004 the range says itself
        raise RefusedError("must be an HTTP status from 400 to 599, or null")
    return value


def days(value: object) -> float | None:
    return None if value is None else number(value)


def moment(value: object) -> float:
    """Epoch seconds, from a number or from ISO 8601 text (UTC where it names no zone)."""
    if not isinstance(value, str):
        return number(value)
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise RefusedError("must be epoch seconds or an ISO 8601 time") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def moment_or_never(value: object) -> float | None:
    return None if value is None else moment(value)


def words(value: object) -> list[str]:
    if not isinstance(value, list) or not all(_is_word(word) for word in value):
        raise RefusedError("must be a list of words without commas")
    return list(value)


def _is_word(word: object) -> bool:
    return isinstance(word, str) and word.isprintable() and bool(word) and "," not in word


def paths(value: object) -> list[str]:
    if not isinstance(value, list) or not all(
        isinstance(path, str) and path.startswith("/") for path in value
    ):
        raise RefusedError('must be a list of paths that start with "/"')
    return list(value)


def addresses(value: object) -> list[str]:
    if not isinstance(value, list):
        raise RefusedError("must be a list of IP addresses")
    return [address(entry) for entry in value]


def address(value: object) -> str:
    try:
        return str(ip_address(text(value)))
    except ValueError:
        raise RefusedError("must be an IP address") from None


def address_or_peer(value: object) -> str | None:
    return None if value is None else address(value)


def amounts(value: object) -> dict[str, str]:
    """Amount by asset; kept as text, as the exchanges send it."""
    if not isinstance(value, dict) or not all(_is_word(asset) for asset in value):
        raise RefusedError("must be an object of amounts by asset")
    return {asset: _amount(amount) for asset, amount in value.items()}


def costs(value: object) -> dict[str, str]:
    """What assets cost: more than nothing."""
    found = amounts(value)
    if not all(Decimal(cost) for cost in found.values()):
        raise RefusedError("must not be 0")
    return found


def spot_pairs(value: object) -> list[str]:
    """Pairs as ccxt spells them."""
    named = value if isinstance(value, list) else [None]
    if not all(
        isinstance(pair, str) and _PAIR.fullmatch(pair) and ":" not in pair for pair in named
    ):
        raise RefusedError("must be a list of spot pairs such as BTC/USDT")
    return list(named)


def pairs(value: object) -> dict[str, bool]:
    """Whether a pair trades, by pairs as ccxt spells them."""
    if not isinstance(value, dict) or not all(_PAIR.fullmatch(str(pair)) for pair in value):
        raise RefusedError("the body must be an object of pairs such as BTC/USDT")
    return {pair: flag(trades) for pair, trades in value.items()}


def _amount(value: object) -> str:
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        raise RefusedError("must hold decimal amounts") from None
    if isinstance(value, bool) or not exact.is_finite() or exact < 0:
        raise RefusedError("must hold decimal amounts")
    return f"{exact:f}"
