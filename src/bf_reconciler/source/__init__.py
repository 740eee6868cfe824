"""The committed file: a snapshot of it, its revision, and a call when it changed."""

from bf_reconciler.source.pinned import MAX_BYTES, present
from bf_reconciler.source.revision import last_change
from bf_reconciler.source.signatures import require_signed
from bf_reconciler.source.source import Snapshot, Source

__all__ = ["MAX_BYTES", "Snapshot", "Source", "last_change", "present", "require_signed"]
