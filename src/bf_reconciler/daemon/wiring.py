"""Puts together what reads the committed file or folder: source, sops and reloader."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bf_reconciler.reload import FolderReloader, Kept, Reloader, nothing_kept
from bf_reconciler.settings import Settings
from bf_reconciler.sops import SopsSettings
from bf_reconciler.source import FolderSource, Source, is_folder
from bf_reconciler.status import Status


def make_reloader(
    settings: Settings,
    environ: Mapping[str, str],
    pepper: bytes,
    before: Status,
    source: Source | FolderSource | None = None,
    kept: Kept = nothing_kept,
) -> Reloader | FolderReloader:
    """Make the reader of the committed file or folder.

    A missing sops is found out when it is needed. ``kept``: what an earlier life had of a folder.
    """
    sops = SopsSettings(settings.sops_binary, environ, services=settings.rules.services)
    source = source or make_source(settings)
    before = replace(before, config=replace(before.config, path=settings.file))
    plain, rules = settings.allow_plaintext, settings.rules
    if isinstance(source, FolderSource):
        return FolderReloader(
            source,
            sops,
            allow_plaintext=plain,
            pepper=pepper,
            before=before,
            rules=rules,
            kept=kept,
        )
    return Reloader(source, sops, allow_plaintext=plain, pepper=pepper, before=before, rules=rules)


def make_source(settings: Settings) -> Source | FolderSource:
    """Make the watcher of the committed file or folder."""
    path = Path(settings.file)
    kind = FolderSource if is_folder(path) else Source
    return kind(path, signers=settings.trusted_signers)
