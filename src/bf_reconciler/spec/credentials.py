"""Which field names hold credentials anywhere in the file, and how to drop them from a value."""

import re
from collections.abc import Iterable
from typing import Any, TypeVar

from bf_reconciler.facts import Json

T = TypeVar("T", bound=dict[str, Any])
Place = tuple[str | int, ...]
CREDENTIAL = re.compile(r"api_key|secret|passphrase|password|private_key|token")
"""What sops seals by the rule of the docs. It is opened in memory, and never written out again."""


def without_credentials(value: Any) -> Any:  # noqa: ANN401 # any JSON
    """The same less every field of such a name: in ``settings`` people may put what they like."""
    if isinstance(value, dict):
        kept = {name: each for name, each in value.items() if not CREDENTIAL.fullmatch(str(name))}
        return {name: without_credentials(each) for name, each in kept.items()}
    return [without_credentials(each) for each in value] if isinstance(value, list) else value


def without_places(shown: T, places: Iterable[Place]) -> T:
    """The same less what stands there; of a list, less all of it: its items would be counted anew.

    The value is changed.
    """
    for place in places:
        _drop(shown, place)
    return shown


def _drop(value: Json, place: Place) -> None:
    step, *rest = place
    if not isinstance(value, dict):
        return
    if not rest or isinstance(rest[0], int):
        value.pop(str(step), None)
    else:
        _drop(value.get(str(step)), tuple(rest))
