"""A daemon with a fleet, and Schemathesis against its API. Run by `make api`."""
# ruff: noqa: T201  (a script)

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from e2e.fleet import a_fleet, a_strategy, a_world

CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_headers_conformance", "response_schema_conformance", "unsupported_method"),
    *("positive_data_acceptance",),
)
TAKEN = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 404, 409, 410, 422]
"""
"""What may be said to a request of the right form: a name may be none, a part outdated."""
PROGRAM = Path(__file__).parents[1] / ".venv" / "api" / "bin" / "schemathesis"


async def main(seconds: int) -> int:
    """Exit code of Schemathesis; 1 where the daemon did not outlive it."""
    with tempfile.TemporaryDirectory() as folder:
        async with a_fleet(Path(folder), a_world()) as fleet:
            connections = [fleet.connection(), fleet.connection("mexc-main", "mexc")]
            strategies = [a_strategy("btc-grid", "kucoin-main"), a_strategy("other", "mexc-main")]
            fleet.declare(connections, strategies)
            async with fleet.process("--log-level", "error") as daemon:
                await fleet.ready()
                code = await asyncio.to_thread(ask, fleet.port, seconds)
                await fleet.post("/api/v1/resume")
                await fleet.strategy_is("Enabled")
                still = daemon.returncode is None
    print(f"the daemon outlived it: {still}")
    return code or int(not still)


def ask(port: int, seconds: int) -> int:
    """Everything the document permits, and more, for so long."""
    words = ["run", f"http://127.0.0.1:{port}/api/v1/openapi.json", "--checks", ",".join(CHECKS)]
    words += ["--max-time", str(seconds), "--no-color", "--request-timeout", "20"]
    words += ["--phases", "examples,coverage,fuzzing", "--seed", "1"]
    words += ["--suppress-health-check", "all", "--warnings", "off"]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "schemathesis.toml").write_text(TAKEN)
        return subprocess.run([PROGRAM, *words], check=False, cwd=folder).returncode


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]))))
