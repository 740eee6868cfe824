"""One look at a public list of markets: asked without credentials, read in a thread."""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from bf_reconciler.exchanges import Exchange, Kind
from bf_reconciler.facts import Failure, Listed, Reason
from bf_reconciler.probe import classify
from bf_reconciler.probe.budget import Budget
from bf_reconciler.probe.client import Clients
from bf_reconciler.probe.transport import Answer, Silence
from bf_reconciler.spec import ConnectionEntry

AT_ONCE = 3
"""MarketFetch that are asked for side by side: each can take many megabytes to read."""
CODE = re.compile(r"[A-Z0-9]+", re.ASCII)
"""Names of currencies that a file can hold."""
log = structlog.get_logger("bf_reconciler.probe")


@dataclass(frozen=True, slots=True)
class MarketFetch:
    """Asks for lists, in the way of a connection."""

    clients: Clients
    budget: Callable[[ConnectionEntry, Exchange], Budget]
    clock: Callable[[], datetime]
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def load(
        self, entry: ConnectionEntry, row: Exchange, kind: Kind, wanted: frozenset[str]
    ) -> Mapping[str, Listed] | Failure:
        """What the exchange says of the wanted pairs. Takes at most two timeouts of the entry.

        One request in a long while, which strategies wait for: it goes ahead of the probes.
        An answer that we are too fast holds back no probe: theirs tell it themselves.
        """
        limit = 2 * entry.timeout.total_seconds()
        try:
            async with asyncio.timeout(limit):
                await self.clients.load(row)
                async with self.turns:
                    return await self._asked(entry, row, kind, wanted, limit)
        except TimeoutError:
            return picked(row, kind, Silence.TIMEOUT, wanted, {}, self.clock())
        except Exception as error:  # noqa: BLE001 # public data breaks nothing
            name = type(error).__name__
            log.error("markets_not_read", exchange=row.id, error=name)  # noqa: TRY400 # no text of others
            return Failure(Reason.UNEXPECTED_RESPONSE, "The market list could not be read.")

    async def _asked(
        self,
        entry: ConnectionEntry,
        row: Exchange,
        kind: Kind,
        wanted: frozenset[str],
        limit: float,
    ) -> Mapping[str, Listed] | Failure:
        budget, now = self.budget(entry, row), time.monotonic()
        if (ban := budget.ban(now)) > limit:
            words = f"Requests to {row.title} are held back for {ban:.0f} s."
            return Failure(Reason.RATE_LIMITED, words, retry_after=ban)
        await asyncio.sleep(budget.go_ahead(1, now))
        listing = row.markets.lists[kind]
        got = await self.clients.look(entry, row, listing.call)
        names = self.clients.names(row)
        return await asyncio.to_thread(picked, row, kind, got, wanted, names, self.clock())


def picked(
    row: Exchange,
    kind: Kind,
    got: Answer | Silence,
    wanted: frozenset[str],
    names: Mapping[str, str],
    now: datetime,
) -> Mapping[str, Listed] | Failure:
    """The wanted pairs of an answer; the rest of it is not kept."""
    found = classify.read(row, "markets", got, row.markets.lists[kind].read, now)
    if isinstance(found, Failure):
        return found
    said: dict[str, Listed] = {}
    for own, trades in found.items():
        pair = renamed(own, names)
        if pair in wanted and said.get(pair) is not Listed.TRADES:
            said[pair] = Listed.TRADES if trades else Listed.HALTED
    return {pair: said.get(pair, Listed.MISSING) for pair in wanted}


def renamed(pair: str, names: Mapping[str, str]) -> str:
    """A pair with ccxt's names of its currencies.

    A name that no file can hold (`OmniCat`) is not used: the exchange's own stays.
    """
    parts = re.split("([/:])", pair)
    new = (names.get(part, part) for part in parts)
    return "".join(b if CODE.fullmatch(b) else a for a, b in zip(parts, new, strict=True))
