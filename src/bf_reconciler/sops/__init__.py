"""Decrypts a committed file with the real sops: bytes in, values out, nothing on disk."""

from bf_reconciler.sops.decryption import decrypt
from bf_reconciler.sops.editing import set_value
from bf_reconciler.sops.environment import find_binary
from bf_reconciler.sops.failures import KEY_REASONS, classify
from bf_reconciler.sops.key_files import fingerprint
from bf_reconciler.sops.metadata import is_encrypted, mac_only_encrypted, metadata
from bf_reconciler.sops.settings import SopsSettings

__all__ = [
    "KEY_REASONS",
    "SopsSettings",
    "classify",
    "decrypt",
    "find_binary",
    "fingerprint",
    "is_encrypted",
    "mac_only_encrypted",
    "metadata",
    "set_value",
]
