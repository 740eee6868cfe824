"""Where strategies run: orders are carried out, and what really runs is read back."""

from bf_reconciler.runtimes.adapter import Bounds, Owner
from bf_reconciler.runtimes.converge import Runtimes
from bf_reconciler.runtimes.halted import told_halted
from bf_reconciler.runtimes.table import RUNTIMES

__all__ = ["RUNTIMES", "Bounds", "Owner", "Runtimes", "told_halted"]
