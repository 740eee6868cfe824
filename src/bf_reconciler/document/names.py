"""The names of a file's entries, for completion: whatever can be read, and no word on the rest."""

from collections.abc import Iterator

from bf_reconciler.document import text
from bf_reconciler.document.compose import Stop, compose


def names(committed: bytes, kind: str) -> Iterator[str]:
    """Each text under ``name`` in a list of the file."""
    source = text.read(committed)
    try:
        root = compose(source)[0] if isinstance(source, str) else None
    except Stop:
        return
    entries = root.child(kind) if root is not None else None
    for entry in entries.value if entries is not None and isinstance(entries.value, list) else ():
        name = entry.child("name")
        if name is not None and isinstance(name.value, str):
            yield name.value
