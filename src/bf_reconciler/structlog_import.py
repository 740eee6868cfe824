"""structlog without rich, which it imports where it is there, to print tracebacks in color.

Tracebacks are plain text here, since a pretty one shows local variables. What rich brings would
cost a start a tenth of its CPU, and the daemon memory for as long as it runs.
"""

import sys

RICH = "rich"


def _imported() -> None:
    if RICH in sys.modules:
        return
    sys.modules[RICH] = None  # type: ignore[assignment] # as Python itself marks what is not there
    try:
        import structlog  # noqa: F401, PLC0415 # while there is no rich
    finally:
        del sys.modules[RICH]


_imported()

import structlog  # noqa: E402 # after the above

__all__ = ["structlog"]
