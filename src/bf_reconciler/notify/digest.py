"""Turns what is wrong into messages: one for a failure, one for its end; pure.

A failure is told when it lasted for the patience of its kind, and its end when it is over for the
settle time. What comes back within two hours doubles both each time, so that flapping ends in
silence and not in a storm. Failures of one cause are one, whoever joins later.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import cast

from bf_reconciler.facts import Reason, earliest
from bf_reconciler.notify.values import (
    AT_ONCE,
    RANK,
    Calm,
    Change,
    Event,
    Failure,
    Kind,
    Member,
    Memory,
    Message,
    Notice,
    Sight,
    Step,
    Trouble,
)

SHOWN = 20
"""Names in a message."""
LONGEST = timedelta(hours=1)
"""No wait is longer."""
FORGOTTEN = 2 * LONGEST
"""What did not come back for so long begins anew with short waits."""
URGENT = timedelta(seconds=5)
"""How long what only a person can mend is gathered, so that one cause is one message."""
CHANGE_GAP = timedelta(minutes=1)
"""Between two messages about the same key; each within an hour makes it twice as long."""
MOST_CHANGES = 50
"""Changes of one key that wait; the oldest are left out."""
AGAIN = 10
"""Doublings after which the longest wait is reached anyway."""
KNOWN = timedelta(days=2)
"""So long after its begin, a maintenance that was told is forgotten."""
LONGEST_URGENT = timedelta(minutes=15)
"""However often it came and went, what only a person can mend waits no longer."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long what passes by itself must last (``gather``), and how long be over (``settle``)."""

    gather: timedelta = timedelta(minutes=1)
    settle: timedelta = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class _Draft:
    """One message before those that say the same are put together."""

    event: Event
    failure: Failure
    trouble: Trouble
    previous: str
    since: datetime
    lasted: float | None = None
    left: tuple[str, ...] = ()

    @property
    def same(self) -> tuple[object, ...]:
        t = self.trouble
        alone = self.failure.key if self.failure.shared else ""
        return (self.event, alone, t.subject, t.exchange, t.state, t.reason, self.previous)


def step(
    memory: Memory, sight: Sight, news: Iterable[Change], now: datetime, timing: Timing
) -> Step:
    """Look once: what is to be told now, and what is to be remembered."""
    failures = _sorted_in(_not_after(memory.failures, now), sight, now)
    calm = {key: each for key, each in memory.calm.items() if now - each.at < FORGOTTEN}
    drafts: list[_Draft] = []
    kept: dict[str, Failure] = {}
    moments: list[datetime] = []
    for key, failure in failures.items():
        if key not in memory.failures and key in calm:
            failure = replace(failure, relapses=calm[key].times)  # noqa: PLW2901 # the same one
        looked = _Look(failure, sight.unknown, now, timing)
        drafts += looked.drafts
        moments += looked.moments
        kept |= {each.key: each for each in looked.kept}
        if key not in kept:
            told = failure.told is not None or looked.drafts
            if told:
                calm[key] = Calm(now, min(failure.relapses + 1, AGAIN))
    changes, told_changes = _changes(memory, news, calm, now, moments)
    announced, notices = _announced(memory.announced, sight.notices, now)
    messages = [*_messages(drafts, now), *_of_keys(told_changes, now)]
    messages += [_of_notice(each, now) for each in notices]
    numbered = tuple(
        replace(message, id=_id(memory.sent + at, message)) for at, message in enumerate(messages)
    )
    after = Memory(kept, changes, calm, memory.sent + len(messages), announced)
    return Step(after, numbered, earliest(moments))


class _Look:
    """What one look at one failure leads to."""

    def __init__(
        self, failure: Failure, unknown: Collection[str], now: datetime, timing: Timing
    ) -> None:
        self._unknown, self._now, self._timing = unknown, now, timing
        self._factor = 1 << min(failure.relapses, AGAIN)
        self.drafts: list[_Draft] = []
        self.kept: list[Failure] = []
        self.moments: list[datetime] = []
        if not failure.members:
            return
        if failure.told is None:
            self._untold(failure)
        else:
            self._told(failure, failure.told)

    def _untold(self, failure: Failure) -> None:
        """Tell it once it lasted; what only a person can mend even if it is over again."""
        worst = failure.worst
        grave = worst or _gravest(failure)
        if worst is not None and self._nothing_known(failure):
            self.kept.append(failure)
            return
        gone = max((m.gone for m in failure.members.values() if m.gone is not None), default=None)
        due = (failure.found or self._now) + self._patience(grave)
        if (worst is not None or not grave.passing) and due <= self._now:
            self._tell(failure, grave)
            return
        if worst is None and gone is not None and gone + self._settle(grave) <= self._now:
            return
        self.moments += [due] if due > self._now else [(gone or self._now) + self._settle(grave)]
        self.kept.append(failure)

    def _told(self, failure: Failure, told: Trouble) -> None:
        worst = failure.worst
        if worst is not None and not failure.shared and _rises(told, worst):
            found = failure.found or self._now
            due = found + self._patience(worst)
            if due <= self._now:
                self._tell(failure, worst)
                return
            self.moments.append(due)
            self.kept.append(replace(failure, found=found, quiet=None))
            return
        failure = replace(failure, found=None)
        if _mostly_over(failure) if failure.shared else worst is None or _falls(told, worst):
            self._falling(failure, told, worst)
        else:
            self.kept.append(replace(failure, quiet=None))

    def _falling(self, failure: Failure, told: Trouble, worst: Trouble | None) -> None:
        quiet = failure.quiet or self._now
        settle = self._settle(told)
        gone = [m.gone for m in failure.members.values() if m.gone is not None]
        if any(m.gone is not None and name in self._unknown for name, m in failure.members.items()):
            self.kept.append(replace(failure, quiet=quiet))
            return
        due = max(quiet, *gone) + settle if gone else quiet + settle
        if due > self._now:
            self.moments.append(due)
            self.kept.append(replace(failure, quiet=quiet))
            return
        began = failure.began or quiet
        ended = max(gone, default=quiet)
        left = tuple(m.trouble.name for m in failure.members.values() if m.gone is None)
        alone = worst is not None and not failure.shared
        self.drafts.append(
            _Draft(
                "recovery",
                failure,
                replace(told, state=worst.state if alone and worst else _state(failure)),
                told.state,
                began,
                max((ended - began).total_seconds(), 0.0),
                () if alone else left,
            )
        )
        if alone and worst is not None:
            self.kept.append(_as_told(failure, worst, self._now))
        elif left:
            self.kept += [
                _as_told(Failure(m.trouble.key, {m.trouble.key: m}, None), m.trouble, self._now)
                for m in failure.members.values()
                if m.gone is None
            ]

    def _tell(self, failure: Failure, worst: Trouble) -> None:
        former = failure.told or failure.before
        since = worst.since or failure.found or self._now
        lasted = None
        if former is not None and former.since is not None:
            lasted = max((since - former.since).total_seconds(), 0.0)
        self.drafts.append(
            _Draft("failure", failure, worst, former.state if former else "", since, lasted)
        )
        began = failure.began or min(since, self._now)
        again = failure.relapses + (failure.told is not None)
        told = replace(
            failure, found=None, told=worst, began=began, quiet=None, relapses=min(again, AGAIN)
        )
        self.kept.append(told)
        if told.worst is None:  # over already: its end is told after the settle time
            self.moments.append(self._now + self._settle(worst))

    def _nothing_known(self, failure: Failure) -> bool:
        """Whether nobody of it was seen since this process lives, or they wait to be."""
        wrong = (name for name, member in failure.members.items() if member.gone is None)
        return all(name in self._unknown for name in wrong)

    def _patience(self, trouble: Trouble) -> timedelta:
        if trouble.subject in AT_ONCE:
            return self._at_once()
        if trouble.passing:
            return min(self._timing.gather * self._factor, LONGEST)
        return min(min(URGENT, self._timing.gather) * self._factor, LONGEST_URGENT)

    def _settle(self, trouble: Trouble) -> timedelta:
        if trouble.subject in AT_ONCE:
            return self._at_once()
        return min(self._timing.settle * self._factor, LONGEST)

    def _at_once(self) -> timedelta:
        return timedelta(0) if self._factor == 1 else min(URGENT * self._factor, LONGEST_URGENT)


def _as_told(failure: Failure, trouble: Trouble, now: datetime) -> Failure:
    """A failure of which this is told, with what came before it."""
    began = trouble.since or now
    return replace(failure, found=None, told=trouble, began=began, quiet=None)


def _not_after(failures: Mapping[str, Failure], now: datetime) -> dict[str, Failure]:
    """Our clock may have been set back: nothing was found in the future."""
    return {
        key: replace(
            failure,
            found=_earlier(failure.found, now),
            quiet=_earlier(failure.quiet, now),
            members={
                name: replace(member, gone=_earlier(member.gone, now))
                for name, member in failure.members.items()
            },
        )
        for key, failure in failures.items()
    }


def _earlier(at: datetime | None, now: datetime) -> datetime | None:
    return None if at is None else min(at, now)


def _sorted_in(failures: dict[str, Failure], sight: Sight, now: datetime) -> dict[str, Failure]:
    """Each trouble in its failure: in the one that it is in already, or in that of its cause."""
    at = {name: key for key, failure in failures.items() for name in failure.members}
    for name, trouble in sight.troubles.items():
        here = failures.get(at.get(name, ""))
        if here is not None and _stays(here, trouble):
            failures[here.key] = _updated(here, trouble)
            continue
        before, found = None, now
        if here is not None:
            if here.told is not None:
                before = here.members[name].trouble
            else:
                found = here.found or now
            failures[here.key] = _without(here, name)
        key = trouble.cause or name
        there = failures.get(key, Failure(key, {}, found, before=before))
        if there.told is None and there.found is not None:
            there = replace(there, found=min(there.found, found))
        members = {**there.members, name: Member(trouble)}
        failures[key] = replace(there, members=members, before=there.before or before)
    for key, failure in failures.items():
        failures[key] = _left(failure, sight, now)
    return failures


def _stays(failure: Failure, trouble: Trouble) -> bool:
    if failure.key in {trouble.cause, trouble.key} and (not trouble.cause or failure.shared):
        return True
    if failure.told is None:
        return False
    return bool(trouble.cause) or not failure.shared


def _updated(failure: Failure, trouble: Trouble) -> Failure:
    """What passes by itself says nothing of what does not."""
    known = failure.members[trouble.key]
    told = failure.told
    if not failure.shared and told is not None and trouble.passing and not told.passing:
        trouble = known.trouble
    if known.gone is None and known.trouble == trouble:
        return failure
    return replace(failure, members={**failure.members, trouble.key: Member(trouble)})


def _without(failure: Failure, name: str) -> Failure:
    members = {key: member for key, member in failure.members.items() if key != name}
    return replace(failure, members=members)


def _left(failure: Failure, sight: Sight, now: datetime) -> Failure:
    """Note who is not wrong any more; of whom nothing is known stays as it was."""
    news = {
        name: replace(member, gone=now, state=sight.states.get(name, ""))
        for name, member in failure.members.items()
        if member.gone is None and name not in sight.troubles and name not in sight.unknown
    }
    return replace(failure, members={**failure.members, **news}) if news else failure


def _rises(told: Trouble, worst: Trouble) -> bool:
    """Whether it got worse, or another cause took its place that a person must know."""
    if worst.rank != told.rank:
        return worst.rank > told.rank
    return worst.reason != told.reason and not (worst.passing and told.passing)


def _falls(told: Trouble, worst: Trouble) -> bool:
    return worst.rank < told.rank


def _mostly_over(failure: Failure) -> bool:
    """Of a common cause, when at least half are well: who fails on has a cause of its own."""
    gone = sum(member.gone is not None for member in failure.members.values())
    return failure.shared and gone * 2 >= len(failure.members)


def _gravest(failure: Failure) -> Trouble:
    return max((member.trouble for member in failure.members.values()), key=lambda t: t.rank)


def _state(failure: Failure) -> str:
    """Where most of those went that are well again."""
    states = [member.state for member in failure.members.values() if member.gone is not None]
    return max(sorted(set(states)), key=states.count, default="")


def _changes(
    memory: Memory,
    news: Iterable[Change],
    calm: dict[str, Calm],
    now: datetime,
    moments: list[datetime],
) -> tuple[dict[str, tuple[Change, ...]], list[tuple[Change, ...]]]:
    """The changes of keys that wait on, and those that are told now, each of one key."""
    waiting = dict(memory.changes)
    for change in news:
        waiting[change.name] = (*waiting.get(change.name, ()), change)[-MOST_CHANGES:]
    told: list[tuple[Change, ...]] = []
    for name, of_key in list(waiting.items()):
        key = f"key/{name}"
        last = calm.get(key)
        due = min(of_key[0].at, now) + URGENT
        if last is not None:
            gap = min(CHANGE_GAP * (1 << min(last.times, AGAIN)), LONGEST)
            due = max(due, min(last.at, now) + gap)
        if due > now:
            moments.append(due)
            continue
        told.append(waiting.pop(name))
        calm[key] = Calm(now, last.times + 1 if last is not None else 0)
    return waiting, told


def _of_keys(told: Iterable[tuple[Change, ...]], now: datetime) -> Iterator[Message]:
    """One message for all keys of an exchange to which the same happened."""
    alike: dict[tuple[object, ...], list[tuple[Change, ...]]] = {}
    for of_key in told:
        what = tuple((change.what, change.before, change.after) for change in of_key)
        place = (of_key[0].exchange, of_key[0].environment)
        alike.setdefault((*place, *what), []).append(of_key)
    for keys in alike.values():
        first = keys[0]
        names = tuple(of_key[0].name for of_key in keys)
        yield Message(
            id="",
            at=now,
            event="change",
            kind="key",
            name=names[0] if len(names) == 1 else "",
            severity=max((change.severity for change in first), key=lambda s: RANK[s]),
            state="",
            previous="",
            reason=str(Reason.KEY_CHANGED),
            since=min(of_key[0].at for of_key in keys),
            exchange=first[0].exchange,
            connections=names[:SHOWN],
            count=len(names),
            changes=first,
        )


def _announced(
    before: Mapping[str, datetime], notices: Iterable[Notice], now: datetime
) -> tuple[dict[str, datetime], list[Notice]]:
    """What was told of maintenance, and what is told now: each once."""
    known = {key: begins for key, begins in before.items() if now - begins < KNOWN}
    fresh = {each.key: each for each in notices if each.key not in known}
    return known | {key: each.begins for key, each in fresh.items()}, list(fresh.values())


def _of_notice(notice: Notice, now: datetime) -> Message:
    live = notice.environment == "live"
    return Message(
        id="",
        at=now,
        event="announcement",
        kind="maintenance",
        name=notice.exchange if live else f"{notice.exchange} {notice.environment}",
        severity=notice.severity,
        state="under_way" if notice.under_way else "announced",
        previous="",
        reason=str(Reason.MAINTENANCE),
        since=notice.begins,
        exchange=notice.exchange,
        count=0,
        detail=notice.title,
        until=notice.ends,
    )


def _messages(drafts: Iterable[_Draft], now: datetime) -> Iterator[Message]:
    """What says the same is one message."""
    alike: dict[tuple[object, ...], list[_Draft]] = {}
    for draft in drafts:
        alike.setdefault(draft.same, []).append(draft)
    return (_message(same, now) for same in alike.values())


def _message(drafts: list[_Draft], now: datetime) -> Message:
    first = drafts[0]
    trouble = first.trouble
    concerned = [trouble for draft in drafts for trouble in _concerned(draft)]
    details = {each.detail for each in concerned if each.reason == trouble.reason}
    lasting = [draft.lasted for draft in drafts if draft.lasted is not None]
    exchanges = {each.exchange for each in concerned}
    strategies = [name for each in concerned for name in each.strategies]
    kind, _, scope = first.failure.key.partition("/")
    connections = [each.name for each in concerned if each.subject == "connection"]
    return Message(
        id="",
        at=now,
        event=first.event,
        kind=cast("Kind", kind),
        name=scope if len(drafts) == 1 else "",
        severity=trouble.severity,
        state=trouble.state,
        previous=first.previous,
        reason=trouble.reason,
        since=min(draft.since for draft in drafts),
        lasted=max(lasting, default=None),
        exchange=exchanges.pop() if len(exchanges) == 1 else "",
        connections=tuple(connections[:SHOWN]),
        strategies=tuple(strategies[:SHOWN]),
        count=len(concerned),
        left=first.left[:SHOWN],
        detail=details.pop() if len(details) == 1 else "",
        by=trouble.by,
        until=trouble.overran if first.event == "failure" else None,
    )


def _concerned(draft: _Draft) -> list[Trouble]:
    """Who fails, or who is well again."""
    members = draft.failure.members.values()
    if draft.event == "recovery" and draft.failure.shared:
        return [member.trouble for member in members if member.gone is not None]
    wrong = [member.trouble for member in members if member.gone is None]
    return wrong or [member.trouble for member in members]


def _id(number: int, message: Message) -> str:
    """The same where a crash has the same message made again."""
    parts = [number, message.since.isoformat(), message.event, message.kind, message.name]
    return sha256("\n".join(map(str, parts)).encode(errors="replace")).hexdigest()[:32]
