"""The seal: an encrypted digest over the whole document.

The MAC of sops is over the values in their order alone. Keys can be renamed, moved and joined under
it without the key to the file; under the seal nothing can.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final, Literal

from bf_reconciler.document.key_services import BLOCK
from bf_reconciler.document.nodes import Node
from bf_reconciler.document.sealed import is_sealed
from bf_reconciler.facts import ConfigReason, Problem, Rules

FIELD: Final = "seal"
RUN: Final = "run `bf-reconciler seal FILE`"

SealState = Literal["none", "unchecked", "broken", "good"]
"""unchecked: it stands there, but nothing was decrypted."""


def digest(data: Mapping[str, Any]) -> str:
    """``sha256:`` over the canonical form of a decrypted document, less the seal itself.

    The canonical form is JSON in ASCII without blanks, the keys of each mapping sorted. So path,
    type and value of every leaf count, and the order of lists; that of a mapping's keys does not,
    nor do comments and the way a value is written.
    """
    covered = {key: value for key, value in data.items() if key not in {FIELD, BLOCK}}
    form = json.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{sha256(form.encode('ascii')).hexdigest()}"


def check(
    root: Node, data: Mapping[str, Any], rules: Rules, *, encrypted: bool, opaque: bool
) -> tuple[SealState, tuple[Problem, ...]]:
    """How it is with the seal, and what is wrong with it."""
    node = root.child(FIELD)
    if node is None or node.value is None or not (encrypted or is_sealed(node.value)):
        return "none", tuple(_missing(root, rules, encrypted=encrypted))
    if not is_sealed(node.value):
        message = f"the seal is in plain text, so anyone could have written it; {RUN}"
        return "broken", (Problem(*node.spot, FIELD, message, reason=ConfigReason.NOT_SEALED),)
    if opaque:
        return "unchecked", ()
    if data[FIELD] == digest(data):
        return "good", ()
    message = f"sealed over other content: {RUN.replace('`', '')}"
    return "broken", (Problem(*node.spot, FIELD, message, reason=ConfigReason.SEAL_MISMATCH),)


def _missing(root: Node, rules: Rules, *, encrypted: bool) -> Iterator[Problem]:
    spot = root.keys.get(BLOCK, root.spot)
    if rules.require_seal:
        message = f"not sealed, but a seal is required; {RUN}"
        yield Problem(*spot, "", message, "error", ConfigReason.NOT_SEALED)
    elif encrypted:  # what is in plain text is warned of anyway
        message = f"not sealed: plain-text keys can be renamed and moved unnoticed; {RUN}"
        yield Problem(*spot, "", message, "warning", ConfigReason.NOT_SEALED)
