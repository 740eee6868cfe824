"""Which field names hold credentials anywhere in the file, and how to drop them from a value."""

import re
from typing import Any

CREDENTIAL = re.compile(r"api_key|secret|passphrase|password|private_key|token")
"""What sops seals by the rule of the docs. It is opened in memory, and never written out again."""


def without_credentials(value: Any) -> Any:  # noqa: ANN401 # any JSON
    """The same less every field of such a name: in ``settings`` people may put what they like."""
    if isinstance(value, dict):
        kept = {name: each for name, each in value.items() if not CREDENTIAL.fullmatch(str(name))}
        return {name: without_credentials(each) for name, each in kept.items()}
    return [without_credentials(each) for each in value] if isinstance(value, list) else value
