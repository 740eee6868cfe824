"""From the source to what is in force: a file, or the files of a folder."""

from bf_reconciler.reload.base import (
    DIRTY,
    LAST_GOOD,
    NOTHING_YET,
    BaseReloader,
    Reload,
    secrets,
)
from bf_reconciler.reload.folder import FolderReloader, Kept, nothing_kept
from bf_reconciler.reload.reloader import Reloader

__all__ = [
    "DIRTY",
    "LAST_GOOD",
    "NOTHING_YET",
    "BaseReloader",
    "FolderReloader",
    "Kept",
    "Reload",
    "Reloader",
    "nothing_kept",
    "secrets",
]
