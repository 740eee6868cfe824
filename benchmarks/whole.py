"""What the daemon costs in all, per probe, against the same requests by others in the same run.

    python benchmarks/whole.py [--keys 300 3000] [--interval 60] [--seconds 60] [--clients bare]

Judging, folding, acting and showing are all in it: the CPU of the whole process is divided by the
probes that it made. The stand-in is pinned to one core, who is measured to the other. Prints JSON.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import clients
from figures import free_port, rss

HERE = Path(__file__).resolve().parent
HOSTS = 64


@contextmanager
def standin(core: int | None) -> Iterator[int]:
    command = [sys.executable, str(HERE / "standin.py"), "--hosts", str(HOSTS)]
    command += ["--core", str(core)] if core is not None else []
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield int(child.stdout.readline())
    finally:
        child.terminate()
        child.wait()
        child.stdout.close()


def document(port: int, keys: int, interval: float) -> str:
    lines = ["version: 1", f"defaults: {{interval: {interval:g}s, timeout: 10s}}", "connections:"]
    for index in range(keys):
        lines += [
            f"  - name: kucoin-main-{index}",
            "    exchange: kucoin",
            "    egress_ips: [127.0.0.1]",
            f"    endpoint: http://{clients.host(index, HOSTS)}:{port}",
            (
                f'    credentials: {{api_key: "{clients.api_key(index)}", secret: "{clients.SECRET}",'
                f' passphrase: "{clients.PASSPHRASE}"}}'
            ),
        ]
    lines.append("strategies:")
    lines += [
        f"  - {{name: grid-{index}, connection: kucoin-main-{index}, pairs: [BTC/USDT]}}"
        for index in range(keys)
    ]
    return "\n".join(lines) + "\n"


def cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fetch(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as response:
        return response.read()


def value(exposition: bytes, name: str) -> float:
    """The sum of a family's samples."""
    found = 0.0
    for line in exposition.decode().splitlines():
        if line.startswith(name) and line[len(name)] in " {":
            found += float(line.rsplit(" ", 1)[1])
    return found


def daemon(
    port: int, keys: int, interval: float, seconds: float, core: int | None
) -> dict[str, float]:
    """Start it, wait until all are up, then measure over these seconds."""
    listen = free_port()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        file = folder / "connections.yaml"
        file.write_text(document(port, keys, interval))
        command = [sys.executable, "-m", "bf_reconciler", "run", str(file), "--allow-plaintext"]
        command += ["--state-dir", str(folder / "state"), "--listen", f"127.0.0.1:{listen}"]
        command += ["--log-level", "error"]

        def pinned() -> None:
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            if core is not None:
                os.sched_setaffinity(0, {core})

        begun = time.monotonic()
        child = subprocess.Popen(command, preexec_fn=pinned)  # noqa: PLW1509 # one thread here
        try:
            listening = up = None
            while time.monotonic() - begun < 600:
                time.sleep(0.5)
                try:
                    shown = fetch(listen, "/metrics")
                except OSError:
                    continue
                listening = listening or time.monotonic() - begun
                if value(shown, "bf_connection_up") >= keys:
                    up = time.monotonic() - begun
                    break
            scrape_begun = time.monotonic()
            fetch(listen, "/metrics")
            scrape = time.monotonic() - scrape_begun
            time.sleep(min(interval, 20.0))
            probes, cpu = _probes(listen), cpu_of(child.pid)
            end = time.monotonic() + seconds
            time.sleep(max(0.0, end - time.monotonic()))
            cpu = cpu_of(child.pid) - cpu
            memory = rss(child.pid)
            probes = _probes(listen) - probes
        finally:
            child.terminate()
            child.wait()
    return {
        "listening": listening,
        "all up": up,
        "scrape": scrape,
        "cpu": cpu,
        "probes": probes,
        "rss": memory,
        "late": max(0.0, 1 - probes / (keys * seconds / interval)),
    }


def _probes(listen: int) -> float:
    return value(fetch(listen, "/metrics"), "bf_probe_duration_seconds_count")


def client(
    name: str, port: int, keys: int, interval: float, seconds: float, core: int | None
) -> dict:
    command = [sys.executable, str(HERE / "clients.py"), name, str(port), str(keys)]
    command += [str(seconds), str(interval), "--hosts", str(HOSTS)]
    command += ["--core", str(core)] if core is not None else []
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, nargs="+", default=[300, 3000])
    parser.add_argument("--interval", type=float, default=60.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--clients", nargs="*", default=["bare"])
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    mine, theirs = (cores[0], cores[1]) if len(cores) > 1 else (None, None)
    with standin(theirs) as port:
        for keys in options.keys:
            found = {"keys": keys, "interval": options.interval}
            for name in options.clients:
                told = client(name, port, keys, options.interval, options.seconds, mine)
                found[name] = 1e6 * told["cpu"] / max(told["probes"], 1)
            told = daemon(port, keys, options.interval, options.seconds, mine)
            found |= told
            found["ours"] = 1e6 * told["cpu"] / max(told["probes"], 1)
            if "bare" in found:
                found["ratio"] = found["ours"] / found["bare"]
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
