"""What the last good answers to one connection said: the same bytes say the same again."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, Final, TypeVar

from bf_reconciler.exchanges import Call
from bf_reconciler.facts import Failure, Question
from bf_reconciler.probe.transport import Answer

T = TypeVar("T")
DIGEST_BYTES: Final = 16


class Readings:
    """The facts of the last good answer to each question, and what it was: no byte of it is kept.

    An answer that is as it was is not parsed again; from one probe to the next, most are. A failure
    is always read anew, for headers and the time have a part in it.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[Question, tuple[tuple[Call, int, bytes], Any]] = {}

    def read(
        self, question: Question, call: Call, got: Answer, read: Callable[[], T | Failure]
    ) -> T | Failure:
        """The facts of an answer; ``read`` finds them, in nothing but its status and body."""
        said = call, got.status, blake2b(got.body, digest_size=DIGEST_BYTES).digest()
        known = self._known.get(question)
        if known is not None and known[0] == said:
            facts: T = known[1]
            return facts
        value = read()
        if not isinstance(value, Failure):
            self._known[question] = said, value
        return value
