"""JSON Schema of what the runtime `file` writes for a bot."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from bf_reconciler.document.schema import DIALECT, described
from bf_reconciler.facts import Json
from bf_reconciler.spec import Declared, Strategy


class Owner(Declared):
    """One of several daemons that share a committed file."""

    shard: str
    """Its number, from 0, and how many there are, as in 1/4."""
    since: AwareDatetime
    """When it was started; of two writers, the one that was started later counts."""


class StrategyFile(BaseModel):
    """What a bot is told. Fields that it does not know, it ignores."""

    version: Literal[1]
    """Version of this format; a bot that does not know it stops."""
    by: Literal["bf-reconciler"]
    """Marks the file as ours."""
    name: str
    """Name of the strategy, and of the file."""
    enabled: bool
    """True only with the action run."""
    action: Literal["run", "pause", "stop", "close"]
    """What to do."""
    reason: str
    """Why, from the closed list of reasons."""
    message: str
    """Why, as a sentence that may change."""
    generation: Annotated[int, Field(ge=0)]
    """Counts the accepted versions of the committed file."""
    revision: str
    """Commit or digest of the committed file."""
    since: AwareDatetime
    """Since when enabled, action and reason are as they are."""
    valid_until: AwareDatetime
    """Until when the file may be followed; then the bot stops."""
    owner: Owner | None = None
    """Which of several daemons wrote it; absent where one looks after all."""
    strategy: Strategy | None
    """The declared strategy without credentials; null where nothing is known of it."""


def strategy_file() -> dict[str, Any]:
    """The schema (draft 2020-12), with a description of every field."""
    made = StrategyFile.model_json_schema(mode="serialization")
    made["$defs"]["Strategy"]["properties"].pop("suspend")
    made["$defs"].pop("Suspend", None)
    required = made["$defs"]["Strategy"]["required"]
    made["$defs"]["Strategy"]["required"] = [name for name in required if name != "suspend"]
    plain: dict[str, Any] = _open(described(made, StrategyFile, Declared))
    return {"$schema": DIALECT, **plain}


def _open(part: Json) -> Json:
    """Without what forbids fields that a later version may add."""
    if isinstance(part, list):
        return [_open(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _open(value)
        for key, value in part.items()
        if not (key == "additionalProperties" and value is False)
    }
