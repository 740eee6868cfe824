"""Text to Spec, or every problem with its line and column."""

from bf_reconciler.document.adopt import adopt
from bf_reconciler.document.declared import declared
from bf_reconciler.document.folder import NO_FILES, Files
from bf_reconciler.document.folder_rules import Standing, standing
from bf_reconciler.document.merging import Merged, merge, merge_again
from bf_reconciler.document.names import names
from bf_reconciler.document.parsed import Kind, Parsed, ordered
from bf_reconciler.document.parsing import parse
from bf_reconciler.document.reading import (
    Document,
    compose_text,
    read_composed,
    read_document,
)
from bf_reconciler.document.schema import schema
from bf_reconciler.document.seal import FIELD as SEAL
from bf_reconciler.document.strategy_file import strategy_file
from bf_reconciler.document.values import values

__all__ = [
    "NO_FILES",
    "SEAL",
    "Document",
    "Files",
    "Kind",
    "Merged",
    "Parsed",
    "Standing",
    "adopt",
    "compose_text",
    "declared",
    "merge",
    "merge_again",
    "names",
    "ordered",
    "parse",
    "read_composed",
    "read_document",
    "schema",
    "standing",
    "strategy_file",
    "values",
]
