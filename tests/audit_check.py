"""pip-audit over our locked dependencies; where its data cannot be reached, that is said.

It asks for the exact versions of the lock, once each. A mirror of packages has no such data.
"""
# ruff: noqa: T201  (a script)

import json
import subprocess
import sys
from pathlib import Path

SECONDS = 120


def main(requirements: str) -> int:
    """1 where a dependency has a known flaw."""
    program = Path(sys.executable).parent / "pip-audit"
    words = ["--requirement", requirements, "--no-deps", "--disable-pip", "--format", "json"]
    try:
        done = subprocess.run(
            [program, *words, "--progress-spinner", "off"],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        found = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        found = []
    known = [each for each in found if "vulns" in each]
    flawed = [each for each in known if each["vulns"]]
    for each in flawed:
        names = ", ".join(vuln["id"] for vuln in each["vulns"])
        print(f"{each['name']} {each['version']}: {names}")
    if not known:
        print("pip-audit: NOT DONE, its data cannot be reached from here.")
        return 0
    print(f"pip-audit: {len(known)} of {len(found)} dependencies looked up, {len(flawed)} flawed")
    return int(bool(flawed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
