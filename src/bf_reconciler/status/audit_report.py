"""What an auditor asks: who declared each key, what it could do, and who made exceptions."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, zip_longest
from json import dumps
from operator import itemgetter
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from bf_reconciler.facts import KeyFacts, KnownKey, Scope, known_key
from bf_reconciler.spec import Policy, is_looser, policy_changes
from bf_reconciler.spec.connection import ATTESTATION_LIFETIME
from bf_reconciler.status.declarations import GONE, POLICY, Declaration, rules_of
from bf_reconciler.status.judgements import Judgement
from bf_reconciler.status.model import Transition

Line = dict[str, Any]
"""One line of the report: its ``type`` says which fields it has."""
DAY: Final = timedelta(days=1)
OVERRIDES: Final = ("ip_allowlist", "unexpected_trading")
"""Fields of the policy that a connection may set for itself."""


@dataclass(slots=True)
class Records:
    """What was read of the journal, oldest first; of verdicts only what they say of keys."""

    declarations: Mapping[str, list[Declaration]]
    keys: Mapping[str, list[tuple[datetime, KnownKey]]]
    transitions: list[Transition] = field(default_factory=list)


def gathered(
    declarations: Iterable[Declaration],
    judgements: Iterable[Judgement],
    transitions: Iterable[Transition],
) -> Records:
    """All that a report needs of these, each oldest first."""
    declared: dict[str, list[Declaration]] = defaultdict(list)
    for each in declarations:
        declared[each.name].append(each)
    keys: dict[str, list[tuple[datetime, KnownKey]]] = defaultdict(list)
    for judgement in judgements:
        latest = judgement.seen.latest
        if latest is None or not isinstance(latest.key, KeyFacts):
            continue
        of_name = keys[judgement.name]
        before = of_name[-1][1] if of_name else None
        # Another fingerprint is another key, or another place: nothing is carried over to it.
        known = known_key(before, latest.key, place=judgement.seen.entry)
        if known != before:
            of_name.append((judgement.at, known))
    kept = [t for t in transitions if t.kind in {"halt", "key"}]
    return Records(declared, keys, kept)


class Window(NamedTuple):
    """From the beginning of a day to the end of another, UTC."""

    start: datetime
    stop: datetime

    def has(self, moment: datetime) -> bool:
        return self.start <= moment < self.stop

    @property
    def days(self) -> list[date]:
        count = (self.stop - self.start) // DAY
        return [(self.start + number * DAY).date() for number in range(count)]


def window(first: date, last: date) -> Window:
    """These days and all between them."""
    return Window(_midnight(first), _midnight(last) + DAY)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def report(records: Records, within: Window, name: str | None = None) -> Iterator[Line]:
    """The lines of a report, of one connection or of all."""
    wanted = sorted(name_ for name_ in records.declarations if name in {None, name_})
    for each in wanted:
        yield from _declared(records.declarations[each], within)
    for each in wanted:
        yield from _exceptions(records, each, within)
    for each in wanted:
        yield from _attestations(records.declarations[each], within)
    for each in sorted(records.keys):
        if name in {None, each}:
            yield from _rights(records, each, within)
    for transition in records.transitions:
        of_it = name in {None, transition.name} or transition.kind == "halt"
        if of_it and within.has(transition.at):
            yield _halt(transition) if transition.kind == "halt" else _key_change(transition)


def _declared(declarations: list[Declaration], within: Window) -> Iterator[Line]:
    """What was in force when the time begins, and each change until it ends."""
    for span in _spans(declarations, within):
        each = span.declaration
        yield {
            "type": "declaration",
            "name": each.name,
            "change": each.change,
            "at": each.at.isoformat(),
            "revision": each.revision,
            "author": each.author,
            "committed_at": each.committed_at.isoformat() if each.committed_at else None,
            "signer": each.signer,
            "commit": each.commit,
            "signed_by": each.signed_by,
            "file": each.file,
            "generation": each.generation,
            "declared": dict(each.declared),
        }


class _Span(NamedTuple):
    """A declaration, and the part of the time in which it was in force."""

    declaration: Declaration
    start: datetime
    stop: datetime


def _spans(declarations: list[Declaration], within: Window) -> Iterator[_Span]:
    """Those in force at some moment of the time; a removal is in force where it happens in it."""
    for each, following in zip_longest(declarations, declarations[1:]):
        end = within.stop if following is None else following.at
        start, stop = max(each.at, within.start), min(max(end, each.at), within.stop)
        inside = within.has(each.at)
        if inside or (start < stop and each.change not in GONE):
            yield _Span(each, start, stop)


def _exceptions(records: Records, name: str, within: Window) -> Iterator[Line]:
    """Where the policy, or a connection, is looser than it would be by itself; and pauses."""
    found: dict[tuple[str, str], Line] = {}
    for span in _spans(records.declarations[name], within):
        if name == POLICY:
            looser = {key: (value, "") for key, value in _looser(span.declaration).items()}
            yield from _merged(found, span, looser)
            continue
        declared = span.declaration.declared
        yield from _merged(found, span, _of_connection(declared))
        for policy in _spans(records.declarations.get(POLICY, []), within):
            start, stop = max(span.start, policy.start), min(span.stop, policy.stop)
            told = _overrides(declared, policy.declaration.declared)
            if start < stop and told:
                yield from _merged(found, _Span(span.declaration, start, stop), told)
    yield from found.values()


def _of_connection(declared: Mapping[str, Any]) -> Mapping[str, tuple[str, str]]:
    """What a connection declares that the policy has no word for, and whose it is."""
    told: dict[str, tuple[str, str]] = {}
    suspend, expect = declared.get("suspend"), declared.get("expect")
    if isinstance(suspend, Mapping):
        told["suspend"] = (str(suspend.get("reason", "")), str(suspend.get("owner", "")))
    if isinstance(expect, Mapping):
        told |= {f"expect.{what}": (_text(value), "") for what, value in expect.items()}
    return told


def _text(value: Any) -> str:  # noqa: ANN401 # JSON
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _overrides(
    declared: Mapping[str, Any], policy: Mapping[str, Any]
) -> Mapping[str, tuple[str, str]]:
    """Where a connection is looser than the policy in force."""
    usual = {what: policy.get(what, getattr(Policy(), what)) for what in OVERRIDES}
    return {
        what: (str(declared[what]), "")
        for what in OVERRIDES
        if what in declared and is_looser(what, declared[what], usual[what])
    }


def _merged(
    found: dict[tuple[str, str], Line], span: _Span, told: Mapping[str, tuple[str, str]]
) -> Iterator[Line]:
    """Note exceptions; those that begin where the same one ended are one. Yields what is over."""
    each = span.declaration
    for what, (value, by) in told.items():
        known = found.get((what, value))
        if known is not None and known["to"] == span.start.isoformat():
            known["to"] = span.stop.isoformat()
            continue
        if known is not None:
            yield known
        found[what, value] = {
            "type": "exception",
            "name": each.name,
            "what": what,
            "value": value,
            "by": by,
            "from": span.start.isoformat(),
            "to": span.stop.isoformat(),
            "revision": each.revision,
            "author": each.author,
            "signer": each.signer,
        }


def _looser(declaration: Declaration) -> Mapping[str, str]:
    """Fields of a policy that are looser than by default, and their values."""
    try:
        policy = Policy.model_validate_json(dumps(rules_of(declaration.declared)[0]))
    except ValidationError:  # of another version
        return {}
    changes = policy_changes(Policy(), policy)
    return {change.path: str(change.after) for change in changes if change.looser}


def _attestations(declarations: list[Declaration], within: Window) -> Iterator[Line]:
    """What people say of a key because the exchange does not, each of them once."""
    told: set[tuple[str, str, str]] = set()
    for span in _spans(declarations, within):
        attest = span.declaration.declared.get("attest")
        for what, word in attest.items() if isinstance(attest, Mapping) else ():
            by, at = str(word["by"]), str(word["at"])
            if (what, by, at) in told:
                continue
            told.add((what, by, at))
            until = datetime.fromisoformat(at) + ATTESTATION_LIFETIME
            yield {
                "type": "attestation",
                "name": span.declaration.name,
                "what": what,
                "by": by,
                "at": at,
                "until": until.isoformat(),
                "revision": span.declaration.revision,
                "author": span.declaration.author,
                "signer": span.declaration.signer,
            }


def _rights(records: Records, name: str, within: Window) -> Iterator[Line]:
    """What the key could do on each day, days that are alike together."""
    declared = records.declarations.get(name)
    days = [(day, _could(records.keys[name], declared, day)) for day in within.days]
    for could, alike in groupby(days, key=itemgetter(1)):
        if could is not None:
            first, *_, last = [day for day, _ in alike] * 2
            yield {
                "type": "rights",
                "name": name,
                "from": first.isoformat(),
                "to": last.isoformat(),
                **could,
            }


def _could(
    states: list[tuple[datetime, KnownKey]], declared: list[Declaration] | None, day: date
) -> Line | None:
    """All that a key could do at some moment of a day; None where it was not there or not known."""
    start, stop = window(day, day)
    if declared is not None and not any(_spans(declared, Window(start, stop))):
        return None
    before = [known for at, known in states if at < start][-1:]
    known = before + [known for at, known in states if start <= at < stop]
    if not known:
        return None
    granted = frozenset[str]().union(*(each.granted for each in known))
    lists = [each.ips for each in known if each.ips is not None]
    bound = {each.ip_bound for each in known}
    return {
        "granted": sorted(map(str, granted)),
        "undocumented": sorted(frozenset[str]().union(*(each.words or () for each in known))),
        "withdraw": _withdraw(known),
        "ip_bound": False if False in bound else None if None in bound else True,
        "ips": sorted(frozenset[str]().union(*lists)) if lists else None,
    }


def _withdraw(known: list[KnownKey]) -> str:
    """Whether a key could withdraw on a day, as the exchange says."""
    if any(Scope.WITHDRAW in each.granted for each in known):
        return "yes"
    return "no" if all(Scope.WITHDRAW in each.denied for each in known) else "unknown"


def _halt(transition: Transition) -> Line:
    return {
        "type": "halt",
        "name": transition.name,
        "at": transition.at.isoformat(),
        "halted": bool(transition.after),
        "by": transition.by,
        "message": transition.message,
    }


def _key_change(transition: Transition) -> Line:
    return {
        "type": "key_change",
        "name": transition.name,
        "at": transition.at.isoformat(),
        "what": transition.what,
        "before": transition.before,
        "after": transition.after,
    }
