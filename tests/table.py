"""Tables of what is decided, word by word, in tests/decisions/tables: one line for each value.

Where a change is meant, this writes them anew. Read the difference before it is committed, for
each line of it is news for somebody:
``WRITE_TABLES=1 .venv/bin/python -m pytest tests/decisions/test_tables.py``
"""

import os
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from pathlib import Path

from pydantic import BaseModel

FOLDER = Path(__file__).parent / "decisions" / "tables"


def told(value):
    """A value as one line: dataclasses by the fields that are no default, models by their name."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{told(key)}: {told(each)}" for key, each in value.items()) + "}"
    if isinstance(value, frozenset):
        return "{" + ", ".join(sorted(map(told, value))) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(told, value)) + "]"
    if is_dataclass(value):
        return f"{type(value).__name__}({', '.join(_fields(value))})"
    return _plain(value)


def _plain(value):
    if isinstance(value, BaseModel | IntEnum):
        return value.name
    if isinstance(value, datetime):
        parts = f"+{value.microsecond}us" if value.microsecond else ""
        return f"{value:%m-%d %H:%M:%S}{parts}"
    return f"{value.total_seconds():g}s" if isinstance(value, timedelta) else str(value)


def _fields(value):
    for field in fields(value):
        found = getattr(value, field.name)
        if field.compare and found != _default(field):
            yield f"{field.name}={told(found)}"


def _default(field):
    return field.default if field.default_factory is MISSING else field.default_factory()


def compare(name, rows):
    """Rows are (case, lines). Compares them with the table, or writes it where that is asked."""
    lines = [line for case, told_of_it in rows for line in (f"# {case}", *told_of_it)]
    path = FOLDER / f"{name}.txt"
    if os.environ.get("WRITE_TABLES"):
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines))
    assert lines == path.read_text().splitlines()


def grouped(pairs):
    """Lines of (name, value): names that come to the same value stand together, in order."""
    alike = {}
    for name, value in pairs:
        alike.setdefault(value, []).append(name)
    for value, names in alike.items():
        yield f"{'; '.join(names)}: {value}"
