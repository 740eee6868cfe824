"""What a file would change: the file, and what is in force, to a Preview. Nothing is done."""

from bf_reconciler.preview.entries import preview
from bf_reconciler.preview.in_force import InForce, in_force, of_file
from bf_reconciler.preview.present import present
from bf_reconciler.preview.values import (
    Change,
    Compared,
    Entry,
    Preview,
    Removals,
    Right,
    Switch,
    Widening,
)

__all__ = [
    "Change",
    "Compared",
    "Entry",
    "InForce",
    "Preview",
    "Removals",
    "Right",
    "Switch",
    "Widening",
    "in_force",
    "of_file",
    "present",
    "preview",
]
