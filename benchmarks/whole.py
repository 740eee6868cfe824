"""What a fleet costs in all, beside the same requests by others in the same run.

    python benchmarks/whole.py [--keys 300 3000] [--interval 60] [--seconds 60] [--runs 1]
                               [--clients bare ccxt ccxt-anew] [--withdraw] [--beside] [--uvloop]
                               [--most 3.0] [--output table|json]

Judging, folding, acting and showing are all in it: the CPU of the whole process is divided by the
probes that it made, and it is scraped every 15 s meanwhile. The stand-in is pinned to one core, who
is measured to the other. Bare requests are measured before and after the daemon, for machines are
not always equally fast; of several runs, the scripts take part in the first one. The command fails
where the median of the ratio to bare requests is above ``--most``.
"""

import argparse
import json
import os
import resource
import statistics
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

# -O: its transports are none of asyncio's own, as ours are asserted to be.
UVLOOP = (
    "import runpy, uvloop; uvloop.install(); runpy.run_module('bf_reconciler', run_name='__main__')"
)
HERE = Path(__file__).resolve().parent
HOSTS = 64
UP_SECONDS = 900
UP = "bf_connection_up"
PROBES = "bf_probe_duration_seconds_count"
AUDIT_SECONDS = 330.0
"""Within which the audit has looked at everything once."""
SCRAPED_SECONDS = 15.0
"""Between two scrapes, as Prometheus makes them."""
LATE_SECONDS = 1.0
"""A key that is read so long after its interval is late: by then it was due in any case."""
Found = dict[str, float | None]
LIMITS = {
    "ratio": 1.5,
    "listening cpu": 1.0,
    "listening": 1.0,
    "all up": 15.0,
    "scrape": 1.0,
    "rss": 700.0,
    "quiet": 1.0,
    "withdraw": 61.0,
    "bytes": 60.0,
    "late": 0.0,
    "lag": 50.0,
}
"""The targets; those of start and memory are of 3,000 and of 10,000 keys."""
UNITS = {
    "bare": "us",
    "ccxt": "us",
    "ccxt-anew": "us",
    "ours": "us",
    "ratio": "x",
    "listening cpu": "s",
    "listening": "s",
    "all up": "s",
    "scrape": "s",
    "scrape first": "s",
    "scrape plain": "s",
    "rss": "MiB",
    "bytes": "kB",
    "quiet": "ms",
    "quiet first": "ms",
    "withdraw": "s",
    "withdraw last": "s",
    "late": "",
    "gap": "s",
    "lag": "ms",
    "kept out": "",
}
HOW = {
    "bare": "CPU of four bare aiohttp requests",
    "ccxt": "the same by a script with one long-lived ccxt instance per key",
    "ccxt-anew": "the same by a script that makes an instance per pass",
    "ours": "CPU of the whole daemon, per probe",
    "ratio": "the daemon's CPU per probe / that of four bare requests",
    "listening cpu": "likewise, CPU alone: on a shared machine others have the rest",
    "listening": "from start to the first answer by HTTP",
    "all up": "from start to every connection up",
    "scrape": "/metrics, whole, compressed as Prometheus asks for it, every 15 s: the slowest",
    "scrape first": "the same after a whole interval, when all is another than at the last one",
    "scrape plain": "the same as plain text",
    "rss": "RSS at the end",
    "bytes": "RSS beyond that of one connection, per key with its strategy",
    "quiet": "CPU per second while no probe is due, once the audit has seen all",
    "quiet first": "the same while it looks at all for the first time, in the first five minutes",
    "withdraw": "a right to withdraw to its strategy file, of one host's keys: 99th percentile",
    "withdraw last": "the slowest of them",
    "late": f"share of the keys read later than {LATE_SECONDS:g} s after their interval",
    "lag": "how late the event loop is at most, at the 99th percentile",
    "kept out": "share of the time in which it could have run, and others had its core",
    "gap": "between two reads of a key, at the 99th percentile",
}


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
        given = {
            "api_key": clients.api_key(index),
            "secret": clients.SECRET,
            "passphrase": clients.PASSPHRASE,
        }
        lines += [
            f"  - name: kucoin-main-{index}",
            "    exchange: kucoin",
            "    egress_ips: [127.0.0.1]",
            f"    endpoint: http://{clients.host(index, HOSTS)}:{port}",
            f"    credentials: {json.dumps(given)}",
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


def waited(pid: int) -> float:
    """Seconds for which it could have run, and others had its core."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def fetch(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as response:
        return response.read()


def at_percentile(before: bytes, after: bytes, name: str, share: float) -> float | None:
    """The upper bound of the bucket in which this share of what came between them lies."""
    counts = {}
    for sign, exposition in ((-1, before), (1, after)):
        for line in exposition.decode().splitlines():
            if line.startswith(f"{name}_bucket"):
                bound = line.partition('le="')[2].partition('"')[0]
                counts[bound] = counts.get(bound, 0.0) + sign * float(line.rsplit(" ", 1)[1])
    whole = counts.get("+Inf", 0.0)
    return next((float(b) for b, n in counts.items() if whole and n >= share * whole), None)


def value(exposition: bytes, name: str, having: str = "") -> float:
    """The sum of a family's samples, or of those with a label."""
    found = 0.0
    for line in exposition.decode().splitlines():
        if line.startswith(name) and line[len(name)] in " {" and having in line:
            found += float(line.rsplit(" ", 1)[1])
    return found


class Daemon:
    """A daemon with so many keys, pinned to one core, from its start to its end."""

    def __init__(
        self, port: int, keys: int, interval: float, core: int | None, *, uvloop: bool = False
    ) -> None:
        self.port, self.keys, self.interval = port, keys, interval
        self._made = tempfile.TemporaryDirectory()
        self.folder = Path(self._made.name)
        file = self.folder / "connections.yaml"
        file.write_text(document(port, keys, interval))
        self.listen = free_port()
        program = ["-O", "-c", UVLOOP] if uvloop else ["-m", "bf_reconciler"]
        command = [sys.executable, *program, "run", str(file), "--allow-plaintext"]
        command += ["--state-dir", str(self.folder / "state")]
        command += ["--listen", f"127.0.0.1:{self.listen}", "--log-level", "error"]

        def pinned() -> None:
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            if core is not None:
                os.sched_setaffinity(0, {core})

        fetch(port, "/-/forget")
        self.begun = time.monotonic()
        self.child = subprocess.Popen(command, preexec_fn=pinned)  # noqa: PLW1509 # one thread here

    def close(self) -> None:
        self.child.terminate()
        self.child.wait()
        self._made.cleanup()

    def started(self) -> Found:
        """Wait until every connection is up."""
        listening = up = spent = None
        while up is None and time.monotonic() - self.begun < UP_SECONDS:
            time.sleep(0.1 if listening is None else 1.0)
            ready = True
            try:
                fetch(self.listen, "/healthz" if listening is None else "/readyz")
            except OSError as error:
                if getattr(error, "code", None) is None:
                    continue
                ready = False  # a scrape of thousands would be most of what is measured
            spent = spent or cpu_of(self.child.pid)
            if listening is None:
                listening = time.monotonic() - self.begun
            elif ready and value(fetch(self.listen, "/metrics"), UP) >= self.keys:
                up = time.monotonic() - self.begun
        return {"listening": listening, "listening cpu": spent, "all up": up}

    def scrape(self, encoding: str) -> float:
        request = urllib.request.Request(f"http://127.0.0.1:{self.listen}/metrics")
        request.add_header("Accept-Encoding", encoding)
        begun = time.monotonic()
        with urllib.request.urlopen(request, timeout=60) as response:
            while response.read(1 << 20):
                pass
        return time.monotonic() - begun

    def per_probe(self, seconds: float) -> Found:
        """Microseconds of CPU per probe, and the share that was late, as the exchange saw it."""
        fetch(self.port, "/-/gaps")
        before = fetch(self.listen, "/metrics")
        cpu, others = cpu_of(self.child.pid), waited(self.child.pid)
        end, slowest = time.monotonic() + seconds, 0.0
        while (left := end - time.monotonic()) > SCRAPED_SECONDS:
            slowest = max(slowest, took := self.scrape("gzip"))
            time.sleep(SCRAPED_SECONDS - took)
        time.sleep(left)
        cpu = cpu_of(self.child.pid) - cpu
        others = waited(self.child.pid) - others
        after = fetch(self.listen, "/metrics")
        probes = value(after, PROBES) - value(before, PROBES)
        lag = at_percentile(before, after, "bf_event_loop_lag_seconds", 0.99)
        seen = json.loads(fetch(self.port, "/-/gaps"))
        limit = self.interval + LATE_SECONDS
        gaps = sorted(seen["gaps"] + [age for age in seen["ages"] if age > limit])
        return {
            "ours": 1e6 * cpu / max(probes, 1),
            "scrape": slowest,
            "late": sum(gap > limit for gap in gaps) / max(len(gaps), 1),
            "gap": gaps[99 * len(gaps) // 100] if gaps else None,
            "kept out": others / seconds,
            "lag": None if lag is None else 1000 * lag,
            "rss": rss(self.child.pid),
        }

    def withdraw(self) -> tuple[float, float]:
        """Seconds from a right at one host to the strategy files of its keys that say off.

        The 99th percentile of them, and the slowest.
        """
        host = clients.host(1, HOSTS)
        left = [
            self.folder / "state" / "strategies" / f"grid-{index}.json"
            for index in range(1, self.keys, HOSTS)
        ]
        took: list[float] = []
        begun = time.monotonic()
        fetch(self.port, f"/-/withdraw?on=1&host={host}")
        while left and time.monotonic() - begun < UP_SECONDS:
            time.sleep(0.05)
            on = [file for file in left if json.loads(file.read_text())["enabled"]]
            took += [time.monotonic() - begun] * (len(left) - len(on))
            left = on
        fetch(self.port, f"/-/withdraw?on=0&host={host}")
        return took[99 * len(took) // 100], took[-1]

    def quiet(self, seconds: float = 20.0) -> float:
        """Milliseconds of CPU in a second in which nothing is due."""
        cpu = cpu_of(self.child.pid)
        time.sleep(seconds)
        return 1000 * (cpu_of(self.child.pid) - cpu) / seconds


def client(name: str, port: int, keys: int, options: argparse.Namespace, core: int | None) -> float:
    command = [sys.executable, str(HERE / "clients.py"), name, str(port), str(keys)]
    command += [str(options.seconds), str(options.interval), "--hosts", str(HOSTS)]
    command += ["--core", str(core)] if core is not None else []
    command += ["--uvloop"] if options.uvloop else []
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    counted = json.loads(done.stdout)
    return 1e6 * counted["cpu"] / max(counted["probes"], 1)


def measure(
    port: int, keys: int, options: argparse.Namespace, core: int | None, clients: list[str]
) -> Found:
    """One run: the others first, then the daemon."""
    found: Found = {}
    for name in clients:
        found[name] = client(name, port, keys, options, core)
    daemon = Daemon(port, keys, options.interval, core, uvloop=options.uvloop)
    try:
        found |= daemon.started()
        time.sleep(options.interval)  # the first orders are carried out, and leases given
        found["scrape first"] = daemon.scrape("gzip")
        found["scrape plain"] = daemon.scrape("identity")
        found |= daemon.per_probe(options.seconds)
        if options.withdraw:
            found["withdraw"], found["withdraw last"] = daemon.withdraw()
    finally:
        daemon.close()
    if "bare" in found:
        found["bare"] = (found["bare"] + client("bare", port, keys, options, core)) / 2
        found["ratio"] = found["ours"] / found["bare"]
    return found


def beside(port: int, keys: int, core: int | None) -> Found:
    """What a quiet second costs, and what a key weighs."""
    small, large = Daemon(port, 1, 3600.0, core), Daemon(port, keys, 3600.0, core)
    try:
        small.started()
        large.started()
        time.sleep(15.0)
        least, most = rss(small.child.pid), rss(large.child.pid)
        small.close()
        first = large.quiet()
        time.sleep(AUDIT_SECONDS)
        quiet = large.quiet(60.0)
        return {"quiet first": first, "quiet": quiet, "bytes": (most - least) * 1048.576 / keys}
    finally:
        large.close()


def show(keys: int, name: str, values: list[float]) -> None:
    limit = f" (target {LIMITS[name]:g})" if name in LIMITS else ""
    low, high = min(values), max(values)
    label = f"{name}, {keys} keys"
    median = statistics.median(values)
    print(f"{label:<26} {median:>9.3f} {UNITS[name]}{limit}  [{low:.3f} .. {high:.3f}]")
    print(f"{'':<26} {HOW[name]}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, nargs="+", default=[300, 3000])
    parser.add_argument("--interval", type=float, default=60.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--clients", nargs="*", default=["bare"])
    parser.add_argument("--withdraw", action="store_true", help="time a withdraw right, too")
    parser.add_argument(
        "--beside", action="store_true", help="a quiet second and bytes per key, too"
    )
    parser.add_argument(
        "--uvloop", action="store_true", help="under uvloop (pip install uvloop), bare and daemon"
    )
    parser.add_argument("--most", type=float, help="fail where the ratio is above this")
    parser.add_argument("--output", choices=["table", "json"], default="table")
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    mine, theirs = (cores[0], cores[1]) if len(cores) > 1 else (None, None)
    if theirs is not None:
        os.sched_setaffinity(0, {theirs})  # what is asked from here takes nothing of its core
    worst = 0.0
    with standin(theirs) as port:
        for keys in options.keys:
            each = [name for name in options.clients if name == "bare"]
            runs = [
                measure(port, keys, options, mine, each if run else options.clients)
                for run in range(options.runs)
            ]
            if options.beside:
                runs[0] |= beside(port, keys, mine)
            if options.output == "json":
                print(json.dumps({"keys": keys, "runs": runs}), flush=True)
            else:
                for name in UNITS:
                    values = [run[name] for run in runs if run.get(name) is not None]
                    if values:
                        show(keys, name, values)
            worst = max(worst, statistics.median(run.get("ratio") or 0.0 for run in runs))
    if options.most is not None and worst > options.most:
        sys.exit(f"{worst:.2f} times the bare requests, over {options.most:g}")


if __name__ == "__main__":
    main()
