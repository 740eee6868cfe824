"""Text to declared entries, or every problem with its line and column."""

from collections.abc import Mapping
from typing import Any

from bf_reconciler.document.merging import parsed_alone
from bf_reconciler.document.parsed import Parsed, refusal
from bf_reconciler.document.reading import read_document
from bf_reconciler.facts import DEFAULT_RULES, Rules


def parse(
    committed: bytes,
    decrypted: Mapping[str, Any] | None,
    rules: Rules = DEFAULT_RULES,
    *,
    allow_plaintext: bool = False,
) -> Parsed:
    """Read a file, with every problem at its place in the committed text. It never raises.

    ``decrypted`` is what sops gave, in the same layout; None where nothing was decrypted.
    """
    document = read_document(committed, decrypted, rules, allow_plaintext=allow_plaintext)
    return refusal(*document) if isinstance(document, tuple) else parsed_alone(document)
