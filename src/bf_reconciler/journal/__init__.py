"""The journal in SQLite: last status, what was seen, transitions. It makes a restart a no-op."""

from bf_reconciler.journal.chain import Fault, Head
from bf_reconciler.journal.database import JournalError, NoJournalError
from bf_reconciler.journal.last_good import LastGood, LastGoodFolder
from bf_reconciler.journal.notified import Notified
from bf_reconciler.journal.store import Journal, Verified

__all__ = [
    "Fault",
    "Head",
    "Journal",
    "JournalError",
    "LastGood",
    "LastGoodFolder",
    "NoJournalError",
    "Notified",
    "Verified",
]
