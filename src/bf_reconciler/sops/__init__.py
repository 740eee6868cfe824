"""Runs the real sops on the bytes of a file: decrypts in memory, encrypts, edits."""

from bf_reconciler.sops.decryption import decrypt, decrypt_text
from bf_reconciler.sops.editing import replace_text, set_value, unset_value
from bf_reconciler.sops.encryption import encrypt
from bf_reconciler.sops.environment import find_binary
from bf_reconciler.sops.failures import KEY_REASONS, classify
from bf_reconciler.sops.key_files import fingerprint
from bf_reconciler.sops.metadata import cut, is_encrypted, mac_only_encrypted, metadata
from bf_reconciler.sops.private_folder import private_folder
from bf_reconciler.sops.settings import SopsSettings

__all__ = [
    "KEY_REASONS",
    "SopsSettings",
    "classify",
    "cut",
    "decrypt",
    "decrypt_text",
    "encrypt",
    "find_binary",
    "fingerprint",
    "is_encrypted",
    "mac_only_encrypted",
    "metadata",
    "private_folder",
    "replace_text",
    "set_value",
    "unset_value",
]
