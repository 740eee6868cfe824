"""Plain values of a text that is no file of ours: what is given on standard input."""

from bf_reconciler.document import text
from bf_reconciler.document.compose import Stop, compose
from bf_reconciler.document.sealed import OPAQUE, Unsealing
from bf_reconciler.facts import Json, Problem


def values(given: bytes) -> Json | Problem:
    """The values of a YAML or JSON text, or the first problem; it never shows a value."""
    source = text.read(given)
    if isinstance(source, Problem):
        return source
    try:
        root, flaws = compose(source)
    except Stop as stop:
        return stop.problem
    for _, flaw in flaws:
        return flaw
    return Unsealing(allow_plaintext=True).plain(root, OPAQUE)
