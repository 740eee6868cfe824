"""Sets up the log of the process."""

import sys
from collections.abc import Mapping

from bf_reconciler import logs
from bf_reconciler.log_sink import Sink
from bf_reconciler.settings import Settings


def set_up_logs(settings: Settings, environ: Mapping[str, str], *, guarding: bool = False) -> None:
    """Log to standard error; standard output belongs to what was asked for.

    ``guarding``: nobody may read it (a full pipe, a terminal after Ctrl-S), and nothing waits for
    that; ``logs.close`` writes what is left.
    """
    colors = sys.stderr.isatty() and not environ.get("NO_COLOR")
    stream = Sink(sys.stderr) if guarding else sys.stderr
    logs.configure(settings.log_level, settings.log_format, stream, colors=colors)
