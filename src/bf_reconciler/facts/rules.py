"""What a deployment demands of a file, in addition to what holds for every file."""

from dataclasses import dataclass
from typing import Final

KEY_SERVICES: Final = ("hc_vault", "azure_kv", "kms", "gcp_kms", "hckms")
"""Kinds of keys for which SOPS asks a service, by their names in its metadata."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Set by flags, so that nobody can change them who can only commit.

    ``require_seal``: a file without a seal is rejected; otherwise it is a warning.
    ``hosts``: where an endpoint or a proxy may lead, besides the exchange and this machine.
    ``key_services``: kinds of key services that the metadata of SOPS may name, each with the
    address allowed; "" is any address.
    """

    require_seal: bool = False
    hosts: frozenset[str] = frozenset()
    key_services: frozenset[tuple[str, str]] = frozenset()

    @property
    def services(self) -> frozenset[str]:
        """The kinds of key services that are allowed."""
        return frozenset(kind for kind, _ in self.key_services)


DEFAULT_RULES: Final = Rules()
