"""What an answer means: facts, or a failure in our own words. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, Final, Literal, TypeVar

from bf_reconciler.exchanges import Exchange, First, More, Refusal, Unexpected
from bf_reconciler.facts import (
    ADVICE,
    Balance,
    Clock,
    Failure,
    Json,
    KeyFacts,
    Orders,
    Question,
    Reason,
)
from bf_reconciler.probe import bodies, phrases
from bf_reconciler.probe.bodies import Unreadable
from bf_reconciler.probe.transport import Answer, Silence

T = TypeVar("T")
Subject = Question | Literal["markets", "announced"]
SIGNED: Final = frozenset[Subject]({"key", "balance", "orders"})

TEAPOT: Final = 418  # Binance began it: banned, not only too fast
TLS_FAILED: Final = (
    "could not be verified: TLS failed. A proxy that inspects TLS needs its authority in"
    " SSL_CERT_FILE; HTTPS_PROXY is not used, only proxy of the connection"
)
SILENT: Mapping[Silence, tuple[Reason, str]] = {
    Silence.TIMEOUT: (Reason.TIMEOUT, "did not answer within the timeout"),
    Silence.NAME: (Reason.NETWORK_ERROR, "has a host name that could not be resolved"),
    Silence.CONNECT: (Reason.NETWORK_ERROR, "could not be connected to"),
    Silence.TLS: (Reason.NETWORK_ERROR, TLS_FAILED),
    Silence.PROXY: (Reason.NETWORK_ERROR, "could not be reached: the proxy failed"),
    Silence.BROKEN: (Reason.NETWORK_ERROR, "closed the connection early"),
    Silence.GARBLED: (Reason.UNEXPECTED_RESPONSE, "did not send an HTTP response"),
    Silence.TOO_LARGE: (Reason.UNEXPECTED_RESPONSE, "sent a response that is too large"),
    Silence.UNSENT: (Reason.INVALID_KEY, "was not asked: the key contains a control character"),
}
CHALLENGED: Final = frozenset({"x-amzn-waf-action", "cf-mitigated"})
"""Headers by which a web firewall says that it, and not the exchange, has answered."""
CHALLENGE: Final = ("just a moment", "challenge-platform", "captcha", "_incapsula_")
SEEN_FROM: Final = re.compile(
    r"(?:your ip(?: address)?|client ip|ip address|cf-footer-ip)\W{1,3}(?:is\W{1,3})?"
    r"(?:<[^>]{0,80}>\s*)*(?P<ip>[0-9A-Fa-f.:]{3,45})",
    re.IGNORECASE,
)
"""Where such a page tells our address."""
DEFAULT_PAUSE: Final = 5.0
DEFAULT_BAN: Final = 120.0
LONGEST_LIMIT: Final = 3600.0
MILLISECONDS: Final = 13
"""Digits of a time in epoch milliseconds."""
DISTRUSTED: Final = frozenset(
    {
        Reason.INVALID_KEY,
        Reason.INVALID_SIGNATURE,
        Reason.INVALID_PASSPHRASE,
        Reason.KEY_EXPIRED,
        Reason.KEY_OR_IP_REJECTED,
        Reason.NO_READ_PERMISSION,
    }
)
"""What an exchange may say only because the time in the signature is wrong."""


def read_time(row: Exchange, got: Answer | Silence, now: datetime) -> Clock | Failure:
    """Latency and skew; the exchange looked at its clock halfway through the round trip."""
    theirs = read(row, "time", got, row.calls.time.read, now)
    if isinstance(theirs, Failure):
        return theirs
    latency = got.seconds if isinstance(got, Answer) else 0.0
    return Clock(skew=now.timestamp() - latency / 2 - theirs / 1000, latency=latency)


def read_first(row: Exchange, first: First, got: Answer | Silence, now: datetime) -> str | Failure:
    """What the key question takes and the file does not hold."""
    return read(row, "key", got, first.read, now)


def read_key(
    row: Exchange, got: Answer | Silence, now: datetime, api_key: str = ""
) -> KeyFacts | Failure:
    """The facts of the key that asks, also where an answer holds several."""
    own = row.calls.own

    def reader(body: Json) -> KeyFacts:
        return row.calls.key.read(body if own is None else own(body, api_key), now)

    return read(row, "key", got, reader, now)


def read_more(
    row: Exchange, more: More, key: KeyFacts, api_key: str, got: Answer | Silence, now: datetime
) -> KeyFacts | Failure:
    """The facts of a key that takes two calls, now that both are answered."""
    return read(row, "key", got, lambda body: more.read(key, body, api_key), now)


def read_balance(row: Exchange, got: Answer | Silence, now: datetime) -> Balance | Failure:
    return read(row, "balance", got, row.calls.balance.read, now)


def read_orders(row: Exchange, got: Answer | Silence, now: datetime) -> Orders | Failure:
    return read(row, "orders", got, row.calls.orders.read, now)


def read(
    row: Exchange,
    question: Subject,
    got: Answer | Silence,
    reader: Callable[[Any], T],
    now: datetime,
) -> T | Failure:
    """The facts that the row's reader finds, or why there are none.

    Decided from HTTP status, code and message of the body alone. Nothing of the exchange's text
    goes into a failure but its numeric code and, where it tells it, our own address.
    """
    if isinstance(got, Silence):
        reason, saying = SILENT[got]
        return Failure(reason, f"{row.title} {saying} (asked for: {question}).")
    body = _value(question, got.body)
    unreadable = isinstance(body, Unreadable)
    refusal = row.refusals.read(bodies.page(got.body) if unreadable else body)
    if refusal is not None:
        text = f"{refusal.text} {phrases.text_of(body)}"
        return _refused(row, question, got, refusal, text, now)
    if body is Unreadable.NOT_JSON:
        return _page(row, question, got, now)
    if not HTTPStatus.OK <= got.status < HTTPStatus.MULTIPLE_CHOICES:
        reason, words = _told(phrases.text_of(body), got, question)
        return _failure(row, question, got, reason, words, now)
    if isinstance(body, Unreadable):
        return _failure(row, question, got, Reason.UNEXPECTED_RESPONSE, body.value, now)
    try:
        return reader(body)
    except Unexpected as error:
        said = phrases.reason_of(phrases.text_of(body), signed=question in SIGNED)
        if said is not None:
            return _failure(row, question, got, said, None, now)
        words = f"a body with an unknown structure (field: {error})"
        return _failure(row, question, got, Reason.UNEXPECTED_RESPONSE, words, now)


def skewed(row: Exchange, failure: Failure, skew: float) -> Failure:
    """The failure of a signed question, now that our clock is known to be ``skew`` seconds off."""
    window = row.pace.window
    if window is None or abs(skew) <= window or failure.reason not in DISTRUSTED:
        return failure
    words = f"{row.title} refused a signed request, but the local clock is {abs(skew):.1f} s off."
    return Failure(Reason.CLOCK_SKEW, words, failure.http_status, failure.code)


def _refused(
    row: Exchange, question: Subject, got: Answer, refusal: Refusal, text: str, now: datetime
) -> Failure:
    reason = _by_words(row, refusal) or row.refusals.codes.get(refusal.code)
    words = None
    if reason is None:
        reason, words = _told(text, got, question)
    return _failure(row, question, got, reason, words, now, refusal)


def _by_words(row: Exchange, refusal: Refusal) -> Reason | None:
    text = refusal.text.casefold()
    for code, words, reason in row.refusals.phrases:
        if code in {"", refusal.code} and words.casefold() in text:
            return reason
    return None


def _told(text: str, got: Answer, question: Subject) -> tuple[Reason, str | None]:
    """By what the text says in words that mean the same everywhere, or else by the status."""
    reason = phrases.reason_of(text, signed=question in SIGNED)
    return (reason, None) if reason is not None else _by_status(got, question)


def _page(row: Exchange, question: Subject, got: Answer, now: datetime) -> Failure:
    """An answer that is no JSON: of the exchange's web server, or of a firewall in front of it."""
    text = bodies.page(got.body).casefold()
    bad = got.status >= HTTPStatus.BAD_REQUEST
    if bad and phrases.says(text, phrases.COUNTRY):
        return _failure(row, question, got, Reason.REGION_RESTRICTED, None, now)
    if words := _firewall(got):
        ours = _seen_from(text)
        if ours is not None:
            words = f"{words}. It refuses our address {ours}"
        reason = Reason.EXCHANGE_UNAVAILABLE
        return replace(_failure(row, question, got, reason, words, now), client_ip=ours)
    if bad or got.status >= HTTPStatus.MULTIPLE_CHOICES:
        reason, said = _by_status(got, question)
        return _failure(row, question, got, reason, said, now)
    reason = Reason.MAINTENANCE if _maintained(got) else Reason.UNEXPECTED_RESPONSE
    return _failure(row, question, got, reason, Unreadable.NOT_JSON.value, now)


def _firewall(got: Answer) -> str | None:
    """What a web firewall wants of us, where it answered in the exchange's place."""
    page = bodies.page(got.body).casefold()
    if got.status == HTTPStatus.ACCEPTED or not CHALLENGED.isdisjoint(
        name.lower() for name in got.headers
    ):
        return "a web firewall's challenge, which no program can answer"
    asked = got.status in {HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE}
    if asked and any(word in page for word in CHALLENGE):
        return "a web firewall's challenge, which no program can answer"
    if got.status == HTTPStatus.FORBIDDEN:
        return "a firewall page: it may block this address"
    return None


def _seen_from(text: str) -> str | None:
    for match in SEEN_FROM.finditer(text):
        try:
            return str(ip_address(match["ip"].strip(".:")))
        except ValueError:
            continue
    return None


def _by_status(got: Answer, question: Subject) -> tuple[Reason, str | None]:
    """For answers whose body says nothing that we know.

    401 is the key's, or its address's, where one was sent; of what takes no key, a gateway's.
    """
    match got.status:
        case HTTPStatus.UNAUTHORIZED if question in SIGNED:
            return Reason.KEY_OR_IP_REJECTED, None
        case HTTPStatus.TOO_MANY_REQUESTS | 418:
            return Reason.RATE_LIMITED, None
        case HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS:
            return Reason.REGION_RESTRICTED, None
        case HTTPStatus.REQUEST_TIMEOUT:
            return Reason.TIMEOUT, None
        case HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            return Reason.NETWORK_ERROR, "the proxy asks for a password"
        case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            down = Reason.MAINTENANCE if _maintained(got) else Reason.EXCHANGE_UNAVAILABLE
            return down, None
        case status if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            return Reason.UNEXPECTED_RESPONSE, "a redirect, which is not followed"
    return Reason.UNEXPECTED_RESPONSE, "an unknown error"


def _failure(
    row: Exchange,
    question: Subject,
    got: Answer,
    reason: Reason,
    words: str | None,
    now: datetime,
    refusal: Refusal | None = None,
) -> Failure:
    code = refusal.code or None if refusal else None
    told = f"HTTP {got.status}" + (f", code {code}" if code else "")
    meaning = words or ADVICE[reason]["en"].title
    return Failure(
        reason,
        f"{row.title} answered with {told} (asked for: {question}): {meaning}.",
        http_status=got.status,
        code=code,
        retry_after=_retry_after(row, got, reason, refusal, now),
        client_ip=row.refusals.address(refusal.text) if refusal else None,
    )


def _retry_after(
    row: Exchange, got: Answer, reason: Reason, refusal: Refusal | None, now: datetime
) -> float | None:
    """Seconds to stay away; only where we were too fast, or the exchange is down and says so."""
    if reason not in {Reason.RATE_LIMITED, Reason.EXCHANGE_UNAVAILABLE, Reason.MAINTENANCE}:
        return None
    seconds = _seconds(got.headers.get("retry-after", ""), now)
    if seconds is not None or reason is not Reason.RATE_LIMITED:
        return seconds
    if row.refusals.retry_header is not None:  # of a limit: in every answer, and it counts here
        name, unit = row.refusals.retry_header
        own = got.headers.get(name, "")
        if _digits(own):
            return int(own) * unit
    reset = _until(got.headers.get(row.refusals.reset_header or "", ""), now)
    if reset is not None:
        return reset
    end = row.refusals.ban_end(refusal.text) if refusal is not None else None
    if end is not None:
        return max(0.0, end / 1000 - now.timestamp())
    code = refusal.code if refusal is not None else ""
    usual = DEFAULT_BAN if got.status == TEAPOT else DEFAULT_PAUSE
    return row.refusals.pauses.get(code, usual)


def _seconds(value: str, now: datetime) -> float | None:
    if _digits(value):
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None


def _until(value: str, now: datetime) -> float | None:
    """Seconds until a clock time; one that is over, or too far off to be a limit's, tells none."""
    if not value.isascii() or not value.isdigit() or len(value) > MILLISECONDS:
        return None
    at = int(value) / 1000 if len(value) == MILLISECONDS else int(value)
    left = at - now.timestamp()
    return left if 0 < left <= LONGEST_LIMIT else None


def _digits(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 10  # noqa: PLR2004 # 300 years


def _maintained(got: Answer) -> bool:
    return b"maintenance" in got.body[: bodies.MAX_TEXT].lower()


def _value(question: Subject, body: bytes) -> Json | Unreadable:
    """Lists of markets are long, and no right of a key hangs on a field of theirs."""
    if question == "markets":
        return bodies.parse(body, bodies.MAX_LIST_VALUES, unique=False)
    return bodies.parse(body)
