"""A simulated exchange, a client of others in a process of its own, and what the two make of it."""

import asyncio
import json
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from bf_reconciler.simulator import World
from bf_reconciler.simulator.server import application

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[1] / ".venv"
NOBODY = "http://127.0.0.1:9"
"""A proxy that is not there, for what goes past the guard."""
AHEAD_SECONDS = 3_600


@dataclass
class Exchange:
    """One exchange at the root of a port of its own, and what it answered."""

    world: World
    base: str = ""
    answers: list = field(default_factory=list)

    def body(self, path):
        """The first good answer of this path; what comes later may be a refusal."""
        good = [body for status, where, body in self.answers if (status, where) == (200, path)]
        assert good, (path, [where for _, where, _ in self.answers])
        return good[0]


@asynccontextmanager
async def exchange(world, name):
    made = Exchange(world)

    @web.middleware
    async def tap(request, handler):
        answer = await handler(request)
        text = answer.text or "null"
        body = json.loads(text) if answer.content_type == "application/json" else text
        made.answers.append((answer.status, request.path, body))
        made.answers.append((answer.status, request.path_qs, body))
        return answer

    app = application(world, name)
    app.middlewares.append(tap)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield made
    finally:
        await runner.cleanup()


def guarded():
    """The environment of a client's process: our own guard, and no way out."""
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), NOBODY)
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.devnull,
        "PYTHONPATH": str(HERE / "guard"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONWARNINGS": "ignore",
        **proxies,
        **{name.upper(): proxy for name, proxy in proxies.items()},
        "no_proxy": "127.0.0.1",
        "NO_PROXY": "127.0.0.1",
    }


async def started(environment, *arguments, given=b""):
    """Run a program in the environment of a client: exit code, output, errors."""
    python = ENVIRONMENTS / environment / "bin" / "python"
    assert python.exists(), "make peers"
    process = await asyncio.create_subprocess_exec(
        python,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=guarded(),
    )
    out, errors = await process.communicate(given)
    return process.returncode, out.decode(), errors.decode()


async def report(environment, program, job):
    """What a client makes of a simulated exchange."""
    path = HERE / "clients" / f"client_{program}.py"
    code, out, errors = await started(environment, path, given=json.dumps(job).encode())
    assert code == 0, errors[-4000:]
    return json.loads(out)


def differences(fields, value, at=""):
    """Names the client's model has and the answer lacks, and the other way round."""
    missing, unknown = set(), set()
    if isinstance(value, list):
        parts = [(fields, each, f"{at}[]") for each in value]
    elif not fields or not isinstance(value, dict):
        parts = []
    elif "*" in fields:
        parts = [(fields["*"], each, f"{at}.*") for each in value.values()]
    else:
        known = {name.removesuffix("?"): inner for name, inner in fields.items()}
        missing = {f"{at}.{name}" for name in fields if name not in value and name[-1] != "?"}
        unknown = {f"{at}.{name}" for name in value if name not in known}
        parts = [(known[name], value[name], f"{at}.{name}") for name in known if name in value]
    for part in parts:
        inner = differences(*part)
        missing, unknown = missing | inner[0], unknown | inner[1]
    return missing, unknown
