"""What a strategy file holds, and what its bot writes beside it. Nothing is opened here."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from secrets import token_hex
from typing import Any, get_args

from bf_reconciler.runtimes.adapter import moment
from bf_reconciler.runtimes.orders import MARK
from bf_reconciler.spec import Action
from bf_reconciler.status import RunningState, Told
from bf_reconciler.verdict import Holding

UNMARKED = ("version", "name", "enabled", "action", "generation", "revision", "since")
"""The fields of ours from before there was a mark."""
ACTIONS: tuple[Action, ...] = get_args(Action)
STATES: Mapping[str, RunningState] = {
    "run": "running",
    "pause": "paused",
    "stop": "stopped",
    "close": "stopped",
}


class Garbage(Exception):  # noqa: N818 # it is the name of what was found
    """The file does not hold an object of JSON."""


def is_ours(content: Mapping[str, Any], name: str) -> bool:
    """Whether a file is by bf-reconciler; one of an earlier version has no mark."""
    old = content.get("name") == name and all(key in content for key in UNMARKED)
    return content.get("by") == MARK or old


def action_of(content: Mapping[str, Any]) -> Told:
    """What a bot is told by this."""
    if content.get("enabled") is True:
        return "run"
    return next((each for each in ACTIONS if each == content.get("action")), "stop")


def confirmed(
    ack: Mapping[str, Any], at: datetime | None, content: Mapping[str, Any]
) -> RunningState:
    """What a bot says that it does, where it says so of this very order."""
    since, action = moment(content.get("since")), str(ack.get("action"))
    same = ack.get("version") == 1 and ack.get("generation") == content.get("generation")
    if not same or at is None or since is None or action not in STATES:
        return "unknown"
    if action != action_of(content):  # it may be of the order before, in the same generation
        return STATES[action] if at > since else "unknown"
    return STATES[action] if at >= since.replace(microsecond=0) else "unknown"


def holding(content: Mapping[str, Any], name: str) -> Holding | None:
    """What we hold by this, where it has our mark."""
    if not is_ours(content, name):
        return None
    declared = content.get("strategy")
    strategy: Mapping[str, Any] = declared if isinstance(declared, dict) else {}
    wanted = strategy.get("when_off", strategy.get("on_violation"))  # the name of earlier versions
    action: Action = next((each for each in ACTIONS if each == wanted), "pause")
    return Holding(
        on=content.get("enabled") is True,
        action=action,
        reason=str(content.get("reason")),
        connection=str(strategy.get("connection", "")),
    )


def parsed(text: bytes) -> dict[str, Any]:
    """The object that a file holds.

    Raises:
        Garbage: It holds none.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise Garbage from None
    if not isinstance(content, dict):
        raise Garbage
    return content


def encoded(content: Mapping[str, Any]) -> bytes:
    """A document as it is written; half a character is written so that it is read back as such."""
    try:
        return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
    except UnicodeEncodeError:
        return (json.dumps(content, indent=2) + "\n").encode()


def around_end(text: bytes, content: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """What stands before and behind the end of the lease in a document.

    To write all of it for each renewal would take ten times as long.
    """
    until = json.dumps(content.get("valid_until")).encode()
    head, _, tail = text.partition(b'"valid_until": ' + until)
    head += b'"valid_until": "'
    mark, tail = token_hex(16), b'"' + tail
    with suppress(Garbage):
        if parsed(head + mark.encode() + tail) == {**content, "valid_until": mark}:
            return head, tail
    head, _, tail = encoded({**content, "valid_until": mark}).partition(mark.encode())
    return head, tail


def shorter(content: Mapping[str, Any], size: int) -> bytes:
    """A document that turns off, without the strategy where that is too long."""
    whole = encoded(content)
    return whole if len(whole) <= size else encoded({**content, "strategy": None})
