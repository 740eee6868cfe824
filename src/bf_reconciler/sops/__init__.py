"""Decrypts a committed file with the real sops: bytes in, values out, nothing on disk."""

from bf_reconciler.sops.decryption import SopsSettings, decrypt
from bf_reconciler.sops.environment import find_binary
from bf_reconciler.sops.failures import classify
from bf_reconciler.sops.metadata import is_encrypted, mac_only_encrypted, metadata

__all__ = [
    "SopsSettings",
    "classify",
    "decrypt",
    "find_binary",
    "is_encrypted",
    "mac_only_encrypted",
    "metadata",
]
