"""Which key services the metadata of SOPS names. Whoever can commit can write them there.

SOPS asks every service that it finds, and sends it the credentials of this machine. So the check
comes before SOPS is started.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from bf_reconciler.document.nodes import Node, Path, render
from bf_reconciler.facts import ConfigReason, Problem, Rules

BLOCK: Final = "sops"
GROUPS: Final = "key_groups"
OFFLINE: Final = frozenset({"age", "pgp"})
"""Kinds that ask no service: their keys are on this machine."""
ADDRESSES: Final[Mapping[str, str]] = {
    "hc_vault": "vault_address",
    "azure_kv": "vault_url",
    "kms": "arn",
    "gcp_kms": "resource_id",
    "hckms": "key_id",
}
"""The field of a key that says which service is asked, by kind."""
MOST: Final = 32
"""Keys of services in one file: each is asked at every reload."""


def check(sops: Node, rules: Rules) -> Iterator[Problem]:
    """A problem for each kind or address that no flag allows."""
    if not isinstance(sops.value, dict):
        return
    count = 0
    for path, kind, key in _keys(sops, (BLOCK,)):
        count += 1
        address = _address(kind, key)
        allowed = {a for k, a in rules.key_services if k == kind}
        if address and not allowed.isdisjoint({"", address}):
            continue
        yield _problem(path, key, _words(kind, known=bool(allowed)))
    if count > MOST:
        yield _problem((BLOCK,), sops, f"more than {MOST} keys of key services")


def _keys(group: Node, path: Path) -> Iterator[tuple[Path, str, Node]]:
    """Every key of a service in a group, and in the groups in it."""
    if not isinstance(group.value, dict):
        return
    for kind, node in group.value.items():
        place = (*path, kind)
        if kind in OFFLINE or node.value in (None, [], {}):
            continue
        if kind == GROUPS and isinstance(node.value, list):
            for index, inner in enumerate(node.value):
                yield from _keys(inner, (*place, index))
        elif isinstance(node.value, list):
            for index, inner in enumerate(node.value):
                yield (*place, index), kind, inner
        elif isinstance(node.value, dict) or kind in {*ADDRESSES, GROUPS}:
            yield place, kind, node


def _address(kind: str, key: Node) -> str:
    node = key.child(ADDRESSES.get(kind, ""))
    return node.value.rstrip("/") if node is not None and isinstance(node.value, str) else ""


def _words(kind: str, *, known: bool) -> str:
    if known:
        return "this address is not allowed; see --allow-key-service"
    if kind not in ADDRESSES:
        return "unknown kind of key"
    return f"keys of this kind are not allowed; see --allow-key-service {kind}=ADDRESS"


def _problem(path: Path, node: Node, message: str) -> Problem:
    reason = ConfigReason.KEY_SERVICE_NOT_ALLOWED
    return Problem(*node.spot, render(path), message, reason=reason)
