"""JSON of others: anything at all, until a reader has looked at its shape."""

from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A parsed JSON value. One name for it, so that what is untyped says why."""
