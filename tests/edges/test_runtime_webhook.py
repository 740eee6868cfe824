"""The webhook and the receiver of its documentation, which is run as it stands there."""

import asyncio
import json
import re
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes.adapter import Bounds, Stamp, Target, UnavailableError
from bf_reconciler.runtimes.settle import settle
from bf_reconciler.runtimes.webhook import WebhookAdapter, signature
from bf_reconciler.spec import LOCAL, WebhookRuntime
from bf_reconciler.verdict import Order
from build import NOW, STRATEGY, a_strategy
from edges.engines import SECRET, Webhook

PAGE = Path(__file__).parents[2] / "docs" / "webhook.md"
RECEIVER = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]


@pytest.fixture
def receiver():
    command = [sys.executable, "-W", "error", "-c", RECEIVER, "0"]
    environ = {"HOOK_SECRET": SECRET}
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.kill()


def an_adapter(url, **fields):
    addresses = {"url": f"{url}/hook", "status_url": f"{url}/state"}
    words = addresses | {"secret": SECRET} | fields
    return WebhookAdapter(WebhookRuntime(name="hook", type="webhook", **words), Bounds(Path("/")))


def a_target(*, on=True, message=""):
    words = {"action": "pause", "reason": Reason.CONNECTED, "message": message}
    order = Order(STRATEGY, LOCAL, on=on, strategy=a_strategy(), **words)
    return Target(order, Stamp(3, "r1", NOW))


async def told(adapter, **words):
    found = (await settle(adapter, {STRATEGY: a_target(**words)}))[STRATEGY]
    return found.state, found.reason, found.told


async def test_the_documented_receiver_obeys(receiver):
    adapter = an_adapter(receiver)
    assert await told(adapter) == ("running", None, "run")
    assert await told(adapter, on=False) == ("paused", None, "pause")
    await adapter.close()


@pytest.mark.parametrize(
    ("secret", "age", "status"), [(SECRET, 0, 200), ("another", 0, 401), (SECRET, 301, 401)]
)
async def test_the_documented_receiver_refuses_forgeries_and_replays(receiver, secret, age, status):
    stamp = str(int(time.time()) - age)
    body = json.dumps({"version": 1, "name": "x", "action": "run", "valid_until": "2030-01-01"})
    headers = {"BF-Timestamp": stamp, "Idempotency-Key": "k"}
    headers["BF-Signature"] = f"sha256={signature(secret, stamp, body.encode())}"
    async with (
        aiohttp.ClientSession() as session,
        session.post(receiver, data=body, headers=headers) as answer,
    ):
        assert answer.status == status


async def test_another_secret_is_refused_and_not_shown(receiver):
    adapter = an_adapter(receiver, secret="another-secret-of-this-test")
    found = (await settle(adapter, {STRATEGY: a_target()}))[STRATEGY]
    assert found.reason is Reason.ENGINE_REFUSED
    assert found.message == "The engine refuses our credentials (HTTP 401)."
    adapter.adopt(an_adapter(receiver)._declared)  # noqa: SLF001
    assert (await told(adapter))[0] == "running"
    await adapter.close()


@pytest.fixture
async def engine():
    made = Webhook()
    await made.start()
    yield made
    await made.stop()


async def test_without_a_status_url_it_is_told_and_never_confirmed(engine):
    adapter = an_adapter(engine.url, status_url=None)
    assert await told(adapter) == ("unknown", None, "run")
    assert await told(adapter, on=False) == ("unknown", None, "pause")
    assert await told(adapter, on=False) == ("unknown", None, "pause")
    assert len(engine.commands) == 2
    await adapter.close()


async def test_an_order_is_tried_under_one_key_and_told_again_under_another(engine):
    adapter, target = an_adapter(engine.url), a_target()
    engine.mode = "fails"
    for _ in range(2):
        with pytest.raises(UnavailableError, match="HTTP 500"):
            await adapter.apply(target.order, None, target)
    engine.mode = "lies"
    await adapter.apply(target.order, None, target)
    await adapter.apply(target.order, None, target)
    keys = [headers["Idempotency-Key"] for _, _, headers in engine.commands]
    assert keys[0] == keys[1] == keys[2] != keys[3]
    await adapter.close()


async def test_a_lease_is_renewed_before_it_ends(engine):
    adapter = an_adapter(engine.url, lease="5s")
    assert (await told(adapter))[0] == "running"
    assert await adapter.renew({STRATEGY: a_target()}) == ([], False)
    assert len(engine.commands) == 1
    sent = adapter._sent[STRATEGY]  # noqa: SLF001
    soon = datetime.now(UTC) + timedelta(seconds=1)
    adapter._sent[STRATEGY] = type(sent)(sent.order, sent.stamp, sent.since, soon)  # noqa: SLF001
    assert await adapter.renew({STRATEGY: a_target()}) == ([], False)
    first, second = (json.loads(body) for _, body, _ in engine.commands)
    assert second["valid_until"] >= first["valid_until"]
    assert {**second, "valid_until": ""} == {**first, "valid_until": ""}
    engine.mode = "fails"
    adapter._sent[STRATEGY] = type(sent)(sent.order, sent.stamp, sent.since, soon)  # noqa: SLF001
    assert await adapter.renew({STRATEGY: a_target()}) == ([STRATEGY], False)
    await adapter.close()


async def test_an_order_that_was_replaced_is_not_sent(engine):
    adapter, target = an_adapter(engine.url), a_target()
    target.superseded = True
    with pytest.raises(UnavailableError):
        await adapter.apply(target.order, None, target)
    assert engine.commands == []
    await adapter.close()


async def test_nobody_is_asked_where_there_is_no_status_url(engine):
    adapter = an_adapter(engine.url, status_url=None)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await adapter.hint()
    await adapter.close()
