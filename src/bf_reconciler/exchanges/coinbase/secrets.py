"""Private keys of Coinbase's developer platform: told from damaged ones before they sign.

Sources: docs/sources/coinbase.md#secrets.
"""

import base64
import binascii

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bf_reconciler.exchanges.model import Unusable

PEM = "-----BEGIN"
P_256 = "secp256r1"
SEED, PAIR = 32, 64
"""Bytes of an Ed25519 secret: the seed alone, and the seed with its public key."""


def usable(api_key: str, secret: str) -> str:
    r"""The secret as ccxt takes it: line breaks that came as `\n` are line breaks again.

    Of Ed25519 ccxt takes one form alone, the seed with its public key; the official client also
    takes the seed alone, and PEM. ccxt raises errors of all kinds over a secret that is none, and
    signs in a way that Coinbase has given up where it looks like one of old.

    Raises:
        Unusable: Coinbase gave no such secret; says what it looks like.
    """
    if PEM in api_key:
        raise Unusable("the private key stands where the name of the key belongs")
    secret = secret.replace("\\r", "").replace("\\n", "\n").strip()
    if PEM in secret:
        key = _of_pem(secret)
        return _pair(key) if isinstance(key, Ed25519PrivateKey) else secret + "\n"
    try:
        raw = base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError):
        raise Unusable("the secret is no private key (PEM, or Ed25519 in base64)") from None
    return _pair(_of_bytes(raw))


def _of_pem(pem: str) -> PrivateKeyTypes:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Unusable("the secret is a damaged or an encrypted PEM") from None
    curve = isinstance(key, EllipticCurvePrivateKey) and key.curve.name == P_256
    if not curve and not isinstance(key, Ed25519PrivateKey):
        raise Unusable("the secret is a PEM of another algorithm than ECDSA (P-256) and Ed25519")
    return key


def _of_bytes(raw: bytes) -> Ed25519PrivateKey:
    if len(raw) not in {SEED, PAIR}:
        raise Unusable("the secret has another length than Ed25519 keys; legacy keys are void")
    key = Ed25519PrivateKey.from_private_bytes(raw[:SEED])
    if raw[SEED:] not in {b"", key.public_key().public_bytes_raw()}:
        raise Unusable("the secret is damaged: its halves do not belong together")
    return key


def _pair(key: Ed25519PrivateKey) -> str:
    """The seed with its public key, as the portal gives it."""
    return base64.b64encode(key.private_bytes_raw() + key.public_key().public_bytes_raw()).decode()
