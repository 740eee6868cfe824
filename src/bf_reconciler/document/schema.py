"""JSON Schema of the file, for editors."""

from datetime import timedelta
from typing import Any, Final

from pydantic import TypeAdapter

from bf_reconciler.spec import File
from bf_reconciler.spec.types import DURATION, written

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
LENGTH: Final = TypeAdapter(timedelta)


def schema() -> dict[str, Any]:
    """The schema (draft 2020-12), with a description of every field."""
    made = File.model_json_schema()
    made["properties"]["sops"] = {
        "type": "object",
        "description": "Written by SOPS: who can decrypt, and the MAC.",
    }
    plain: dict[str, Any] = _plain(made)
    return {"$schema": DIALECT, **plain}


def _plain(part: Any) -> Any:  # noqa: ANN401 # any JSON
    """Without the titles that only repeat names, and with durations as people write them."""
    if isinstance(part, list):
        return [_plain(item) for item in part]
    if not isinstance(part, dict):
        return part
    made = {key: _plain(value) for key, value in part.items()}
    if "description" in made and isinstance(made.get("title"), str) and "$defs" not in made:
        del made["title"]
    if made.get("pattern") == f"^{DURATION.pattern}$" and "default" in made:
        made["default"] = written(LENGTH.validate_python(made["default"]))
    return made
