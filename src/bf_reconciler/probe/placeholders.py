"""What stands in place of a value that is nobody else's business: its kind."""

import re
from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_network
from typing import Any, Final

from bf_reconciler.facts import Json
from bf_reconciler.probe.vocabulary import KNOWN_CODES, VOCABULARY

MAX_PROSE: Final = 600
MORE: Final = "<more alike>"
NAME: Final = "<name>"
kind: Final = re.compile(r"-?\d", re.ASCII)
TIMES: Final = re.compile(r"(?i:time|date|epoch|access|expire)|At$|_at$|^ts$")
CODE: Final = re.compile(r"-?\d{1,6}", re.ASCII)
NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
MASKED_IP: Final = re.compile(r"(?=.*\*)(?:[\d*]{1,3}\.){2,3}[\d*]{1,3}", re.ASCII)
EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
CHAIN: Final = re.compile(r"0x[0-9a-fA-F]{40}|bc1[a-z0-9]{20,}|[13T][1-9A-HJ-NP-Za-km-z]{25,34}")
PIECE: Final = re.compile(
    r"(?P<ip>(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)"
    r"|(?P<word>[^\s.,:;()\[\]'/_-]+)|(?P<gap>[\s.,:;()\[\]'/_-]+)",
    re.ASCII,
)


def different(items: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for item in items:
        if item not in kept:
            kept.append(item)
    return kept


def shortened(items: list[Any]) -> list[Any]:
    kept = different(items)
    return [*kept, MORE] if len(kept) < len(items) else kept


def name(shown: Mapping[str, Any], _: Json) -> str | None:
    """Several coins, say: one stands for all."""
    return None if NAME in shown else NAME


def is_code(text: str) -> bool:
    """A short number, one of a row, or words of the list in one case."""
    if CODE.fullmatch(text) or text in KNOWN_CODES:
        return True
    words = re.split(r"[-_]", text)
    known = all(word.lower() in VOCABULARY for word in words)
    return known and text in {text.lower(), text.upper()}


def code(text: str) -> str:
    return text if is_code(text) else f"<text {len(text)}>"


def prose(text: str) -> str:
    """A message: the words of the list, and what kind of thing the others are."""
    shown = []
    for match in PIECE.finditer(text[:MAX_PROSE]):
        piece = match[0]
        if match["gap"] or piece.lower() in VOCABULARY:
            shown.append(piece)
        elif match["ip"]:
            shown.append("<ip>" if _is_address(piece) else "<text>")
        else:
            shown.append("<number>" if NUMBER.fullmatch(piece) else "<text>")
    return "".join(shown)


def listed(text: str, field: str) -> str:
    """Texts with commas between are told one by one; alike ones once."""
    parts = [shape(part.strip(), field) for part in text.split(",")]
    return ",".join(shortened(parts))


def shape(text: str, field: str) -> str:
    if not text or text == "*":
        return text
    if MASKED_IP.fullmatch(text):
        return "<masked ip>"
    if _is_address(text):
        return "<network>" if "/" in text else "<ip>"
    if NUMBER.fullmatch(text):
        return number(float(text), field)
    if EMAIL.fullmatch(text):
        return "<e-mail>"
    if CHAIN.fullmatch(text):
        return "<address>"
    if _is_time(text):
        return "<time>"
    return f"<masked text {len(text)}>" if "***" in text else f"<text {len(text)}>"


def number(value: float, field: str) -> str:
    """Of times, their unit; of all else, nothing."""
    if TIMES.search(field):
        for unit, factor in (("seconds", 1), ("milliseconds", 10**3), ("nanoseconds", 10**9)):
            if 10**9 * factor <= value < 4 * 10**9 * factor:
                return f"<{unit}>"
    return "<number>"


def _is_address(text: str) -> bool:
    try:
        return ip_network(text, strict=False) is not None and ("." in text or ":" in text)
    except ValueError:
        return False


def _is_time(text: str) -> bool:
    try:
        return "-" in text and datetime.fromisoformat(text) is not None
    except ValueError:
        return False
