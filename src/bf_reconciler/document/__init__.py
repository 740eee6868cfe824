"""Text to Spec, or every problem with its line and column."""

from bf_reconciler.document.adopt import adopt
from bf_reconciler.document.parsed import Parsed
from bf_reconciler.document.parsing import parse
from bf_reconciler.document.schema import schema

__all__ = ["Parsed", "adopt", "parse", "schema"]
