"""What a folder costs: 10,000 keys in 200 files, each encrypted with sops, and one daemon on them.

    python benchmarks/folder.py [--keys 10000] [--files 200] [--interval 60] [--output table|json]

``listening`` is from the start to the first answer by HTTP, ``first`` to the first verdict, ``all``
to the last, ``enabled`` to the last strategy that is on. An interval later, ``commit``: one file
is replaced, until what it says is in force, the median of five; then the ``fastest`` and the
``slowest`` of them. ``idle``, ``busy``: a key gets the withdraw right and is tested, until its
strategy is off; first while nothing else is done, then while every file is decrypted anew. The
command fails where a target is missed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import clients
from figures import free_port
from pyrage import x25519
from whole import HOSTS, UP, fetch, standin, value

SOPS = Path(sys.executable).parent / "sops"
REGEX = "^(api_key|secret|passphrase|password|private_key|token|seal)$"
LIMITS = {"listening": 1.0, "first": 30.0, "commit": 1.5}
PATIENCE = 900.0
SUMMARY = "/metrics?detail=summary"
SECONDS_BETWEEN = 1.0
"""A scrape of thousands of keys again and again would be most of what is measured."""
REST = 0.05
"""Likewise of small questions, 20 a second: a figure is late by half of that."""
COMMITS = ("ETH/USDT", "SOL/USDT", "ETH/USDT", "SOL/USDT", "ETH/USDT")
"""The pair of each commit of one file."""
SECONDS_APART = 5.0
MARGIN = 0.5
"""So many seconds longer may a strategy take to go off while files are decrypted."""


def document(port: int, names: range, interval: float, pair: str) -> str:
    """One file: its keys and a strategy for each; the first one has the sections for all."""
    lines = ["version: 1"]
    if names.start == 0:
        lines.append(f"defaults: {{interval: {interval:g}s, timeout: 10s}}")
    lines.append("connections:")
    for index in names:
        given = {"api_key": clients.api_key(index), "secret": clients.SECRET}
        given["passphrase"] = clients.PASSPHRASE
        lines += [
            f"  - name: kucoin-main-{index}",
            "    exchange: kucoin",
            "    egress_ips: [127.0.0.1]",
            f"    endpoint: http://{clients.host(index, HOSTS)}:{port}",
            f"    credentials: {json.dumps(given)}",
        ]
    lines.append("strategies:")
    lines += [
        f"  - {{name: grid-{index}, connection: kucoin-main-{index}, pairs: [{pair}]}}"
        for index in names
    ]
    return "\n".join(lines) + "\n"


class Folder:
    """The files of a fleet, encrypted for one key."""

    def __init__(self, place: Path, port: int, keys: int, files: int, interval: float) -> None:
        identity = x25519.Identity.generate()
        self.key = place / "age.txt"
        self.key.write_text(f"{identity}\n")
        self._recipient = str(identity.to_public())
        self.root = place / "keys"
        self.root.mkdir()
        self._port, self._interval = port, interval
        size = -(-keys // files)
        self.parts = [range(at, min(at + size, keys)) for at in range(0, keys, size)]

    def encrypted(self, number: int, pair: str) -> bytes:
        """One file as sops writes it."""
        command = [SOPS, "encrypt", "--input-type", "yaml", "--output-type", "yaml"]
        command += ["--encrypted-regex", REGEX, "--age", self._recipient, "/dev/stdin"]
        text = document(self._port, self.parts[number], self._interval, pair)
        return subprocess.run(command, input=text.encode(), stdout=-1, check=True).stdout

    def all(self, pair: str) -> list[bytes]:
        """Every file anew."""
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(lambda n: self.encrypted(n, pair), range(len(self.parts))))

    def put(self, number: int, content: bytes) -> None:
        """Replace one file."""
        beside = self.root / ".next"
        beside.write_bytes(content)
        beside.replace(self.root / f"team-{number:04}.yaml")


def until(holds: Callable[[], object], rest: float = REST) -> float:
    """Seconds until it holds, looked at with rests between."""
    begun = time.monotonic()
    while True:
        try:
            if holds():
                return time.monotonic() - begun
        except OSError:
            pass
        if time.monotonic() - begun > PATIENCE:
            raise TimeoutError
        time.sleep(rest)


def enabled(listen: int) -> float:
    """How many strategies are on, as far as is shown."""
    return value(fetch(listen, SUMMARY), "bf_strategy_status", 'status="Enabled"')


def pairs_of(listen: int, name: str) -> list[str]:
    """What is in force of a strategy."""
    return json.loads(fetch(listen, f"/api/v1/strategies/{name}"))["declared"]["pairs"]


def off_after(listen: int, simulated: int, state: Path, index: int) -> float:
    """Seconds from a test of a key that may withdraw now until its strategy is off."""
    path = state / "strategies" / f"grid-{index}.json"
    until(lambda: json.loads(path.read_text())["enabled"])
    fetch(simulated, f"/-/withdraw?on=1&host={clients.host(index, HOSTS)}")
    url = f"http://127.0.0.1:{listen}/api/v1/connections/kucoin-main-{index}/test"
    begun = time.monotonic()
    asking = urllib.request.Request(url, data=b"{}", headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(asking, timeout=60):  # answered when the status is made
        pass
    until(lambda: not json.loads(path.read_text())["enabled"])
    return time.monotonic() - begun


def measured(keys: int, files: int, interval: float) -> dict[str, float]:
    """All figures, in seconds."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as made, standin(None) as port:
        place = Path(made)
        folder = Folder(place, port, keys, files, interval)
        for number, content in enumerate(folder.all("BTC/USDT")):
            folder.put(number, content)
        state, listen = place / "state", free_port()
        command = [sys.executable, "-m", "bf_reconciler", "run", str(folder.root)]
        command += ["--state-dir", str(state), "--listen", f"127.0.0.1:{listen}"]
        command += ["--sops-binary", str(SOPS), "--log-level", "error"]
        environ = os.environ | {"SOPS_AGE_KEY_FILE": str(folder.key)}
        begun = time.monotonic()
        child = subprocess.Popen(command, env=environ)
        try:
            until(lambda: fetch(listen, "/healthz"), 0.01)
            found["listening"] = time.monotonic() - begun
            until(lambda: value(fetch(listen, SUMMARY), UP) >= 1, SECONDS_BETWEEN)
            found["first"] = time.monotonic() - begun
            until(lambda: value(fetch(listen, SUMMARY), UP) >= keys, SECONDS_BETWEEN)
            found["all"] = time.monotonic() - begun
            until(lambda: enabled(listen) >= keys, SECONDS_BETWEEN)
            found["enabled"] = time.monotonic() - begun
            time.sleep(interval)  # the fleet is as it is on most days
            last = len(folder.parts) - 1
            name = f"grid-{folder.parts[last].start}"
            took = []
            for pair in COMMITS:
                content = folder.encrypted(last, pair)
                time.sleep(SECONDS_APART)
                folder.put(last, content)
                took.append(until(lambda pair=pair: pairs_of(listen, name) == [pair]))
            found["commit"] = median(took)
            found["fastest"], found["slowest"] = min(took), max(took)
            found["idle"] = off_after(listen, port, state, 0)
            anew = folder.all("SOL/USDT")
            for number, content in enumerate(anew):
                folder.put(number, content)
            time.sleep(1.0)  # it has begun to decrypt
            found["busy"] = off_after(listen, port, state, 1)
            found["all files"] = until(lambda: pairs_of(listen, name) == ["SOL/USDT"])
        finally:
            child.terminate()
            child.wait()
    return found


def missed(found: dict[str, float]) -> list[str]:
    """Targets that do not hold."""
    late = [name for name, limit in LIMITS.items() if found[name] > limit]
    return [*late, *(["busy"] if found["busy"] > found["idle"] + MARGIN else [])]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--interval", type=float, default=60.0)
    parser.add_argument("--output", choices=["table", "json"], default="table")
    given = parser.parse_args()
    found = measured(given.keys, given.files, given.interval)
    if given.output == "json":
        print(json.dumps(found))
    else:
        for name, seconds in found.items():
            print(f"{name:<12}{seconds:8.2f} s")
    wrong = missed(found)
    if wrong:
        print("missed: " + ", ".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
