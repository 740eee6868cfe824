"""Private keys of Binance: RSA and Ed25519, in the plain form that ccxt takes.

Sources: docs/sources/binance.md#secrets.
"""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from bf_reconciler.exchanges.model import Unusable


def plain(secret: str) -> str:
    r"""The PEM in its plain form: line breaks that came as `\n` are line breaks again.

    Raises:
        Unusable: Binance takes no such key; says what it looks like.
    """
    try:
        pem = secret.replace("\\r", "").replace("\\n", "\n").strip()
        # Whether numbers of RSA are primes takes long to see, and ccxt looks at each call.
        key = load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Unusable("the secret is a damaged or an encrypted PEM") from None
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise Unusable("the secret is a PEM of another algorithm than RSA or Ed25519")
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
