"""What of an entry may be shown: what stands in plain text in the file, and is no credential."""

from collections.abc import Collection
from typing import Any, Final

from bf_reconciler.document.nodes import Path
from bf_reconciler.spec import Declared, without_credentials, without_places

HIDDEN: Final = {"credentials", "next", "proxy"}


def declared(entry: Declared, sealed: Collection[Path] = ()) -> dict[str, Any]:
    """The fields that differ from their defaults, as JSON.

    Left out are credentials, a proxy (its URL may hold a password), and everything at ``sealed``:
    what people encrypt is not for the API or the journal, whatever its name is.
    """
    shown = entry.model_dump(mode="json", exclude_defaults=True, exclude=HIDDEN)
    spared: dict[str, Any] = without_credentials(without_places(shown, sealed))
    return spared
