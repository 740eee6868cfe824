"""The journal in SQLite: last status, what was seen, transitions. It makes a restart a no-op."""

from bf_reconciler.journal.chain import TABLES, Fault, Head
from bf_reconciler.journal.database import JournalError, NoJournalError
from bf_reconciler.journal.last_good import LastGood, LastGoodFolder
from bf_reconciler.journal.notified import Notified
from bf_reconciler.journal.pages import PageError, Reading
from bf_reconciler.journal.rows import DECLARATION, JUDGEMENT, TRANSITION
from bf_reconciler.journal.store import Journal
from bf_reconciler.journal.verified import Verified

__all__ = [
    "DECLARATION",
    "JUDGEMENT",
    "TABLES",
    "TRANSITION",
    "Fault",
    "Head",
    "Journal",
    "JournalError",
    "LastGood",
    "LastGoodFolder",
    "NoJournalError",
    "Notified",
    "PageError",
    "Reading",
    "Verified",
]
