"""Answers as others may see them: their shape and words of fixed lists, nothing of anybody's."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from bf_reconciler.exchanges import EXCHANGES, Call, CaptureFields
from bf_reconciler.facts import Json, Question
from bf_reconciler.probe import bodies, placeholders
from bf_reconciler.probe.transport import Answer
from bf_reconciler.spec import ConnectionEntry

Capture = Callable[[ConnectionEntry, Question, Call, Answer], None]
"""Called with every answer that a probe gets, as it came."""

MAX_DEPTH: Final = 24
MIN_SECRET: Final = 4
"""Shorter credentials are no credentials, and stand in every text."""


def _with_rows(of: Callable[[CaptureFields], tuple[str, ...]], *common: str) -> frozenset[str]:
    """What every exchange may have, and what the rows add."""
    return frozenset(common).union(*(of(row.capture) for row in EXCHANGES.values()))


# Where words are kept. A field counts whatever its case.
RIGHTS: Final = _with_rows(lambda row: row.rights, "permission", "permissions", "scopes")
STATES: Final = _with_rows(lambda row: row.states, "status", "state")
PROSE: Final = _with_rows(lambda row: row.prose, "msg", "message", "error", "page")
CODES: Final = _with_rows(lambda row: row.codes, "code")
LABEL: Final = "label"
"""A code at one exchange, and the name that somebody gave to a key at another."""
ERRORS: Final = "errors"
FLAGS: Final = _with_rows(lambda row: row.digits, "mode", "type", "status", "state")
"""One digit in these is a kind, not an amount; a negative one is "never"."""

FIELD: Final = re.compile(r"[A-Za-z][A-Za-z_-]*\d{0,2}[A-Za-z_-]*", re.ASCII)
MAX_FIELD: Final = 40
COIN: Final = re.compile(r"[A-Z0-9]{2,12}", re.ASCII)
CATEGORIES: Final = _with_rows(lambda row: row.names)
"""A name in capitals is a coin, and coins tell what somebody holds; these are none."""
RIGHT: Final = re.compile(r"[A-Za-z_-]{1,32}(?:\d[A-Za-z_]{0,24})?|\d{1,2}", re.ASCII)
STATE: Final = re.compile(r"[A-Za-z_-]{1,24}", re.ASCII)
DIGIT: Final = re.compile(r"-?\d", re.ASCII)
RIGHT_NUMBER: Final = 100
TOO_LONG: Final = 10**6
HEADERS: Final = re.compile(r"(?:content-type|retry-after|[a-z-]*(?:rate-?limit|weight|limit).*)")
MEDIA: Final = re.compile(r"[a-z]+/[a-z.+-]+(?:; ?charset=[a-z0-9-]+)?", re.ASCII | re.IGNORECASE)


class Place(Enum):
    """Where in a body a value stands."""

    ELSEWHERE = "elsewhere"
    RIGHTS = "rights"
    ERRORS = "errors"


@dataclass(frozen=True, slots=True)
class _Redaction:
    secrets: tuple[str, ...]

    def value(self, found: Json, field: str, place: Place, depth: int = 0) -> Json:
        if found is None or isinstance(found, bool):
            return found
        if depth > MAX_DEPTH:
            return "<deep>"
        if isinstance(found, dict):
            return self._table(found, place, depth)
        if isinstance(found, list):
            return placeholders.shortened(
                [self.value(item, field, place, depth + 1) for item in found]
            )
        if isinstance(found, str):
            return self._text(found, field, place)
        if isinstance(found, int | float) and self._number_stays(found, field, place):
            return found
        return placeholders.number(found, field)

    def _table(self, found: dict[Any, Any], place: Place, depth: int) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for name, value in found.items():
            field = str(name)
            kept = self._name(field)
            if kept in shown and kept != field:  # several coins, say: one stands for all
                continue
            shown[kept] = self.value(value, field, _place(field, value, place), depth + 1)
        return shown

    def _name(self, name: str) -> str:
        if self._betrays(name) or len(name) > MAX_FIELD or not FIELD.fullmatch(name):
            return "<name>"
        return "<name>" if COIN.fullmatch(name) and name not in CATEGORIES else name

    def _text(self, text: str, field: str, place: Place) -> str:
        low = field.lower()
        if not text:
            return text
        if self._betrays(text):
            return placeholders.shape(text, field)
        if place is Place.RIGHTS:
            words = text.split(",")
            return ",".join(
                w if RIGHT.fullmatch(w.strip()) else placeholders.shape(w, field) for w in words
            )
        if low in STATES and STATE.fullmatch(text):
            return text
        if low in FLAGS and DIGIT.fullmatch(text):
            return text
        if low == LABEL and not text.isupper():
            return placeholders.shape(text, field)
        if low in {*CODES, LABEL} or (place is Place.ERRORS and low == "id"):
            return placeholders.code(text)
        return placeholders.prose(text) if low in PROSE else placeholders.listed(text, field)

    def _number_stays(self, found: float, field: str, place: Place) -> bool:
        if isinstance(found, float) or abs(found) >= TOO_LONG:
            return False
        written, low = str(found), field.lower()
        if self._betrays(written):
            return False
        if place is Place.RIGHTS:
            return 0 <= found < RIGHT_NUMBER
        if low in FLAGS:
            return DIGIT.fullmatch(written) is not None
        return low in CODES and placeholders.CODE.fullmatch(written) is not None

    def _betrays(self, text: str) -> bool:
        return any(secret in text.casefold() for secret in self.secrets)


def redact(body: Json, secrets: Iterable[str] = ()) -> Json:
    """The body with its shape, and without what it is about.

    What stays: names of fields, true, false and null, empty texts, error codes, the words of
    permissions and states, and of messages the words of a fixed list. Everything else is told by
    its kind alone: ``<text 24>``, ``<number>``, ``<ip>``. Of items that look alike only one stays.

    Args:
        body: A JSON value, or the text of an answer that is none.
        secrets: Credentials; a text that holds one is replaced whole, wherever it stands.
    """
    folded = tuple(s.casefold() for s in secrets if len(s) >= MIN_SECRET)
    return _Redaction(folded).value(body, "", Place.ELSEWHERE)


def record(
    entry: ConnectionEntry, question: Question, call: Call, answer: Answer
) -> Mapping[str, Any]:
    """One answer as it may be sent to others."""
    credentials = entry.connection.credentials
    values = (credentials.api_key, credentials.secret, credentials.passphrase)
    secrets = [value.get_secret_value() for value in values if value is not None]
    return {
        "exchange": entry.connection.exchange,
        "environment": entry.connection.environment,
        "question": question,
        "call": call.method,
        "http_status": answer.status,
        "headers": _headers(answer.headers),
        "body": redact(_body(answer.body), secrets),
    }


def _body(body: bytes) -> Json:
    """JSON, or a page as if it were a message."""
    value = bodies.parse(body, unique=False)
    if not isinstance(value, bodies.Unreadable):
        return value
    text = bodies.page(body)
    page = text.lstrip().startswith("<")
    return {"page" if page else "message": text[: placeholders.MAX_PROSE]}


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Those that tell of kind and pace."""
    found = {name.lower(): value for name, value in headers.items()}
    return {
        name: value
        if MEDIA.fullmatch(value) or placeholders.CODE.fullmatch(value)
        else placeholders.shape(value, name)
        for name, value in sorted(found.items())
        if HEADERS.fullmatch(name) and FIELD.fullmatch(name)
    }


def _place(field: str, value: Json, place: Place) -> Place:
    """Categories of rights are lists, and a list of rights may name them; a note is neither."""
    if field.lower() in RIGHTS:
        return Place.RIGHTS
    if field == ERRORS or place is Place.ERRORS:
        return Place.ERRORS
    inside = isinstance(value, list) or field == "name"
    return Place.RIGHTS if place is Place.RIGHTS and inside else Place.ELSEWHERE
