"""Rows of the journal as JSON: strict, so that a row of another format is recognised."""

import json
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from bf_reconciler.facts import Seen
from bf_reconciler.status import (
    ConnectionStatus,
    Declaration,
    Judgement,
    Status,
    StrategyStatus,
    Transition,
)
from bf_reconciler.verdict import Halted

T = TypeVar("T")
# Unknown fields are forbidden, so that no answer of a probe is ever read as another kind of answer.
STRICT = ConfigDict(extra="forbid", strict=True, ser_json_inf_nan="constants")


class Form(Generic[T]):
    """One kind of value, to JSON and back.

    ``lean``: without what is as by default, so that an older version can read it, too.
    """

    def __init__(self, kind: type[T], *, lean: bool = False) -> None:
        self._kind, self._lean = kind, lean

    @cached_property
    def _adapter(self) -> TypeAdapter[tuple[T]]:
        """Made when it is needed: all of them would be a tenth of what `status` costs."""
        # A dataclass takes no configuration from outside, the tuple around it does.
        inside: Any = self._kind
        return TypeAdapter(tuple[inside], config=STRICT)

    def write(self, value: T) -> str:
        try:
            return self._adapter.dump_json((value,), exclude_defaults=self._lean).decode()
        except PydanticSerializationError:  # half a character, from an exchange's answer
            plain = self._adapter.dump_python((value,), mode="json", exclude_defaults=self._lean)
            return json.dumps(plain, ensure_ascii=False).encode(errors="replace").decode()

    def read(self, text: str) -> T | None:
        """The value, or None where the text is of another format."""
        try:
            return self._adapter.validate_json(text)[0]
        except ValidationError:
            return None


CONNECTION = Form(ConnectionStatus)
STRATEGY = Form(StrategyStatus)
SEEN = Form(Seen, lean=True)
STATUS = Form(Status, lean=True)
HALTED = Form(Halted)
TRANSITION = Form(Transition, lean=True)
DECLARATION = Form(Declaration, lean=True)
JUDGEMENT = Form(Judgement, lean=True)
