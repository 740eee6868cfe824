"""Throw-away age and PGP keys, and files encrypted with the real sops."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SOPS = Path(sys.executable).parent / "sops"
VERSIONS = (SOPS, *sorted(Path(sys.prefix, "sops").glob("sops-*")))
"""The one of the lock file, and the oldest and the newest where `make sops` built them."""
SECRETS = ("SENTINEL-api-key", "SENTINEL-secret", "SENTINEL-passphrase")
PLAIN = f"""\
version: 1
connections:
  - name: kucoin-main
    exchange: kucoin
    credentials:
      api_key: {SECRETS[0]}
      secret: {SECRETS[1]}
      passphrase: {SECRETS[2]}
"""
REGEX = "^(api_key|secret|passphrase|password|private_key|token|seal)$"


@dataclass(frozen=True)
class AgeKey:
    path: Path
    recipient: str


def environment(home: Path, **more: str) -> dict[str, str]:
    """Build what a program needs to run and nothing of the developer's own."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C", **more}


def make_age_key(path: Path) -> AgeKey:
    subprocess.run(["age-keygen", "-o", path], check=True, capture_output=True, timeout=30)
    return AgeKey(path, re.search(r"age1\w+", path.read_text())[0])


def encrypt(
    plain: str, home: Path, *options: str, regex: str = REGEX, sops: Path = SOPS, **environ: str
) -> str:
    """Encrypt with the real sops; ``options`` name the keys."""
    source = home / "plain.yaml"
    source.write_text(plain)
    done = subprocess.run(
        [sops, "--encrypt", *options, "--encrypted-regex", regex, source],
        env=environment(home, **environ),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return done.stdout


@contextmanager
def gnupg_home() -> Iterator[Path]:
    """Yield an empty GNUPGHOME; its agents are ended with it.

    It lies right under the temporary directory: the agent's socket path may not be long.
    """
    home = Path(tempfile.mkdtemp(prefix="gpg-"))
    try:
        yield home
    finally:
        kill = ["gpgconf", "--homedir", home, "--kill", "all"]
        subprocess.run(kill, check=True, capture_output=True, timeout=30)
        shutil.rmtree(home, ignore_errors=True)


def make_pgp_key(home: Path) -> str:
    """Make a key without a passphrase in this GNUPGHOME and return its fingerprint."""
    environ = environment(home, GNUPGHOME=str(home))
    name = ["--quick-generate-key", "test@example.test", "default", "default", "never"]
    subprocess.run(
        ["gpg", "--batch", "--passphrase", "", *name],
        env=environ,
        check=True,
        capture_output=True,
        timeout=60,
    )
    listed = subprocess.run(
        ["gpg", "--list-keys", "--with-colons"],
        env=environ,
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    return re.search(r"^fpr:+([0-9A-F]+)", listed.stdout, re.MULTILINE)[1]


def only_for(encrypted: str, block: str) -> str:
    """Replace the age recipients of an encrypted file by another, hand-made block."""
    return re.sub(
        r"^    (?:kms|age):.*?(?=^    lastmodified)",
        block,
        encrypted,
        flags=re.MULTILINE | re.DOTALL,
    )


def identity_of_a_plugin(name: str) -> str:
    """An identity as a plugin of age writes it: Bech32, without any data."""
    prefix = f"age-plugin-{name}-"
    values = [*(ord(c) >> 5 for c in prefix), 0, *(ord(c) & 31 for c in prefix), *[0] * 6]
    check = 1
    for value in values:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(
            (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
        ):
            check ^= generator if top >> bit & 1 else 0
    digits = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
    check ^= 1
    return f"{prefix.upper()}1" + "".join(digits[check >> 5 * (5 - i) & 31] for i in range(6))
