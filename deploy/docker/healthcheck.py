"""Health check of the container: exits 0 if the daemon reports all its loops healthy."""

# ruff: noqa: INP001  (a script in the image, not a package)

import os
import sys
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

SECONDS = 4
EVERY = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104  (means all addresses)


def address(listen: str) -> str:
    """Return the address to query: loopback if the daemon listens on all addresses."""
    host, _, port = listen.rpartition(":")
    return f"{EVERY.get(host, host)}:{port}"


def main() -> int:
    """Query the daemon, ignoring any proxy settings."""
    asked = f"http://{address(os.environ.get('BF_LISTEN', '127.0.0.1:9877'))}/healthz"
    try:
        with build_opener(ProxyHandler({})).open(asked, timeout=SECONDS):
            return 0
    except (URLError, OSError) as error:
        sys.stderr.write(f"unhealthy: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
