import asyncio
import gc
import weakref
from pathlib import Path

import pytest

from bf_reconciler.daemon import garbage
from bf_reconciler.daemon.garbage import collected_rarely, keep_collecting


class Loop:
    """Something that only the garbage collector can free."""

    def __init__(self) -> None:
        self.itself = self


def test_everything_is_not_gone_through_by_itself_meanwhile() -> None:
    usual = gc.get_threshold()
    with collected_rarely():
        assert gc.get_threshold() == (garbage.YOUNG, garbage.MIDDLE, garbage.NEVER)
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == usual
    assert gc.get_freeze_count() == 0


@pytest.mark.parametrize(("seconds", "growth"), [(0.0, 1 << 60), (1e9, -1)])
async def test_everything_is_gone_through_now_and_then_and_where_memory_grew(
    monkeypatch: pytest.MonkeyPatch, seconds: float, growth: int
) -> None:
    monkeypatch.setattr(garbage, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(garbage, "PASS_SECONDS", seconds)
    monkeypatch.setattr(garbage, "GROWTH", growth)
    with collected_rarely():
        left = weakref.ref(Loop())
        gc.collect(1)
        kept = [Loop()]
        freed = asyncio.Event()
        weakref.finalize(kept[0], freed.set)
        gc.collect(1)  # it is no longer young
        kept.clear()
        gc.collect(1)
        assert left() is None
        assert not freed.is_set()
        task = asyncio.create_task(keep_collecting())
        await freed.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_memory_is_told_where_the_system_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert garbage.resident() > 1 << 20
    monkeypatch.setattr(garbage, "Path", lambda _: Path("/nowhere/at/all"))
    assert garbage.resident() == 0
