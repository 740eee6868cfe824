"""Tokens that a private key signs, as Coinbase wants them.

Sources: docs/sources/coinbase.md#signing, docs/sources/coinbase.md#secrets
"""

import base64
import binascii
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

ORDER_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
LIFETIME = 120
LEEWAY = 30
"""Seconds a token may be ahead; how many it really is, is not known."""
SEED = HALF = 32

# Audience by algorithm; tokens of the official SDK may come without one.
AUDIENCE = {"ES256": "retail_rest_api_proxy", "EdDSA": "cdp_service"}
ISSUERS = {"ES256": {"coinbase-cloud", "cdp"}, "EdDSA": {"cdp"}}
Public = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it came: nothing of it is believed yet."""

    header: dict[str, Any]
    payload: dict[str, Any]
    signed: bytes
    signature: bytes

    def signed_by(self, secret: str) -> bool:
        """Whether this private key made the signature, by the algorithm that is the key's own."""
        public, algorithm = _public(secret), self.header.get("alg")
        try:
            if algorithm == "EdDSA" and isinstance(public, ed25519.Ed25519PublicKey):
                public.verify(self.signature, self.signed)
                return True
            if algorithm == "ES256" and isinstance(public, ec.EllipticCurvePublicKey):
                public.verify(_der(self.signature), self.signed, ec.ECDSA(hashes.SHA256()))
                return True
        except InvalidSignature:
            pass
        return False

    def claims(self, api_key: str, targets: set[str], now: float) -> bool:
        """Whether it speaks for this key, of one of these calls, now."""
        payload, algorithm = self.payload, self.header["alg"]
        named = payload.get("uris", [payload.get("uri")])
        return (
            self.header.get("typ") == "JWT"
            and bool(self.header.get("nonce"))
            and payload.get("sub") == api_key
            and str(payload.get("iss")) in ISSUERS[algorithm]
            and payload.get("aud", [AUDIENCE[algorithm]]) == [AUDIENCE[algorithm]]
            and isinstance(named, list)
            and len(named) == 1
            and str(named[0]) in targets
            and _in_time(payload.get("nbf"), payload.get("exp"), now)
        )


def read(text: str) -> Token | None:
    """The parts of a token, or None where it is none."""
    parts = text.split(".")
    if len(parts) != 3:  # noqa: PLR2004 header, payload, signature
        return None
    try:
        header, payload = (json.loads(_decode(part)) for part in parts[:2])
        signature = _decode(parts[2])
    except (ValueError, RecursionError):
        return None
    if not isinstance(header, dict) or not isinstance(payload, dict):
        return None
    return Token(header, payload, f"{parts[0]}.{parts[1]}".encode(), signature)


def es256_secret(seed: bytes) -> str:
    """A private key on P-256 as Coinbase hands it out: PEM."""
    key = ec.derive_private_key(int.from_bytes(seed) % (ORDER_P256 - 1) + 1, ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return pem.decode()


def ed25519_secret(seed: bytes) -> str:
    """A private key on Ed25519 as Coinbase hands it out: seed and public key, in base64."""
    public = ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key()
    return base64.b64encode(seed + public.public_bytes_raw()).decode()


@lru_cache(maxsize=64)
def _public(secret: str) -> Public | None:
    r"""The public key of a secret; control bodies write its line breaks as `\n`."""
    try:
        if secret.startswith("-----BEGIN"):
            pem = secret.replace("\\n", "\n").encode()
            private = serialization.load_pem_private_key(pem, None)
            return private.public_key() if isinstance(private, ec.EllipticCurvePrivateKey) else None
        seed = base64.b64decode(secret, validate=True)[:SEED]
        return ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def _der(signature: bytes) -> bytes:
    """The two numbers of a raw signature as the library takes them."""
    if len(signature) != 2 * HALF:
        raise InvalidSignature
    r, s = signature[:HALF], signature[HALF:]
    return utils.encode_dss_signature(int.from_bytes(r), int.from_bytes(s))


def _decode(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars="-_", validate=True)
    except binascii.Error:
        raise ValueError from None


def _in_time(begin: object, end: object, now: float) -> bool:
    if not isinstance(begin, int) or not isinstance(end, int) or end - begin > LIFETIME:
        return False
    return begin <= now + LEEWAY and now < end
