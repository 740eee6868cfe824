"""From what an exchange announces to messages: one before, none during, one if it is late."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bf_reconciler.facts import Place, Reason
from bf_reconciler.notify import service
from bf_reconciler.probe import announcements
from bf_reconciler.simulator import Simulator
from bf_reconciler.status import maintained
from bf_reconciler.verdict import ConnectionState
from build import a_spec
from edges.fakes import a_connection, a_status
from edges.hooks import a_hook
from edges.probing import entry_of, prober, until, world_of
from edges.test_notifications import FOREVER, a_file, notifying

PLACE = Place("okx", "live")


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def told_by(exchange, begins, ends):
    """What the simulated exchange announces, as the prober reads it."""
    async with Simulator(world_of(exchange)) as sim:
        fault = {"announced_from": begins.timestamp(), "announced_until": ends.timestamp()}
        sim.world.put_faults(exchange, fault)
        entries = {"okx-main": entry_of(exchange, sim.base(exchange))}
        async with prober() as opened:
            await until(lambda: opened.announced(entries).get(PLACE))
            return entries, opened.announced(entries)


def seen(state, reason=None):
    at = datetime.now(UTC) + FOREVER
    main = a_connection("okx-main", state, reason, exchange="okx", last_probe=at)
    return a_status([main], [])


async def test_one_message_before_none_during_and_one_where_it_overruns(tmp_path, monkeypatch):
    monkeypatch.setattr(announcements, "FIRST", 0.0)
    monkeypatch.setattr(service, "PACE", 0.01)
    now = datetime.now(UTC).replace(microsecond=0)
    begins, ends = now + timedelta(hours=1), now + timedelta(hours=2)
    entries, announced = await told_by("okx", begins, ends)
    spec = replace(a_spec(), connections=entries)
    well = seen(ConnectionState.ONLINE)
    down = seen(ConnectionState.UNREACHABLE, Reason.MAINTENANCE)
    with ExitStack() as stack:
        hook = stack.enter_context(a_hook())
        told = stack.enter_context(notifying(a_file(tmp_path, hook.url)))

        def look(status, before, at, announced=announced):
            status = replace(status, maintenance=before.maintenance)
            status = maintained(status, spec, announced, at)
            told.take(status, ())
            return status

        status = look(well, well, now)
        await until(lambda: len(hook.got) == 1)
        for minutes in (0, 10, 64):
            status = look(down, status, begins + timedelta(minutes=minutes), {})
            assert [each.phase for each in status.maintenance] == ["under_way"]
        status = look(down, status, ends + timedelta(minutes=6), {})
        await until(lambda: len(hook.got) == 2)
        look(well, status, ends + timedelta(minutes=7), {})
        await until(lambda: len(hook.got) == 3)
    before, late, over = (body for _, body, _ in hook.got)
    assert (before["event"], before["kind"], before["name"]) == (
        "announcement",
        "maintenance",
        "okx",
    )
    assert (before["since"], before["until"]) == (written(begins), written(ends))
    assert (late["event"], late["reason"], late["until"]) == (
        "failure",
        "Maintenance",
        written(ends),
    )
    assert "overrun" in late["text"]
    assert (over["event"], over["until"]) == ("recovery", None)


def written(at):
    return at.isoformat().replace("+00:00", "Z")
