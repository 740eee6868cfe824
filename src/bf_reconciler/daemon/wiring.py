"""Puts together what reads the committed file: the source, sops, the reloader, and the log."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bf_reconciler import logs
from bf_reconciler.log_sink import Sink
from bf_reconciler.reload import Reloader
from bf_reconciler.settings import Settings
from bf_reconciler.sops import SopsSettings
from bf_reconciler.source import Source
from bf_reconciler.status import Status


def make_reloader(
    settings: Settings,
    environ: Mapping[str, str],
    pepper: bytes,
    before: Status,
    source: Source | None = None,
) -> Reloader:
    """Make the reader of the committed file. A missing sops is found out when it is needed."""
    sops = SopsSettings(settings.sops_binary, environ, services=settings.rules.services)
    return Reloader(
        source or make_source(settings),
        sops,
        allow_plaintext=settings.allow_plaintext,
        pepper=pepper,
        before=replace(before, config=replace(before.config, path=settings.file)),
        rules=settings.rules,
    )


def make_source(settings: Settings) -> Source:
    """Make the watcher of the committed file."""
    return Source(Path(settings.file), signers=settings.trusted_signers)


def set_up_logs(settings: Settings, environ: Mapping[str, str], *, guarding: bool = False) -> None:
    """Log to standard error; standard output belongs to what was asked for.

    ``guarding``: nobody may read it (a full pipe, a terminal after Ctrl-S), and nothing waits for
    that; ``logs.close`` writes what is left.
    """
    colors = sys.stderr.isatty() and not environ.get("NO_COLOR")
    stream = Sink(sys.stderr) if guarding else sys.stderr
    logs.configure(settings.log_level, settings.log_format, stream, colors=colors)
