"""What makes a restart a no-op: the last status, the short memory, the transitions; SQLite."""

from bf_reconciler.journal.database import JournalError
from bf_reconciler.journal.store import Journal

__all__ = ["Journal", "JournalError"]
