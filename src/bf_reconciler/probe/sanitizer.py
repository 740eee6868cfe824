"""The one way by which texts of an exchange get into an observation: bounded, and without secrets.

What an exchange says is shown by every view. It may echo what we sent, a control character may
rewrite a terminal, and a name may have megabytes.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, TypeVar
from urllib.parse import unquote, urlsplit

from bf_reconciler.facts import Balance, Failure, KeyFacts, Observation, Orders
from bf_reconciler.facts.secret_forms import SHORTEST, secret_forms
from bf_reconciler.spec import ConnectionEntry

A = TypeVar("A")
F = TypeVar("F", bound=Failure)
MASK: Final = "••••"
MAX_TEXT: Final = 64
"""Characters of a word, an address, a code or a name."""
MAX_WORDS: Final = 64
"""Undocumented words of one key: more tell nothing more."""
MAX_ADDRESSES: Final = 1024
"""Entries of an allowlist. What is left out stands there as an entry that nobody can read."""
MAX_MESSAGE: Final = 500
MAX_NAMES: Final = 500
"""Assets, and pairs of orders, of one account; of more, the first in order."""
MAX_KNOWN: Final = 4 * MAX_NAMES
"""Names that are remembered to be clean."""
SHORTEST_PIECE: Final = 8
"""A name this long that is part of a secret is a piece of it, and no coin."""


class Sanitizer:
    """Cleans observations. Remembers the facts that were clean: mostly they are the same again."""

    def __init__(self) -> None:
        self._clean: dict[str, tuple[str, KeyFacts]] = {}
        self._names: dict[str, tuple[str, frozenset[str]]] = {}

    def observation(self, entry: ConnectionEntry, seen: Observation) -> Observation:
        """The observation with every text of the exchange bounded and masked."""
        seen = self._named(entry, seen)
        known = self._known(entry)
        if known is not None and seen.key == known and not seen.failures:
            # one copy serves all observations of it
            return seen if seen.key is known else replace(seen, key=known)
        clean = _Clean(Secrets(credentials(entry)), known)
        key = clean.facts(seen.key) if isinstance(seen.key, KeyFacts) else clean.answer(seen.key)
        made = replace(
            seen,
            time=clean.answer(seen.time),
            key=key,
            balance=clean.answer(seen.balance),
            orders=clean.answer(seen.orders),
        )
        if isinstance(made.key, KeyFacts) and made.key == seen.key:
            self._clean[entry.name] = (entry.fingerprint, made.key)
        return made

    def forget(self, name: str) -> None:
        """Drop what is remembered of a connection."""
        self._clean.pop(name, None)
        self._names.pop(name, None)

    def _named(self, entry: ConnectionEntry, seen: Observation) -> Observation:
        """The observation without names of assets and pairs that hold a secret, or a piece of it.

        Names that were clean are: mostly they are the same again.
        """
        balance, orders = seen.balance, seen.orders
        assets = balance.assets if isinstance(balance, Balance) else None
        pairs = orders.pairs if isinstance(orders, Orders) else None
        told = frozenset().union(assets or (), pairs or ())
        clean = self._checked(entry, told)
        if told <= clean and len(told) <= MAX_NAMES:
            return seen
        if isinstance(balance, Balance) and assets is not None:
            seen = replace(seen, balance=replace(balance, assets=_first(assets & clean)))
        if isinstance(orders, Orders) and pairs is not None:
            seen = replace(seen, orders=replace(orders, pairs=_first(pairs & clean)))
        return seen

    def _checked(self, entry: ConnectionEntry, told: frozenset[str]) -> frozenset[str]:
        """Names that may be shown, all of these that may among them."""
        fingerprint, clean = self._names.get(entry.name, ("", frozenset[str]()))
        if fingerprint != entry.fingerprint or len(clean) > MAX_KNOWN:
            clean = frozenset()
        new = told - clean
        if new:
            secrets = Secrets(credentials(entry))
            clean = clean.union(name for name in new if _is_name(name, secrets))
            self._names[entry.name] = (entry.fingerprint, clean)
        return clean

    def _known(self, entry: ConnectionEntry) -> KeyFacts | None:
        fingerprint, facts = self._clean.get(entry.name, ("", None))
        return facts if fingerprint == entry.fingerprint else None


@dataclass(frozen=True, slots=True)
class _Clean:
    secrets: "Secrets"
    known: KeyFacts | None

    def answer(self, answer: A) -> A:
        return self._failure(answer) if isinstance(answer, Failure) else answer

    def _failure(self, failure: F) -> F:
        """The message is in our own words, but for the code."""
        code, address = self._optional(failure.code), self._optional(failure.client_ip)
        message = failure.message
        if failure.code and code != failure.code:
            message = message.replace(failure.code, code or MASK)
        message = printable(message, MAX_MESSAGE)
        return replace(failure, message=message, code=code, client_ip=address)

    def facts(self, facts: KeyFacts) -> KeyFacts:
        if facts == self.known:
            return self.known
        made = replace(
            facts,
            unknown_words=self._texts(facts.unknown_words, MAX_WORDS),
            ips=None if facts.ips is None else self._texts(facts.ips, MAX_ADDRESSES),
            account=self._optional(facts.account),
        )
        return facts if made == facts else made  # the same bytes are given as the same object

    def _texts(self, found: tuple[str, ...], most: int) -> tuple[str, ...]:
        """Each of them; all masked where a secret was cut into pieces."""
        if self.secrets.in_text("".join(found)):
            return tuple(MASK for _ in found[:most])
        kept = found if len(found) <= most else (*found[: most - 1], MASK)
        return tuple(printable(each, MAX_TEXT) for each in kept)

    def _optional(self, text: str | None) -> str | None:
        if text is None:
            return None
        return MASK if self.secrets.in_text(text) else printable(text, MAX_TEXT)


class Secrets:
    """Credentials, recognised in any case, encoded, reversed, or with signs in between."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values = tuple(values)

    def __repr__(self) -> str:
        return "Secrets()"

    def in_text(self, text: str) -> bool:
        """Whether a text holds one of them."""
        if not text:
            return False
        exact, folded = text.casefold(), _folded(text)
        return any(form in exact or form in folded for form in self._forms)

    def has_piece(self, text: str) -> bool:
        """Whether a text is a piece of one of them."""
        piece = _folded(text)
        return len(piece) >= SHORTEST_PIECE and any(piece in form for form in self._forms)

    @cached_property
    def _forms(self) -> frozenset[str]:
        found = {form for value in self._values for form in secret_forms(value)}
        found = {form.casefold() for form in found} | {_folded(form) for form in found}
        found |= {form[::-1] for form in found}
        return frozenset(form for form in found if len(form) >= SHORTEST)


def _is_name(name: str, secrets: "Secrets") -> bool:
    """Whether a name of an asset or pair is short enough, can be shown, and is no secret."""
    short = len(name) <= MAX_TEXT and name.isprintable()
    sides = name.split("/")
    return short and not secrets.in_text(name) and not any(map(secrets.has_piece, sides))


def _first(names: frozenset[str]) -> frozenset[str]:
    return names if len(names) <= MAX_NAMES else frozenset(sorted(names)[:MAX_NAMES])


def credentials(entry: ConnectionEntry) -> list[str]:
    """Every secret value that is sent for a connection."""
    own, proxy = entry.connection.credentials, entry.connection.proxy
    values = (own.api_key, own.secret, own.passphrase)
    found = [value.get_secret_value() for value in values if value is not None]
    password = urlsplit(proxy.get_secret_value()).password if proxy is not None else None
    return [*found, unquote(password)] if password else found


def printable(text: str, most: int) -> str:
    """At most this many characters, none of which controls a terminal or the direction of text."""
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    return cut if cut.isprintable() else "".join(c if c.isprintable() else "�" for c in cut)


def _folded(text: str) -> str:
    """Letters and digits alone, in one case and one spelling."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return "".join(filter(str.isalnum, text.casefold()))
