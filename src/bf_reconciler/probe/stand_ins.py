"""What stands in place of a value where a row is to read it again: another one of the same form.

Nothing is counted or measured by it: an amount has no size, a list of alike items one item, and a
time no hour. What is nothing (zero, an empty text, an address that admits everybody) stays.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, ip_network
from itertools import count
from typing import Any, Final

from bf_reconciler.facts import Json
from bf_reconciler.probe import placeholders
from bf_reconciler.probe.placeholders import EMAIL, MASKED_IP, NUMBER
from bf_reconciler.probe.vocabulary import NUMBERS, VOCABULARY

TIMES: Final = re.compile(
    r"(?i:(?:time|date|epoch|stamp|until|expir[a-z]*|last_?used|last_?access|created?|modified)"
    r"(?:_?(?:at|time|date|ms|millis|seconds?|nanos?))*)$|(?<=[a-z])At$|_at$|^ts$|^now$"
)
"""Names of times, to their end: ``updateTimeId`` and ``lifetimeVolume`` are none."""
DAY: Final = 86_400
FIRST: Final = 10**9
LAST: Final = 26 * 10**10
"""Seconds since 1970 that are times: from 2001 to the year 10000."""
UNITS: Final = (1, 10**3, 10**6, 10**9)
CLOCK: Final = re.compile(r"\d")
PIECE: Final = re.compile(
    r"(?P<ip>(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)"
    r"|[A-Za-z]+|[0-9]+|[^\x00-\x7f]+"
)
OPEN: Final = {4: 8, 6: 16}
"""A network that is wider than this says nothing of who is in it."""
NOBODYS: Final = frozenset({"true", "false", "yes", "no", "null", "none"})
LONG: Final = 10**6
LONGEST_NUMBER: Final = 300
"""Characters of a number: none that an exchange means is as long."""
ANY: Final = ("x", "X", "1")
"""What a small letter, a capital and a digit are written as."""
OWN: Final = ("k", "K", "7")
"""Likewise, of the key that asks."""


@dataclass(frozen=True, slots=True)
class StandIns:
    """Values of the same form.

    Args:
        api_key: Stands as ``own_key`` wherever it is told, also where the exchange masks it: some
            answers describe several keys, and a row finds its own by it.
        exact: Of times as they are: the exchange's clock is nobody's.
    """

    api_key: str
    exact: bool = False
    kind: re.Pattern[str] = re.compile(r"-?\d{1,3}", re.ASCII)
    """A kind, or days that are left."""

    @property
    def own_key(self) -> str:
        return _drawn(self.api_key, OWN)

    def shape(self, text: str, field: str) -> str:
        if not text or text == "*" or text.lower() in NOBODYS:
            return text
        if MASKED_IP.fullmatch(text):
            return _drawn(text)
        if self._is_own(text):
            return _drawn(text, OWN)
        if (network := _network(text)) is not None:
            return network
        if NUMBER.fullmatch(text) and len(text) <= LONGEST_NUMBER:
            return self._numeral(text, field)
        if self._tells_time(field) and (day := self._day(text)) is not None:
            return day
        return "name@example.com" if EMAIL.fullmatch(text) else _drawn(text)

    def number(self, value: float, field: str) -> Json:
        if value == 0 or not -math.inf < value < math.inf:
            return value
        if (time := self._time(value, field)) is not None:
            return time
        if isinstance(value, float):
            return math.copysign(1.5, value)
        return _whole(value) if value > 0 else -_whole(value)

    def listed(self, text: str, field: str) -> str:
        parts = [self.shape(part.strip(), field) for part in text.split(",")]
        return ",".join(self.shortened(parts))

    def code(self, text: str) -> str:
        return text if placeholders.is_code(text) else _drawn(text)

    def prose(self, text: str) -> str:
        """A message or a page: the words of the list, and others of the same length."""
        return PIECE.sub(self._piece, text)

    def name(self, shown: Mapping[str, Any], value: Json) -> str | None:
        """Several coins, say: those that look alike once."""
        for number in count(1):
            name = f"COIN{number}"
            if name not in shown:
                return name
            if shown[name] == value:
                return None
        raise AssertionError

    def shortened(self, items: list[Any]) -> list[Any]:
        return placeholders.different(items)

    def _piece(self, match: re.Match[str]) -> str:
        piece = match[0]
        if match["ip"]:
            return _network(piece) or _drawn(piece)
        known = piece.lower() in VOCABULARY or piece in NUMBERS
        return piece if known else _drawn(piece)

    def _is_own(self, text: str) -> bool:
        head, mask, tail = text.partition("*")
        if not mask:
            return text == self.api_key
        tail = tail.lstrip("*")
        return bool(head) and self.api_key.startswith(head) and self.api_key.endswith(tail)

    def _numeral(self, text: str, field: str) -> str:
        value = float(text)
        if value == 0:
            return text
        sign = text[0] if text[0] in "+-" else ""
        if "e" in text.lower():
            return f"{sign}1.5E-7"
        if "." in text:
            return f"{sign}1.5"
        time = self._time(int(text), field)
        return f"{sign}{_whole(int(text))}" if time is None else str(time)

    def _tells_time(self, field: str) -> bool:
        return self.exact or TIMES.search(field) is not None

    def _time(self, value: float, field: str) -> float | None:
        """A time without its hour, in its unit."""
        if not self._tells_time(field):
            return None
        for unit in UNITS:
            if FIRST * unit <= value < LAST * unit:
                return value if self.exact else value - value % (DAY * unit)
        return None

    def _day(self, text: str) -> str | None:
        try:
            datetime.fromisoformat(text)
        except ValueError:
            return None
        return text if self.exact else text[:10] + CLOCK.sub("0", text[10:])


def _whole(value: float) -> int:
    """A small number, or one so long that it names somebody; shorter than any time."""
    return 1 if abs(value) < LONG else 100_000_001


def _network(text: str) -> str | None:
    """An address of the documentation, or as wide a network; None where it is neither."""
    if "." not in text and ":" not in text:
        return None
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        return None
    if found.prefixlen < OPEN[found.version] or found.network_address.is_unspecified:
        return text
    first = "203.0.113.7" if isinstance(found, IPv4Network) else "2001:db8::7"
    if "/" not in text:
        return first
    return str(ip_network(f"{first}/{found.prefixlen}", strict=False))


def _drawn(text: str, letters: tuple[str, str, str] = ANY) -> str:
    """Letters and digits by one of their kind; what stands between them stays."""

    def drawn(char: str) -> str:
        if char.isdigit():
            return letters[2]
        if char.isupper():
            return letters[1]
        return char if char.isascii() and not char.isalpha() else letters[0]

    return "".join(map(drawn, text))
