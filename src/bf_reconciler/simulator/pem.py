r"""Requests that a private key signs, as Binance takes them: RSA and Ed25519, as PEM.

Control bodies write the line breaks of a PEM as `\n`. Sources: docs/sources/binance.md#secrets
"""

import base64
import binascii
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

Public = rsa.RSAPublicKey | ed25519.Ed25519PublicKey


def is_pem(secret: str) -> bool:
    return "PRIVATE KEY" in secret


def signed_by(secret: str, signature: bytes, message: bytes) -> bool:
    """Whether this private key made the signature, which comes in base64."""
    public = _public(secret)
    try:
        raw = base64.b64decode(signature, validate=True)
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(raw, message, padding.PKCS1v15(), hashes.SHA256())
        elif public is not None:
            public.verify(raw, message)
    except (InvalidSignature, binascii.Error):
        return False
    return public is not None


def ed25519_secret(seed: bytes) -> str:
    """A private key as its owner makes it."""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


@lru_cache(maxsize=64)
def _public(secret: str) -> Public | None:
    try:
        private = serialization.load_pem_private_key(secret.replace("\\n", "\n").encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if isinstance(private, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
        return private.public_key()
    return None
