"""What a file would change: the file, and what is in force, to a Foresight. Nothing is done."""

from bf_reconciler.foresee.entries import foresee
from bf_reconciler.foresee.present import present
from bf_reconciler.foresee.standing import Standing, standing
from bf_reconciler.foresee.values import Change, Compared, Entry, Foresight, Removals, Right, Switch

__all__ = [
    "Change",
    "Compared",
    "Entry",
    "Foresight",
    "Removals",
    "Right",
    "Standing",
    "Switch",
    "foresee",
    "present",
    "standing",
]
