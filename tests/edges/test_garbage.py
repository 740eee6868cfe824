import asyncio
import gc
import weakref

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
        assert gc.get_threshold() == (*usual[:2], garbage.NEVER)
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == usual
    assert gc.get_freeze_count() == 0


async def test_everything_is_gone_through_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "PASS_SECONDS", 0.0)
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
