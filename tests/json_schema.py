"""As much of JSON Schema as ours use: what is wrong with a value, each as a path."""

import re
from typing import Any

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "integer": (int,),
    "number": (int, float),
}


def wrong(value: Any, part: Any, root: Any, path: str = "$") -> list[str]:
    """The places where a value is not as the schema says."""
    if part is True or part == {}:
        return []
    if "$ref" in part:
        return wrong(value, root["$defs"][part["$ref"].rpartition("/")[2]], root, path)
    for word in ("anyOf", "oneOf"):
        if word in part:
            fitting = [one for one in part[word] if not wrong(value, one, root, path)]
            return [] if fitting else [f"{path}: {word}"]
    found = [] if _typed(value, part) else [f"{path}: type"]
    found += [] if value == part.get("const", value) else [f"{path}: const"]
    found += [] if value in part.get("enum", [value]) else [f"{path}: enum"]
    if isinstance(value, str) and not re.search(part.get("pattern", ""), value):
        found.append(f"{path}: pattern")
    if isinstance(value, list):
        for index, item in enumerate(value):
            found += wrong(item, part.get("items", {}), root, f"{path}[{index}]")
    return found + (_fields(value, part, root, path) if isinstance(value, dict) else [])


def _fields(value: Any, part: Any, root: Any, path: str) -> list[str]:
    missing = set(part.get("required", ())) - value.keys()
    found = [f"{path}.{name}: required" for name in sorted(missing)]
    known, more = part.get("properties", {}), part.get("additionalProperties", True)
    for name, item in value.items():
        if name not in known and more is False:
            found.append(f"{path}.{name}: unknown")
        found += wrong(item, known.get(name, more or {}), root, f"{path}.{name}")
    return found


def _typed(value: Any, part: Any) -> bool:
    if "type" not in part:
        return True
    if isinstance(value, bool):
        return part["type"] == "boolean"
    return isinstance(value, TYPES[part["type"]])
