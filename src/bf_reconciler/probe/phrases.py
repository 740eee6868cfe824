"""Sentences that mean the same at every exchange; looked at where no code of its row says more."""

from collections.abc import Iterable
from typing import Final

from bf_reconciler.facts import Json, Reason

COUNTRY: Final = (
    "block access from your country",  # Amazon CloudFront
    "banned the country or region your ip",  # Cloudflare, 1009
    "not available in your country",
    "not available in your region",
    "unavailable in your country",
    "unavailable in your region",
    "unavailable in your location",
    "restricted location",
)
"""What the pages of large content networks say of a country; they are the same everywhere."""
PASSING: Final = (
    (
        ("under maintenance", "system maintenance", "in maintenance", "system upgrade"),
        Reason.MAINTENANCE,
    ),
    (
        (
            "too many request",
            "too frequent",
            "frequency is too high",
            "exceeded the access frequency",
            "rate limit",
            "request limit",
        ),
        Reason.RATE_LIMITED,
    ),
    (
        (
            "system busy",
            "system is busy",
            "server is busy",
            "system error",
            "server error",
            "server timeout",
            "service unavailable",
            "ring-balancer",
        ),
        Reason.EXCHANGE_UNAVAILABLE,
    ),
)
"""What passes by itself."""
OF_KEYS: Final = (
    (("api key has expired", "apikey has expired", "api key expired"), Reason.KEY_EXPIRED),
    (
        (
            "invalid api key",
            "invalid api_key",
            "invalid apikey",
            "invalid access key",
            "illegal accesskey",
            "api key does not exist",
            "api key doesn't exist",
        ),
        Reason.INVALID_KEY,
    ),
    (
        (
            "invalid signature",
            "signature is not valid",
            "signature not valid",
            "signature is invalid",
            "illegal sign",
        ),
        Reason.INVALID_SIGNATURE,
    ),
    (
        ("timestamp expired", "timestamp request expired", "invalid timestamp", "recvwindow"),
        Reason.CLOCK_SKEW,
    ),
    (
        (
            "permission denied",
            "permissions not right",
            "require more permission",
            "no operation privilege",
        ),
        Reason.NO_READ_PERMISSION,
    ),
)
"""What a question without a key cannot be told."""
FIELDS: Final = ("msg", "message", "error_msg", "err_msg", "errorMessage")


def reason_of(text: str, *, signed: bool) -> Reason | None:
    """What a text means, or None. ``signed``: the question took a key."""
    text = text.casefold()
    if says(text, COUNTRY):
        return Reason.REGION_RESTRICTED
    meanings = (*OF_KEYS, *PASSING) if signed else PASSING
    return next((reason for words, reason in meanings if says(text, words)), None)


def says(text: str, words: Iterable[str]) -> bool:
    return any(each in text for each in words)


def text_of(body: Json) -> str:
    """The text of an error whose shape is none of the exchange's."""
    if not isinstance(body, dict):
        return ""
    return " ".join(told for name in FIELDS if isinstance(told := body.get(name), str))
