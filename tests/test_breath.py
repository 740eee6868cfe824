"""Others have the event loop where it was not given away for a while, and not sooner."""

import asyncio

import pytest

from bf_reconciler.daemon import breath


@pytest.mark.parametrize("hurried", [True, False])
@pytest.mark.parametrize(("seconds", "times"), [(0.0, 3), (1e9, 0)])
async def test_it_lets_others_in_once_per_slice(monkeypatch, seconds, times, hurried):
    monkeypatch.setattr(breath, "LONG_SLICE" if hurried else "SLICE", seconds)
    breathe, let_in = breath.Breath(lambda: hurried), []

    async def other():
        while True:
            let_in.append(1)
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    for _ in range(3):
        await breathe()
    task.cancel()
    assert len(let_in) == times
