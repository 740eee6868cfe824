"""Small types of the file: durations, names, addresses; strict, with messages people understand."""

import ipaddress
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SecretStr,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from bf_reconciler.spec.characters import CURLY, INVISIBLE, look_alike, name_of

UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)")
LONGEST = timedelta(days=3650)
"""No duration is longer, so that adding one to the present can never overflow."""
YEARS = range(2000, 3000)
"""Years a moment may lie in, likewise."""
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""These move a terminal's cursor, or worse; texts of the file are shown in terminals."""
LABEL = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"


class Declared(BaseModel):
    """What a person declares: frozen, strict, no unknown key, no value in an error."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        hide_input_in_errors=True,
    )


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    match = DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise PydanticCustomError("duration", "must be a duration such as 30s, 5m, 2h or 14d")
    return within(timedelta(0), LONGEST)(timedelta(milliseconds=int(match[1]) * UNITS[match[2]]))


def written(value: timedelta) -> str:
    """The duration as a person would write it in the file."""
    total = value // timedelta(milliseconds=1)
    unit = next(unit for unit in reversed(UNITS) if total % UNITS[unit] == 0)
    return f"{total // UNITS[unit]}{unit}" if total else "0s"


def within(low: timedelta, high: timedelta) -> Callable[[timedelta], timedelta]:
    """A check that a duration lies between these."""
    words = f"must be a duration from {written(low)} to {written(high)}"

    def check(value: timedelta) -> timedelta:
        if low <= value <= high:
            return value
        raise PydanticCustomError("duration", words)

    return check


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(written, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": f"^{DURATION.pattern}$"}),
]
"""A length of time, written ``30s``, ``5m``, ``2h``, ``14d``."""

Lease = Annotated[Duration, AfterValidator(within(timedelta(seconds=5), timedelta(days=1)))]
Interval = Annotated[Duration, AfterValidator(within(timedelta(seconds=1), timedelta(days=1)))]
"""Time between probes."""

Timeout = Annotated[
    Duration, AfterValidator(within(timedelta(milliseconds=100), timedelta(minutes=5)))
]
"""Deadline of one question."""


def _moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise PydanticCustomError(
            "moment", "must be a date such as 2027-01-31 or 2027-01-31T12:00:00Z"
        ) from None
    if moment.year not in YEARS:
        raise PydanticCustomError("moment", "must be a date between the years 2000 and 2999")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, BeforeValidator(_moment), Field(json_schema_extra={"type": "string"})]
"""A point in time; UTC where no offset is given."""


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise PydanticCustomError("address", "must be an IP address") from None


Address = Annotated[str, AfterValidator(_address)]


def is_loopback(host: str | None) -> bool:
    """True for localhost and loopback addresses."""
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _engine_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise PydanticCustomError("url", "must be a URL") from None
    if not value.isprintable() or " " in value:
        raise PydanticCustomError("url", "must be a URL without spaces")
    if parts.scheme not in {"http", "https"} or not host:
        raise PydanticCustomError("url", "must be a URL that starts with https://")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise PydanticCustomError("url", "must be a URL without user, query or fragment")
    return value.rstrip("/")


def _url(value: str) -> str:
    url = _engine_url(value)
    if is_overheard(url):
        raise PydanticCustomError("url", "http:// is only allowed on loopback; use https://")
    return url


def is_overheard(url: str) -> bool:
    """Whether what is sent there goes over a network unencrypted."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not is_loopback(parts.hostname)


EngineUrl = Annotated[str, AfterValidator(_engine_url)]
"""The base URL of an engine that has no TLS of its own: a warning where it is overheard."""

Endpoint = Annotated[str, AfterValidator(_url)]
"""A base URL; ``http://`` only on loopback."""


def _proxy(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise PydanticCustomError("url", "must be a proxy URL") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise PydanticCustomError("url", "must be a proxy URL such as http://proxy.example:3128")
    return value


Proxy = Annotated[SecretStr, AfterValidator(lambda v: SecretStr(_proxy(v.get_secret_value())))]
"""A proxy URL. Secret, since it may hold a password."""

Name = Annotated[str, Field(pattern=LABEL, max_length=63)]
"""A DNS label: lower-case letters, digits and inner hyphens, 63 at most."""


def _text(value: Any) -> Any:  # noqa: ANN401 # whatever the file holds there
    if isinstance(value, str) and not value.strip():
        raise PydanticCustomError("text", "must not be empty")
    if isinstance(value, str) and CONTROL.search(value):
        raise PydanticCustomError("text", "must not contain control characters")
    return value


Text = Annotated[str, BeforeValidator(_text), Field(max_length=500)]


def _secret(value: Any) -> Any:  # noqa: ANN401 # whatever the file holds there
    """Blanks around a key come from copying; only a PEM key has lines, and ends with one."""
    if isinstance(value, str) and not value.startswith("-----BEGIN"):
        _text(value)
        if (at := look_alike(value, INVISIBLE)) is not None:
            raise PydanticCustomError("secret", f"must not contain {name_of(value[at])}")
        if value[0] in CURLY and value[-1] in CURLY:
            raise PydanticCustomError("secret", "must not be in curly quotes; use plain quotes")
        if value != value.strip() or not value.isprintable():
            raise PydanticCustomError(
                "secret", "must not start or end with spaces, or contain line breaks"
            )
    return value


Secret = Annotated[SecretStr, BeforeValidator(_secret), Field(max_length=8192)]
PAIR = r"^[A-Z0-9]{1,20}/[A-Z0-9]{1,20}(:[A-Z0-9]{1,20}(-\d{6,8})?)?$"
Pair = Annotated[str, Field(pattern=PAIR)]
"""A market in ccxt form: BTC/USDT, futures BTC/USDT:USDT."""
PAIRS = r"^(\*|[A-Z0-9]{1,20})/(\*|[A-Z0-9]{1,20})(:[A-Z0-9]{1,20}(-\d{6,8})?)?$"
Pairs = Annotated[str, Field(pattern=PAIRS)]
"""A market in ccxt form, or all of a coin: BNB/*, */BUSD."""
Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Percent = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]


class Suspend(Declared):
    """A declared pause: whose, why, and until when."""

    reason: Text
    """Why."""
    owner: Text
    """Who is responsible."""
    until: Moment | None = None
    """When it ends by itself."""


def in_force(suspend: Suspend | None, now: datetime) -> Suspend | None:
    """The suspension where there is one and it has not ended."""
    if suspend is None or (suspend.until is not None and suspend.until <= now):
        return None
    return suspend
