"""Answers as others may see them: their shape and words of fixed lists, nothing of anybody's."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Protocol

from bf_reconciler.exchanges import EXCHANGES, Call, CaptureFields
from bf_reconciler.facts import Json, Question
from bf_reconciler.probe import bodies, placeholders
from bf_reconciler.probe.sanitizer import Secrets, credentials
from bf_reconciler.probe.transport import Answer
from bf_reconciler.probe.vocabulary import KNOWN_CODES
from bf_reconciler.probe.word import is_word
from bf_reconciler.spec import ConnectionEntry

Capture = Callable[[ConnectionEntry, Question, Call, Answer], None]
"""Called with every answer that a probe gets, as it came."""

MAX_DEPTH: Final = 24


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
COIN: Final = re.compile(r"[A-Z0-9]{2,12}", re.ASCII)
CATEGORIES: Final = _with_rows(lambda row: row.names)
"""A name in capitals is a coin, and coins tell what somebody holds; these are none."""
RIGHT: Final = re.compile(r"\d{1,2}", re.ASCII)
RIGHT_NUMBER: Final = 100
TOO_LONG: Final = 10**6
HEADERS: Final = re.compile(r"(?:content-type|retry-after|[a-z-]*(?:rate-?limit|weight|limit).*)")
MEDIA: Final = re.compile(r"[a-z]+/[a-z.+-]+(?:; ?charset=[a-z0-9-]+)?", re.ASCII | re.IGNORECASE)


class Place(Enum):
    """Where in a body a value stands."""

    ELSEWHERE = "elsewhere"
    RIGHTS = "rights"
    ERRORS = "errors"


class Fill(Protocol):
    """What stands in place of values that are not shown."""

    @property
    def kind(self) -> re.Pattern[str]: ...

    def shape(self, text: str, field: str, /) -> str: ...

    def number(self, value: float, field: str, /) -> Json: ...

    def listed(self, text: str, field: str, /) -> str: ...

    def code(self, text: str, /) -> str: ...

    def prose(self, text: str, /) -> str: ...

    def name(self, shown: Mapping[str, Any], value: Json, /) -> str | None: ...

    def shortened(self, items: list[Any], /) -> list[Any]: ...


@dataclass(frozen=True, slots=True)
class _Redaction:
    secrets: Secrets
    fill: Fill

    def value(self, found: Json, field: str, place: Place, depth: int = 0) -> Json:
        if found is None or isinstance(found, bool):
            return found
        if depth > MAX_DEPTH:
            return "<deep>"
        if isinstance(found, dict):
            return self._table(found, place, depth)
        if isinstance(found, list):
            return self.fill.shortened(
                [self.value(item, field, place, depth + 1) for item in found]
            )
        if isinstance(found, str):
            return self._text(found, field, place)
        if isinstance(found, int | float) and self._number_stays(found, field, place):
            return found
        return self.fill.number(found, field)

    def _table(self, found: dict[Any, Any], place: Place, depth: int) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for name, value in found.items():
            field = str(name)
            told = self.value(value, field, _place(field, value, place), depth + 1)
            kept = field if self._shows(field) else self.fill.name(shown, told)
            if kept is not None:
                shown[kept] = told
        return shown

    def _shows(self, name: str) -> bool:
        """Whether a field keeps its name. One that is no word may be somebody's key."""
        if COIN.fullmatch(name):
            return name in CATEGORIES
        return FIELD.fullmatch(name) is not None and is_word(name) and not self._betrays(name)

    def _text(self, text: str, field: str, place: Place) -> str:
        low = field.lower()
        if not text:
            return text
        if self._betrays(text):
            return self.fill.shape(text, field)
        if place is Place.RIGHTS:
            words = text.split(",")
            return ",".join(
                w if self._is_right(w.strip()) else self.fill.shape(w, field) for w in words
            )
        if low in STATES and is_word(text):
            return text
        if low in FLAGS and self.fill.kind.fullmatch(text):
            return text
        if low == LABEL and not text.isupper():
            return self.fill.shape(text, field)
        if low in {*CODES, LABEL} or (place is Place.ERRORS and low == "id"):
            return self.fill.code(text)
        return self.fill.prose(text) if low in PROSE else self.fill.listed(text, field)

    def _number_stays(self, found: float, field: str, place: Place) -> bool:
        written, low = str(found), field.lower()
        if isinstance(found, float) or (abs(found) >= TOO_LONG and written not in KNOWN_CODES):
            return False
        if self._betrays(written):
            return False
        if place is Place.RIGHTS:
            return 0 <= found < RIGHT_NUMBER
        if low in FLAGS:
            return self.fill.kind.fullmatch(written) is not None
        return low in CODES and placeholders.is_code(written)

    def _betrays(self, text: str) -> bool:
        return self.secrets.in_text(text)

    def _is_right(self, word: str) -> bool:
        return RIGHT.fullmatch(word) is not None or is_word(word)


def redact(body: Json, secrets: Iterable[str] = (), fill: Fill = placeholders) -> Json:
    """The body with its shape, and without what it is about.

    What stays: names of fields, true, false and null, empty texts, error codes, the words of
    permissions and states, and of messages the words of a fixed list. Everything else is told by
    its kind alone: ``<text 24>``, ``<number>``, ``<ip>``. Of items that look alike only one stays.

    Args:
        body: A JSON value, or the text of an answer that is none.
        secrets: Credentials; a text that holds one is replaced whole, wherever it stands, and in
            whatever encoding.
        fill: What stands in place of what does not stay.
    """
    return _Redaction(Secrets(secrets), fill).value(body, "", Place.ELSEWHERE)


def record(
    entry: ConnectionEntry, question: Question, call: Call, answer: Answer
) -> Mapping[str, Any]:
    """One answer as it may be sent to others."""
    return {
        "exchange": entry.connection.exchange,
        "environment": entry.connection.environment,
        "question": question,
        "call": call.method,
        "http_status": answer.status,
        "headers": headers(answer.headers),
        "body": redact(_body(answer.body), credentials(entry)),
    }


def _body(body: bytes) -> Json:
    """JSON, or a page as if it were a message."""
    value = bodies.parse(body, unique=False)
    if not isinstance(value, bodies.Unreadable):
        return value
    text = bodies.page(body)
    page = text.lstrip().startswith("<")
    return {"page" if page else "message": text[: placeholders.MAX_PROSE]}


def headers(sent: Mapping[str, str]) -> dict[str, str]:
    """Those that tell of kind and pace."""
    found = {name.lower(): value for name, value in sent.items()}
    return {
        name: value
        if MEDIA.fullmatch(value) or placeholders.CODE.fullmatch(value)
        else placeholders.shape(value, name)
        for name, value in sorted(found.items())
        if HEADERS.fullmatch(name) and FIELD.fullmatch(name)
    }


def names_of(sent: Mapping[str, str], secrets: Iterable[str]) -> dict[str, str | None]:
    """Their names, for which no list is long enough, and the values that can be shown."""
    shown, hidden = headers(sent), Secrets(secrets)
    return {
        name: value if (value := shown.get(name, "<")) and not value.startswith("<") else None
        for name in sorted(name.lower() for name in sent)
        if FIELD.fullmatch(name) and is_word(name) and not hidden.in_text(name)
    }


def _place(field: str, value: Json, place: Place) -> Place:
    """Categories of rights are lists, and a list of rights may name them; a note is neither."""
    if field.lower() in RIGHTS:
        return Place.RIGHTS
    if field == ERRORS or place is Place.ERRORS:
        return Place.ERRORS
    inside = isinstance(value, list) or field == "name"
    return Place.RIGHTS if place is Place.RIGHTS and inside else Place.ELSEWHERE
