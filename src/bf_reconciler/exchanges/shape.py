"""Reading what an exchange answers.

What decides is strict: the documented shape, or Unexpected, and ``described`` makes only that part
of a key unknown. What informs is forgiving: the readers named ``maybe`` never raise.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final, TypeVar

from bf_reconciler.exchanges.model import Refusal, Unexpected
from bf_reconciler.facts import Json, KeyFacts, Part, Scope, Unread

T = TypeVar("T")
WORD = re.compile(r"[A-Za-z0-9_.:/ -]{1,64}", re.ASCII)
ADDRESS = re.compile(r"[0-9A-Fa-f.:*/]{1,64}", re.ASCII)  # `*` where the exchange masks
CODE = re.compile(r"-?\d{1,10}", re.ASCII)
WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
NO_FACTS: Final = KeyFacts(frozenset(), frozenset())
MAX_MS = 32_503_680_000_000
"""The year 3000: later times are no times."""
MAX_YEAR: Final = 3000
MAX_NOTE: Final = 200
"""Characters of a text that only informs."""
FLAGS: Final[Mapping[str, bool]] = {"0": False, "1": True, "false": False, "true": True}


# What decides: the documented shape, in every spelling of JSON that means the same, or Unexpected.


def table(value: Json, field: str) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise Unexpected(field)
    return value


def rows(value: Json, field: str) -> list[Mapping[str, Json]]:
    if not isinstance(value, list):
        raise Unexpected(field)
    return [table(item, field) for item in value]


def text(body: Mapping[str, Json], field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str):
        raise Unexpected(field)
    return value


def optional_text(body: Mapping[str, Json], field: str) -> str | None:
    return None if body.get(field) is None else text(body, field)


def spelled(body: Mapping[str, Json], *fields: str) -> str:
    """The first of these names that the body has; sources disagree on how a field is spelled."""
    return next((field for field in fields if body.get(field) is not None), fields[0])


def spelled_once(body: Mapping[str, Json], *fields: str) -> str:
    """As ``spelled``, for what decides.

    Raises:
        Unexpected: Two spellings are there, and say different things.
    """
    field = spelled(body, *fields)
    if any(body.get(other) not in (None, body.get(field)) for other in fields):
        raise Unexpected(field)
    return field


def absent(value: Json) -> bool:
    """Null and empty text are how some say nothing."""
    return value is None or (isinstance(value, str) and not value.strip())


def whole(body: Mapping[str, Json], field: str) -> int:
    """A whole number, as a number or as text."""
    value = body.get(field)
    if isinstance(value, str) and WHOLE.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unexpected(field)
    return value


def optional_whole(body: Mapping[str, Json], field: str) -> int | None:
    return None if absent(body.get(field)) else whole(body, field)


def flag(body: Mapping[str, Json], field: str) -> bool:
    """Yes or no: true and false, 1 and 0, and both as text."""
    value = body.get(field)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    shown = str(value).strip().lower() if isinstance(value, str | int) else ""
    if shown not in FLAGS:
        raise Unexpected(field)
    return FLAGS[shown]


def optional_flag(body: Mapping[str, Json], field: str) -> bool | None:
    return None if absent(body.get(field)) else flag(body, field)


def milliseconds(body: Mapping[str, Json], field: str) -> int:
    value = whole(body, field)
    if not 0 < value < MAX_MS:
        raise Unexpected(field)
    return value


def amount(body: Mapping[str, Json], field: str) -> Decimal:
    """An amount of money; one that is told as nothing is zero."""
    value = body.get(field)
    if field in body and absent(value):
        return Decimal(0)
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise Unexpected(field)
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        raise Unexpected(field) from None
    if not found.is_finite():
        raise Unexpected(field)
    return found


def is_zero(body: Mapping[str, Json], field: str) -> bool:
    """Whether an amount is zero."""
    return amount(body, field) == 0


def optional_moment(body: Mapping[str, Json], field: str, unit: float = 0.001) -> datetime | None:
    """A time: a number of ``unit`` seconds since 1970, also as text, or ISO 8601; 0 is none."""
    value = body.get(field)
    if absent(value):
        return None
    if isinstance(value, str) and not WHOLE.fullmatch(value.strip()):
        return iso(value, field)
    count = whole(body, field)
    if count >= MAX_MS / 1000 / unit:  # compared as it is: it may be larger than any float
        raise Unexpected(field)
    return datetime.fromtimestamp(count * unit, UTC) if count > 0 else None


def iso(written: str, field: str) -> datetime:
    """A time of ISO 8601, in UTC where it names no zone."""
    try:
        found = datetime.fromisoformat(written.strip())
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Unexpected(field) from None
    if found.year >= MAX_YEAR:
        raise Unexpected(field)
    return found


def listed(value: Json, field: str) -> tuple[str, ...]:
    """A list, as an array of texts or as text with commas between; empty items are none."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise Unexpected(field)
    return tuple(item.strip() for item in items if item.strip())


def words(body: Mapping[str, Json], field: str) -> tuple[str, ...]:
    """A list of permissions; an empty one is documented nowhere."""
    found = listed(body.get(field), field)
    if not found or not all(WORD.fullmatch(word) for word in found):
        raise Unexpected(field)
    return found


def addresses(value: Json, field: str) -> tuple[str, ...] | None:
    """An allowlist, whose entries may be masked; None where it is not told, empty where it is."""
    if value is None:
        return None
    found = listed(value, field)
    if not all(ADDRESS.fullmatch(item) for item in found):
        raise Unexpected(field)
    return found


def flags(
    body: Mapping[str, Json], fields: Iterable[str]
) -> tuple[Mapping[str, bool | None], tuple[Unread, ...]]:
    """Flags of rights: True, False, or None where one is not there or of an unknown shape."""
    found: dict[str, bool | None] = {}
    unread: list[Unread] = []
    for field in fields:
        try:
            found[field] = optional_flag(body, field)
        except Unexpected:
            found[field] = None
            unread.append(Unread("rights", field))
    return found, tuple(unread)


def described(
    rights: Callable[[], KeyFacts],
    allowlist: Callable[[], tuple[str, ...] | bool | None] = lambda: None,
    expiry: Callable[[], datetime | None] = lambda: None,
    state: Callable[[], None] = lambda: None,
) -> KeyFacts:
    """The deciding parts of a key, each by its own reader: one that fails spoils no other.

    Args:
        rights: Facts with the scopes alone.
        allowlist: The list, or only whether there is one; None where it is not told.
        expiry: When the key ends, where that is told.
        state: Raises where the key is in a state that no document has for a key that works.

    Raises:
        Unexpected: Neither rights nor anything else is told in a known form.
    """
    unread: list[Unread] = []

    def part(name: Part, read: Callable[[], T], nothing: T) -> T:
        try:
            return read()
        except Unexpected as error:
            unread.append(Unread(name, str(error)))
            return nothing

    facts = part("rights", rights, NO_FACTS)
    ips = part("allowlist", allowlist, None)
    end = part("expiry", expiry, None)
    part("state", state, None)
    if unread and unread[0].part == "rights" and ips is None and end is None:
        raise Unexpected(unread[0].field)
    return replace(
        facts,
        ip_bound=None if ips is None else bool(ips),
        ips=ips if isinstance(ips, tuple) else None,
        expires_at=end,
        unread=(*facts.unread, *unread),
    )


def scopes(
    found: tuple[str, ...],
    meaning: Mapping[str, frozenset[Scope]],
    told: frozenset[Scope],
    open_: frozenset[Scope] = frozenset(),
    *,
    explicit: bool = False,
) -> KeyFacts:
    """Permission words to scopes.

    Args:
        found: The words of the key.
        meaning: What each documented word grants.
        told: The scopes that the documented words speak of, all of them.
        open_: Scopes that the words of this key leave undecided.
        explicit: The exchange says no to each right by name, with a flag. Of a mere list of words,
            one that nobody knows might be the new name of anything: nothing is denied beside it.

    Returns:
        Facts with the scopes alone.
    """
    unknown = tuple(dict.fromkeys(word for word in found if word not in meaning))
    granted = frozenset[Scope]().union(*(meaning.get(word, frozenset()) for word in found))
    if unknown and not explicit:
        return KeyFacts(granted, frozenset(), unknown)
    undecided = told & open_ - granted
    return KeyFacts(granted, told - granted - open_, unknown, undecided=undecided)


def refusal(code: Json, message: Json) -> Refusal:
    """The code and text of an error body; a code that is no number is none."""
    shown = str(code) if isinstance(code, str | int) and not isinstance(code, bool) else ""
    known = CODE.fullmatch(shown) is not None
    return Refusal(shown if known else "", message if isinstance(message, str) else "")


# What informs: whatever else it is, the answer stands.


def maybe_text(body: Mapping[str, Json], *fields: str) -> str | None:
    """A text, or a number as text."""
    value = body.get(spelled(body, *fields))
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    return str(value).strip()[:MAX_NOTE] or None


def maybe_flag(body: Mapping[str, Json], *fields: str) -> bool | None:
    try:
        return optional_flag(body, spelled(body, *fields))
    except Unexpected:
        return None


def maybe_moment(body: Mapping[str, Json], *fields: str, unit: float = 0.001) -> datetime | None:
    """A time, as ``optional_moment`` has it."""
    try:
        return optional_moment(body, spelled(body, *fields), unit)
    except Unexpected:
        return None


def maybe_amount(body: Mapping[str, Json], field: str) -> Decimal | None:
    try:
        return amount(body, field)
    except Unexpected:
        return None
