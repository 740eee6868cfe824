"""Asks one exchange once and keeps what it said as a bundle; and reads such a bundle again."""

import asyncio
from dataclasses import dataclass

from bf_reconciler.daemon.check import judged, now, taken
from bf_reconciler.exchanges import Call
from bf_reconciler.facts import Failure, Observation, Question
from bf_reconciler.probe import Prober, bundle
from bf_reconciler.probe.bundle import Answered, Bundle
from bf_reconciler.probe.transport import Answer
from bf_reconciler.settings import Settings
from bf_reconciler.spec import ConnectionEntry, Policy, Spec
from bf_reconciler.status import ConfigStatus, Status


class NothingToKeepError(Exception):
    """There is no answer to keep, and why; or a secret would be kept with it."""


@dataclass(frozen=True, slots=True)
class Certified:
    """A bundle, and how far it can stand for what was seen.

    Attributes:
        bundle: The answers.
        unanswered: Questions without an answer, and the reason of each.
        differs: What the rows read otherwise in the bundle than in the answers as they came.
    """

    bundle: Bundle
    unanswered: tuple[tuple[Question, str], ...]
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the rows make of a bundle: per question and of the key, and the status by it."""

    outcome: bundle.Facts
    status: Status


async def certify(settings: Settings, name: str) -> Certified:
    """Ask the exchange of a connection its four questions, once.

    Raises:
        RefusedError: The file could not be taken.
        UnknownNameError: No connection has this name.
        NothingToKeepError: It is not tested, did not answer, or a secret would be kept.
    """
    spec, _ = await taken(settings, [name])
    entry = next(iter(spec.connections.values()), None)
    if entry is None:
        raise NothingToKeepError(f"{name} is invalid in the file: run `bf-reconciler validate`")
    if entry.suspended(now()) is not None:
        raise NothingToKeepError(f"{name} is suspended in the file, so it is not tested")
    answered, seen = await _ask(entry)
    signed = {each.question for each in answered} - {"time"}
    if not signed:
        raise NothingToKeepError(f"the exchange answered no question of {name}: {_why(seen)}")
    try:
        made = await bundle.make(entry, answered)
    except bundle.LeakError:
        words = "a part of a credential would be left in the bundle, so nothing was written"
        raise NothingToKeepError(words) from None
    again = await bundle.replay(made)
    asked = {each.question for each in answered}
    unanswered = tuple((q, f.reason.value) for q, f in _failures(seen) if q not in asked)
    silent = {question for question, _ in unanswered}
    differs = tuple(each for each in bundle.differences(seen, again) if each not in silent)
    return Certified(made, unanswered, differs)


async def replay(told: Bundle) -> Replayed:
    """Read a bundle by the rows of today, under the default policy; no exchange is asked."""
    seen, entry = await bundle.replay(told), bundle.entry_of(told)
    spec = Spec(
        generation=0,
        revision="",
        digest="",
        policy=Policy(),
        halt=None,
        runtimes={},
        connections={entry.name: entry},
        strategies={},
    )
    memory = {entry.name: bundle.memory_of(told, seen)}
    return Replayed(
        bundle.outcome(seen),
        judged(spec, memory, told.at, ConfigStatus(last_reload_successful=True)),
    )


async def _ask(entry: ConnectionEntry) -> tuple[list[Answered], Observation]:
    answered: list[Answered] = []
    news = asyncio.Event()

    def keep(_: ConnectionEntry, question: Question, call: Call, answer: Answer) -> None:
        answered.append(Answered(question, call, answer, now()))

    async with Prober(now, news.set, keep) as prober:
        prober.probe([entry])
        await news.wait()
        (probed,) = prober.collect()
    return answered, probed.observation


def _failures(seen: Observation) -> list[tuple[Question, Failure]]:
    return [(q, answer) for q, answer in seen.answers.items() if isinstance(answer, Failure)]


def _why(seen: Observation) -> str:
    return next((failure.message for failure in seen.failures), "")
