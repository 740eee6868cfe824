"""Health check of the container: 0 where the daemon says that all its loops live."""

# ruff: noqa: INP001  (a script of the image; no package)

import os
import sys
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

SECONDS = 4
EVERY = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104  (what stands for all addresses)


def address(listen: str) -> str:
    """Where to ask a daemon that listens there: over loopback, unless it has one address alone."""
    host, _, port = listen.rpartition(":")
    return f"{EVERY.get(host, host)}:{port}"


def main() -> int:
    """Ask the daemon, whatever proxy is set."""
    asked = f"http://{address(os.environ.get('BF_LISTEN', '127.0.0.1:9877'))}/healthz"
    try:
        with build_opener(ProxyHandler({})).open(asked, timeout=SECONDS):
            return 0
    except (URLError, OSError) as error:
        sys.stderr.write(f"unhealthy: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
