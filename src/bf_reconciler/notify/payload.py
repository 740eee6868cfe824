"""A message as programs read it: the body of a webhook; pure."""

import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from bf_reconciler.facts import Language
from bf_reconciler.notify.values import Message
from bf_reconciler.notify.words import text_of


def document(message: Message, language: Language, page: str = "") -> dict[str, Any]:
    """The body. Fields are added, never renamed; a receiver ignores what it does not know."""
    text = text_of(message, language, page)
    return {
        "version": 1,
        "id": message.id,
        "at": _time(message.at),
        "event": message.event,
        "kind": message.kind,
        "name": message.name,
        "severity": message.severity,
        "state": message.state,
        "previous": message.previous,
        "reason": message.reason,
        "since": _time(message.since),
        "lasted_seconds": None if message.lasted is None else round(message.lasted, 3),
        "exchange": message.exchange,
        "connections": list(message.connections),
        "strategies": list(message.strategies),
        "count": message.count,
        "still_failing": list(message.left),
        "changes": [
            {"what": each.what, "before": each.before, "after": each.after}
            for each in message.changes
        ],
        "by": message.by,
        "until": None if message.until is None else _time(message.until),
        "lang": language,
        "title": text.title,
        "text": text.body,
        "remedy": text.remedy,
    }


def encoded(content: dict[str, Any], redact: Callable[[str], str] = str) -> bytes:
    """As it is sent. ``redact`` masks secrets: a person may have typed one as a reason."""
    return redact(json.dumps(content, ensure_ascii=False)).encode(errors="replace")


def signed(secret: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers by which a receiver knows that it is from us, and when it was sent."""
    timestamp = str(int(now.timestamp()))
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()
    return {"BF-Timestamp": timestamp, "BF-Signature": f"sha256={digest}"}


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
