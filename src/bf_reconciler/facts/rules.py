"""What a deployment demands of a file, beside what holds for every file."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Rules:
    """Set by flags, so that whoever may only commit cannot change them.

    ``require_seal``: a file without a seal is refused, not just warned of.
    """

    require_seal: bool = False


DEFAULT_RULES: Final = Rules()
