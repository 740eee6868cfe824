"""When an exchange was last seen live, and what of it: from the bundles that `certify` wrote."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

from bf_reconciler.exchanges.guide import Fact

FILE: Final = Path(__file__).with_name("seen_live.json")
"""Made by docs/exchanges.py."""
RIGHTS = (Fact.READ, Fact.SPOT, Fact.FUTURES, Fact.WITHDRAW)


class SeenLive(NamedTuple):
    """The day of the latest bundle of an exchange, and the facts that any of its bundles shows."""

    on: date
    facts: frozenset[Fact]


Live = Mapping[str, SeenLive]


def read() -> Live:
    """Those of this version, by exchange."""
    return {
        name: SeenLive(date.fromisoformat(told["on"]), frozenset(map(Fact, told["facts"])))
        for name, told in json.loads(FILE.read_text(encoding="utf-8")).items()
    }


def text(live: Live) -> str:
    """As it is written to the file."""
    told = {
        name: {"on": live[name].on.isoformat(), "facts": sorted(map(str, live[name].facts))}
        for name in sorted(live)
    }
    return json.dumps(told, indent=1) + "\n"


def seen(bundles: Iterable[tuple[str, date, Mapping[str, Any]]]) -> Live:
    """What bundles show together: of each its exchange, its day, and what the rows make of it."""
    found: dict[str, SeenLive] = {}
    for exchange, on, outcome in bundles:
        before = found.get(exchange, SeenLive(on, frozenset()))
        found[exchange] = SeenLive(max(on, before.on), before.facts | facts_of(outcome))
    return found


def facts_of(outcome: Mapping[str, Any]) -> frozenset[Fact]:
    """The facts that the answers of one key show. A right that it has not, too, was told of."""
    told = {*outcome.get("granted", ()), *outcome.get("denied", ())}
    signed = "ok" in {outcome.get(question) for question in ("key", "balance", "orders")}
    shown = {
        Fact.IP_LIST: outcome.get("ip_bound") is not None,
        Fact.OWN_ADDRESS: signed,
        Fact.EXPIRY: bool(outcome.get("tells_expiry")),
        Fact.CREATION: bool(outcome.get("tells_creation")),
        Fact.CLOCK: outcome.get("time") == "ok",
    }
    rights = {fact for fact in RIGHTS if str(fact) in told}
    return frozenset(rights | {fact for fact, is_shown in shown.items() if is_shown})
