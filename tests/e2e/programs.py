"""Programs of the system that a test starts beside a fleet, and ends."""

import asyncio
import contextlib
import json
import shutil
from pathlib import Path

import yaml

from e2e.fleet import DEADLINE, until
from ports import free_port

EXAMPLE = Path(__file__).parents[2] / "deploy" / "prometheus" / "alertmanager.example.yaml"


@contextlib.asynccontextmanager
async def a_program(folder, name, *words):
    """A program, named as its Debian package; ended when the block ends."""
    found = shutil.which(name)
    assert found, f"the Debian package {name} is needed"
    with (folder / f"{name}.log").open("wb") as log:
        child = await asyncio.create_subprocess_exec(found, *words, stdout=log, stderr=log)
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        try:
            await asyncio.wait_for(child.wait(), DEADLINE)
        except TimeoutError:
            child.kill()
            await child.wait()


async def answers(fleet, child, url):
    """Wait until it answers there."""

    async def look():
        assert child.returncode is None, "it ended"
        async with fleet.session.get(url) as answer:
            return answer.status == 200

    await until(look)


@contextlib.asynccontextmanager
async def a_prometheus(fleet, config):
    """A Prometheus with this configuration, ready; its address."""
    async with prometheus_process(fleet, config) as (address, _):
        yield address


@contextlib.asynccontextmanager
async def prometheus_process(fleet, config, *words):
    """A Prometheus with this configuration, ready; its address, and its process."""
    path = fleet.folder / "prometheus.yaml"
    path.write_text(json.dumps(config))  # JSON is YAML
    address = f"127.0.0.1:{free_port()}"
    async with a_program(
        fleet.folder,
        "prometheus",
        f"--config.file={path}",
        f"--storage.tsdb.path={fleet.folder / 'prometheus'}",
        f"--web.listen-address={address}",
        *words,
    ) as child:
        await answers(fleet, child, f"http://{address}/-/ready")
        yield address, child


@contextlib.asynccontextmanager
async def an_alertmanager(fleet, webhook, **route):
    """With the example as it is committed, but for where messages go; its address and process."""
    config = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    for receiver in config["receivers"]:
        for hook in receiver["webhook_configs"]:
            hook["url"] = f"{webhook}/{receiver['name']}"
    config["route"] |= route
    path = EXAMPLE.parent / "bf-reconciler.tmpl"
    config["templates"] = [str(path)]
    path = fleet.folder / "alertmanager.yaml"
    path.write_text(json.dumps(config))
    address = f"127.0.0.1:{free_port()}"
    async with a_program(
        fleet.folder,
        "prometheus-alertmanager",
        f"--config.file={path}",
        f"--storage.path={fleet.folder / 'alertmanager'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
    ) as child:
        await answers(fleet, child, f"http://{address}/-/ready")
        yield address, child
