"""The ways in which a secret can show up in a text: as it is, escaped or encoded."""

import base64
import json
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus

SHORTEST: Final = 4
"""A secret of fewer characters would mask half of every text."""


def secret_forms(value: str) -> frozenset[str]:
    """All forms of a secret that are long enough to be recognised."""
    return frozenset(form for form in _forms(value) if len(form) >= SHORTEST)


def _forms(value: str) -> Iterator[str]:
    lines = [line for line in value.splitlines() if len(line) >= 4 * SHORTEST]
    for text in {value, value.strip(), *lines}:
        data = text.encode(errors="replace")
        yield text
        yield repr(text)[1:-1]
        yield json.dumps(text)[1:-1]
        yield json.dumps(text, ensure_ascii=False)[1:-1]
        yield quote(data)
        yield quote(data, safe="")
        yield quote_plus(data)
        yield data.hex()
        yield from _base64(data)


def _base64(data: bytes) -> Iterator[str]:
    """As base64, and as the part of a longer base64 that holds the value, wherever it begins."""
    if len(data) < 2 * SHORTEST:
        yield base64.b64encode(data).decode()
        return
    for before in range(3):
        whole = base64.b64encode(bytes(before) + data)
        used = (before + len(data)) * 8 // 6  # characters that hold nothing of what follows
        inner = whole[(0, 2, 3)[before] : used]
        yield inner.decode()
        yield inner.translate(bytes.maketrans(b"+/", b"-_")).decode()
