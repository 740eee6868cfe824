"""Private keys of Coinbase's developer platform: told from damaged ones before they sign.

Sources: docs/sources/coinbase.md#secrets.
"""

import base64
import binascii

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bf_reconciler.exchanges.model import Unusable

PEM = "-----BEGIN"
P_256 = "secp256r1"
SEED, PAIR = 32, 64
"""Bytes of an Ed25519 secret: the seed alone, and the seed with its public key."""


def usable(api_key: str, secret: str) -> str:
    r"""The secret as ccxt takes it: line breaks that came as `\n` are line breaks again.

    ccxt raises errors of all kinds over a secret that is none, and signs in a way that Coinbase
    has given up where it looks like one of old.

    Raises:
        Unusable: Coinbase gave no such secret; says what it looks like.
    """
    if PEM in api_key:
        raise Unusable("the private key stands where the name of the key belongs")
    secret = secret.replace("\\r", "").replace("\\n", "\n").strip()
    if PEM in secret:
        _refuse_curve(secret)
        return secret + "\n"
    try:
        _refuse_pair(base64.b64decode(secret, validate=True))
    except (binascii.Error, ValueError):
        raise Unusable("the secret is no private key (PEM, or Ed25519 in base64)") from None
    return secret


def _refuse_curve(pem: str) -> None:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Unusable("the secret is a damaged or an encrypted PEM") from None
    if not isinstance(key, EllipticCurvePrivateKey) or key.curve.name != P_256:
        raise Unusable("the secret is a PEM of another algorithm than ECDSA (P-256)")


def _refuse_pair(pair: bytes) -> None:
    if len(pair) != PAIR:
        raise Unusable("the secret has another length than Ed25519 keys; legacy keys are void")
    key = Ed25519PrivateKey.from_private_bytes(pair[:SEED])
    if key.public_key().public_bytes_raw() != pair[SEED:]:
        raise Unusable("the secret is damaged: its halves do not belong together")
