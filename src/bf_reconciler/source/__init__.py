"""The committed file or folder: a snapshot of it, its revision, and a call when it changed."""

from bf_reconciler.source.folder_source import FolderSnapshot, FolderSource
from bf_reconciler.source.pinned import MAX_BYTES, Content, present
from bf_reconciler.source.revision import last_change
from bf_reconciler.source.signatures import require_signed
from bf_reconciler.source.source import Snapshot, Source
from bf_reconciler.source.tree import is_folder

__all__ = [
    "MAX_BYTES",
    "Content",
    "FolderSnapshot",
    "FolderSource",
    "Snapshot",
    "Source",
    "is_folder",
    "last_change",
    "present",
    "require_signed",
]
