"""A daemon tells a receiver outside, over restarts, exactly once; and shows no credential."""

import json
from datetime import timedelta

import pytest

from bf_reconciler.daemon.start import serve
from bf_reconciler.daemon.start_error import StartError
from bf_reconciler.notify import digest
from bf_reconciler.settings import Monitoring
from e2e.fleet import a_fleet, until
from edges.hooks import a_hook

pytestmark = pytest.mark.slow
WORD = "SENTINELNOTIFYWORD1c9d4e"
PLACE = "SENTINELNOTIFYURL77ab20"


def a_file(folder, url):
    (folder / "word").write_text(WORD)
    content = {
        "version": 1,
        "receivers": {"desk": {"webhook": {"url": url, "secret_file": "word"}}},
        "gather": "50ms",
        "settle": "200ms",
    }
    path = folder / "notify.yaml"
    path.write_text(json.dumps(content))
    return path


async def test_each_failure_reaches_the_receiver_once_whatever_is_restarted(tmp_path, monkeypatch):
    monkeypatch.setattr(digest, "CHANGE_GAP", timedelta(0))
    with a_hook(f"/{PLACE}") as hook:
        monitoring = Monitoring(notify=a_file(tmp_path, hook.url), page_url="https://bf.example")
        hook.answers[:] = [500, 301, 200]
        async with a_fleet(tmp_path / "fleet") as fleet:
            fleet.declare()
            async with fleet.daemon(monitoring=monitoring):
                await fleet.connection_is("Online")
                fleet.world.patch_key("kucoin", {"withdraw": True})
                await fleet.connection_is("Blocked", "WithdrawEnabled")
                await until(lambda: len({body["id"] for _, body, _ in hook.got}) == 2)
                await until(lambda: fleet.metric("bf_notifications_total", outcome="failed"))
                delivered = {"receiver": "desk", "outcome": "delivered"}
                await fleet.until(
                    lambda: fleet.metric("bf_notifications_total", **delivered), lambda n: n == 2
                )
            told = len(hook.got)
            async with fleet.daemon(monitoring=monitoring):
                await fleet.connection_is("Blocked", "WithdrawEnabled")
                await fleet.probe()
                fleet.world.patch_key("kucoin", {"withdraw": False})
                await fleet.connection_is("Online")
                await until(lambda: len(hook.got) == told + 2)
                status, _ = await fleet.post(
                    "/api/v1/halt", {"reason": f"{WORD} it is", "by": "ada"}
                )
                assert status == 200
                await until(lambda: len(hook.got) == told + 3)
                shown = [await fleet.api(path) for path in ("/metrics", "/", "/api/v1/status")]
            log = fleet.log.getvalue()
            kept = (fleet.state_dir / "notify.json").read_text()
    by_id = {body["id"]: body for _, body, _ in hook.got}
    events = sorted((body["event"], body["kind"], body["reason"]) for body in by_id.values())
    assert events == [
        ("change", "key", "KeyChanged"),
        ("change", "key", "KeyChanged"),
        ("failure", "connection", "WithdrawEnabled"),
        ("failure", "halt", "Halted"),
        ("recovery", "connection", "WithdrawEnabled"),
    ]
    (failure,) = [b for b in by_id.values() if (b["event"], b["kind"]) == ("failure", "connection")]
    assert (failure["strategies"], failure["severity"]) == (["btc-grid"], "critical")
    assert "https://bf.example" in failure["text"]
    assert fleet.logged("notification not delivered")
    assert not any(WORD in str(body) for body in by_id.values())
    for text in (log, *map(str, shown[:1])):
        assert WORD not in text
    for text in (log, kept, *map(str, shown)):
        assert PLACE not in text


async def test_a_file_of_receivers_that_cannot_be_used_ends_the_start(tmp_path):
    path = a_file(tmp_path, f"http://chat.example/{PLACE}")
    async with a_fleet(tmp_path / "fleet") as fleet:
        with pytest.raises(StartError, match=r"--notify: .*only allowed on loopback") as error:
            await serve(fleet.settings(monitoring=Monitoring(notify=path)))
    assert PLACE not in str(error.value)
