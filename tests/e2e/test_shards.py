"""Four daemons share a file and a folder: each strategy has one owner, whoever freezes or dies."""

import asyncio
import contextlib
import copy
import json
import signal
from collections import defaultdict
from functools import partial

import pytest

from bf_reconciler.spec import owner
from e2e.fleet import a_fleet, a_strategy, a_world, credentials_of, until
from ports import free_port

pytestmark = pytest.mark.slow
KEYS = [f"key-{number}" for number in range(12)]
BAD = KEYS[0]


class Shards:
    """Daemons of one file, each with a state folder of its own; strategies lie in one folder."""

    def __init__(self, fleet, stack):
        self.fleet, self.stack = fleet, stack
        self.folder = fleet.folder / "shared"
        self.running = {}
        self.written = defaultdict(list)
        """For each strategy: who wrote its file, and what, as it was seen to change."""

    async def start(self, index, count, state="first"):
        """Start a shard; what runs under this number before is not asked."""
        one = copy.copy(self.fleet)
        one.state_dir, one.port = self.fleet.folder / f"{state}-{index}", free_port()
        options = ["--runtime-root", str(self.folder), "--shards", str(count)]
        child = await self.stack.enter_async_context(one.process(*options, "--shard", str(index)))
        self.running[index] = one, child

    async def watch(self):
        """Note each version of each file that is seen."""
        while True:
            for path in self.folder.glob("s-*.json"):
                if path.name.endswith(".ack.json"):
                    continue
                content = json.loads(path.read_text())
                seen = (content["owner"]["since"], content["owner"]["shard"], content["enabled"])
                if not self.written[path.stem] or self.written[path.stem][-1] != seen:
                    self.written[path.stem].append(seen)
            await asyncio.sleep(0.005)

    def told(self, key):
        return self.fleet.told(f"s-{key}", self.folder)

    def owned(self, count, off=()):
        """Whether every strategy is on, less these, by the word of the shard that it belongs to."""
        return all(
            (told := self.told(key)) is not None
            and told["enabled"] is (key not in off)
            and told["owner"]["shard"] == f"{owner(key, count)}/{count}"
            for key in KEYS
        )

    def check(self):
        """No strategy went off and on for nothing, and who was started earlier wrote no later."""
        for name, versions in self.written.items():
            since = [each for each, _, _ in versions]
            assert since == sorted(since), (name, versions)
            told = [enabled for _, _, enabled in versions]
            if name != f"s-{BAD}":
                assert told == sorted(told), (name, versions)


@contextlib.asynccontextmanager
async def shards(tmp_path):
    world = a_world(**{key: {"exchange": "kucoin", **credentials(key)} for key in KEYS})
    async with a_fleet(tmp_path, world) as fleet, contextlib.AsyncExitStack() as stack:
        made = Shards(fleet, stack)
        made.folder.mkdir()
        watching = asyncio.create_task(made.watch())
        try:
            yield made
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


def credentials(key):
    return credentials_of("kucoin", api_key=f"KEY-OF-{key}")


def declare(made, **changes):
    connections = [made.fleet.connection(key, credentials=credentials(key)) for key in KEYS]
    strategies = [a_strategy(f"s-{key}", key) for key in KEYS]
    runtime = {"name": "local", "type": "file", "path": str(made.folder), "lease": "10s"}
    made.fleet.declare(connections, strategies, runtimes=[runtime], **changes)


async def yields(one):
    """Whether it says of all that it owned that another daemon has it now."""
    status = await one.api()
    assert status["strategies"]
    return all("started later" in json.dumps(each) for each in status["strategies"])


async def test_every_strategy_has_one_owner_while_shards_freeze_die_and_are_added(tmp_path):
    async with shards(tmp_path) as made:
        declare(made)
        for index in range(3):
            await made.start(index, 3)
        await until(lambda: made.owned(3))
        status = await made.running[1][0].api()
        mine = [key for key in KEYS if owner(key, 3) == 1]
        assert sorted(each["name"] for each in status["connections"]) == sorted(mine)

        frozen = list(made.running.values())
        for _, child in frozen:
            child.send_signal(signal.SIGSTOP)
        for index in range(4):  # while they hang, others are started, and one more
            await made.start(index, 4, "second")
        await until(lambda: made.owned(4))

        made.fleet.world.patch_key(BAD, {"withdraw": True})
        await until(lambda: made.owned(4, [BAD]))
        made.fleet.world.patch_key(BAD, {"withdraw": False})  # the frozen ones saw nothing else
        made.fleet.world.patch_key(BAD, {"trade": False})
        for one, child in frozen:
            child.send_signal(signal.SIGCONT)
            await until(partial(yields, one))
        assert made.owned(4, [BAD])
        made.check()

        _, killed = made.running[owner(BAD, 4)]
        killed.kill()
        await killed.wait()
        made.fleet.world.patch_key(BAD, {"trade": True})
        await made.start(owner(BAD, 4), 4, "second")
        await until(lambda: made.owned(4))
        made.check()
