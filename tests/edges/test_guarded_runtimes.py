"""Nothing is turned on that a crash could make forgotten."""

from dataclasses import replace

import pytest

from bf_reconciler.daemon.guarded_runtimes import MESSAGE, GuardedRuntimes
from bf_reconciler.facts import Reason
from bf_reconciler.runtimes import Bounds
from bf_reconciler.spec import LOCAL, FileRuntime
from bf_reconciler.verdict import guard, judge
from build import NOW, a_seen, a_spec


@pytest.fixture
def broken():
    return set()


@pytest.fixture
async def runtimes(tmp_path, broken):
    made = GuardedRuntimes(
        Bounds(tmp_path / "state", root=tmp_path), lambda: None, Memory(broken), {}
    )
    yield made
    await made.close()


class Memory:
    """What is saved; in ``marks`` stands what is wrong or off."""

    def __init__(self, marks):
        self.marks, self.intended, self.places = marks, [], ()

    def broken(self):
        return 1 in self.marks

    def remembered_off(self, _):
        return "off" in self.marks

    def remembered_places(self, _):
        return self.places

    async def intend(self, starting):
        self.intended.append(starting)
        if "breaks" in self.marks:
            self.marks.add(1)


def on():
    spec = a_spec()
    seen = {name: a_seen() for name in spec.connections}
    (decision,) = guard(spec, judge(spec, seen, None, NOW), {}, NOW).values()
    assert decision.order.on
    return decision


def off(decision):
    return replace(decision, order=replace(decision.order, on=False))


async def converged(runtimes, *decisions):
    found = await runtimes.converge(decisions, 1, "r", NOW)
    return next(iter(found.values()))


async def test_what_is_off_stays_off_until_the_journal_is_written_again(runtimes, broken):
    broken.add(1)
    running = await converged(runtimes, on())
    assert (running.reason, running.message) == (Reason.RUNTIME_UNAVAILABLE, MESSAGE)
    broken.clear()
    assert (await converged(runtimes)).on


async def test_what_was_decided_meanwhile_takes_the_place_of_what_was_withheld(runtimes, broken):
    broken.add(1)
    await converged(runtimes, on())
    await converged(runtimes, off(on()))
    broken.clear()
    assert await runtimes.converge((), 1, "r", NOW) == {}
    assert (await converged(runtimes, off(on()))).off


async def test_what_runs_goes_on_and_what_must_be_off_goes_off(runtimes, broken):
    await converged(runtimes, on())
    broken.add(1)
    running = await converged(runtimes, on())
    assert (running.on, running.reason) == (True, None)
    assert (await converged(runtimes, off(on()))).off


async def test_what_moves_stays_where_it_is(runtimes, broken, tmp_path):
    decision = on()
    await converged(runtimes, decision)
    broken.add(1)
    there = FileRuntime(name="there", type="file", path=str(tmp_path / "there"))
    moving = replace(
        decision,
        order=replace(decision.order, runtime=there),
        leaves=(replace(decision.order, on=False, strategy=None),),
        memory=replace(decision.memory, runtime=there),
    )
    running = await converged(runtimes, moving)
    assert running.message == MESSAGE
    assert not (tmp_path / "there").exists()
    broken.clear()
    assert (await converged(runtimes, decision)).on


async def test_what_is_to_be_turned_on_is_saved_first_and_once(runtimes, broken):
    broken |= {"off", "breaks"}
    running = await converged(runtimes, on())
    assert running.message == MESSAGE
    broken -= {"breaks", 1}
    for _ in range(2):
        assert (await converged(runtimes, on())).on
    memory = runtimes._intend.__self__  # noqa: SLF001 # the fake that was handed in
    assert memory.intended == 2 * [{on().name: LOCAL}]


async def test_where_a_move_goes_is_saved_first_and_once(runtimes):
    await converged(runtimes, on())
    memory = runtimes._intend.__self__  # noqa: SLF001 # the fake that was handed in
    there = FileRuntime(name="there", type="file", path="there")
    moving = replace(on(), order=replace(on().order, runtime=there))
    memory.places = (LOCAL,)
    await converged(runtimes, moving)
    memory.places = (LOCAL, there)
    await converged(runtimes, moving)
    assert memory.intended == [{on().name: there}]
