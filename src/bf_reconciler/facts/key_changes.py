"""What was last known of a key, and what of it another answer changes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple, TypeVar

from bf_reconciler.facts.allowlist import KEPT, network
from bf_reconciler.facts.observations import KeyFacts, Scope

KeyFact = Literal[
    "credentials",
    "right_granted",
    "right_withdrawn",
    "address_added",
    "address_removed",
    "bound",
    "unbound",
    "expiry",
    "creation",
    "account",
]
"""What of a key changed; a label of metrics, so there are few."""
SAME_END = timedelta(days=1)
"""Ends no further apart are one: some exchanges count whole days that are left."""
T = TypeVar("T")


class KeyChange(NamedTuple):
    """One change. What was granted or added has no ``before``, what was taken away no ``after``."""

    what: KeyFact
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """What was last told of each fact of a key, in one spelling. None was never told.

    ``credentials`` is a digest; empty is not known. ``undecided`` are rights that the others may
    cover. ``words`` are rights that no document explains; they are None until all rights of an
    answer could be read. ``place`` is where it is a key: at another exchange all is known anew.
    """

    credentials: str = ""
    granted: frozenset[Scope] = frozenset()
    denied: frozenset[Scope] = frozenset()
    undecided: frozenset[Scope] = frozenset()
    words: frozenset[str] | None = None
    ip_bound: bool | None = None
    ips: frozenset[str] | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None
    account: str | None = None
    place: str = ""


def known_key(
    before: KnownKey | None, facts: KeyFacts, credentials: str = "", place: str = ""
) -> KnownKey:
    """Add an answer to what is known; what it does not tell stays, unless the key is another."""
    old = before if before is not None else KnownKey()
    if _another(old.credentials, credentials) or old.place != place:
        old = KnownKey()
    told = facts.granted | facts.denied | facts.undecided
    return KnownKey(
        credentials=credentials or old.credentials,
        granted=facts.granted | (old.granted - told),
        denied=facts.denied | (old.denied - told),
        undecided=facts.undecided | (old.undecided - told),
        words=_words(old, facts),
        ip_bound=_newer(old.ip_bound, facts.ip_bound),
        ips=old.ips if facts.ips is None else _addresses(facts.ips),
        created_at=_newer(old.created_at, facts.created_at),
        expires_at=_end(old.expires_at, facts.expires_at),
        account=_newer(old.account, facts.account),
        place=place,
    )


def key_changes(before: KnownKey, after: KnownKey) -> tuple[KeyChange, ...]:
    """Every change of a fact. What was not known, or is not any more, has not changed.

    A right counts as granted though it was never denied, if all rights could be read before and it
    was not among them; and as withdrawn where what is left of the key only may cover it.
    """
    if before == after or before.place != after.place:
        return ()
    return tuple(_changes(before, after))


def _changes(before: KnownKey, after: KnownKey) -> Iterator[KeyChange]:
    if _another(before.credentials, after.credentials):
        yield KeyChange("credentials")
    rights = after.granted - before.granted
    if before.words is None:
        rights &= before.denied | before.undecided
    yield from _granted(rights)
    yield from _withdrawn(before.granted & (after.denied | after.undecided))
    if before.words is not None and after.words is not None:
        yield from _granted(after.words - before.words)
        yield from _withdrawn(before.words - after.words)
    if _another(before.ip_bound, after.ip_bound):
        yield KeyChange("bound", after="bound") if after.ip_bound else KeyChange("unbound", "bound")
    if before.ips is not None and after.ips is not None:
        for address in sorted(after.ips - before.ips):
            yield KeyChange("address_added", after=address)
        for address in sorted(before.ips - after.ips):
            yield KeyChange("address_removed", address)
    yield from _of_account(before, after)


def _of_account(before: KnownKey, after: KnownKey) -> Iterator[KeyChange]:
    pairs: tuple[tuple[KeyFact, datetime | None, datetime | None], ...] = (
        ("expiry", before.expires_at, after.expires_at),
        ("creation", before.created_at, after.created_at),
    )
    for what, was, now_is in pairs:
        if was is not None and now_is is not None and was != now_is:
            yield KeyChange(what, was.isoformat(), now_is.isoformat())
    if _another(before.account, after.account):
        yield KeyChange("account", before.account or "", after.account or "")


def _granted(rights: Iterable[str]) -> Iterator[KeyChange]:
    return (KeyChange("right_granted", after=str(right)) for right in sorted(rights))


def _withdrawn(rights: Iterable[str]) -> Iterator[KeyChange]:
    return (KeyChange("right_withdrawn", str(right)) for right in sorted(rights))


def _another(one: T | None, other: T | None) -> bool:
    """Whether both are known, and differ."""
    return one not in {None, ""} and other not in {None, ""} and one != other


def _newer(old: T | None, new: T | None) -> T | None:
    return old if new is None else new


def _words(old: KnownKey, facts: KeyFacts) -> frozenset[str] | None:
    """Of rights that could be read in part, only what is new among them is known."""
    found = frozenset(word.strip().casefold() for word in facts.unknown_words)
    if facts.not_understood("rights") is None:
        return found
    return None if old.words is None else old.words | found


@lru_cache(KEPT)
def _addresses(listed: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(_address, listed))


@lru_cache(KEPT)
def _address(item: str) -> str:
    """An entry of an allowlist in one spelling; one that is masked is no address."""
    found = network(item.strip())
    if found is None:
        return item.strip().casefold()
    return str(found.network_address if found.prefixlen == found.max_prefixlen else found)


def _end(old: datetime | None, new: datetime | None) -> datetime | None:
    if old is not None and new is not None and abs(new - old) <= SAME_END:
        return old
    return _newer(old, new)
