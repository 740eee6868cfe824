"""Health check of the container: 0 where the daemon says that all its loops live."""

# ruff: noqa: INP001  (a script of the image; no package)

import os
import sys
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

SECONDS = 4


def main() -> int:
    """Ask the daemon over loopback, whatever addresses it listens on and whatever proxy is set."""
    port = os.environ.get("BF_LISTEN", "127.0.0.1:9877").rpartition(":")[2]
    host = "[::1]" if os.environ.get("BF_LISTEN", "").startswith("[") else "127.0.0.1"
    try:
        with build_opener(ProxyHandler({})).open(f"http://{host}:{port}/healthz", timeout=SECONDS):
            return 0
    except (URLError, OSError) as error:
        sys.stderr.write(f"unhealthy: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
