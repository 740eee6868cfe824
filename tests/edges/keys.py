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
"""The one of the lock file, and the oldest and the newest where `make sops-versions` built them."""
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
