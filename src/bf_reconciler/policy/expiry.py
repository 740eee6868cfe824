"""When a key expires: as the exchange says, or by its published rule."""

from datetime import datetime
from typing import Literal, NamedTuple

from bf_reconciler.exchanges import EXCHANGES, Expiry
from bf_reconciler.facts import KeyFacts
from bf_reconciler.spec import Connection

ExpirySource = Literal["read", "computed"]


class End(NamedTuple):
    """The day a key ends, and whether the exchange told it or a rule gives it."""

    at: datetime
    source: ExpirySource


def rule(connection: Connection) -> Expiry | None:
    """The rule that is published for live keys of this exchange."""
    if connection.environment != "live":
        return None
    return EXCHANGES[connection.exchange].expiry


def applies(found: Expiry, key: KeyFacts) -> bool:
    """Whether a key is known to be one that the rule is for."""
    return key.ip_bound is False and (not found.scopes or bool(found.scopes & key.granted))


def end(connection: Connection, key: KeyFacts) -> End | None:
    """When a key ends, where that can be known.

    A day is worked out only from a creation: when a key was last used is told nowhere, and every
    probe may be a use.
    """
    if key.expires_at is not None:
        return End(key.expires_at, "read")
    found = rule(connection)
    if found is None or found.told or found.counts == "idle" or not applies(found, key):
        return None
    return End(key.created_at + found.after, "computed") if key.created_at else None


def explained(connection: Connection, key: KeyFacts) -> str:
    """What is known of the end of a key that has no date."""
    found = rule(connection)
    words = "The exchange reports no expiry date."
    if found is None:
        return words
    if key.ip_bound:
        return f"{words} By its published rule, only keys without an IP restriction expire."
    days = f"{found.after.days} days"
    span = f"after {days} without use" if found.counts == "idle" else f"{days} after its creation"
    when = f"{span} ({found.source})"
    if found.told:
        return f"{words} It reports one where, by its rule, a key expires {when}."
    others = "with more than read permission and no" if found.scopes else "without an"
    whose = "This key" if applies(found, key) else f"A key {others} IP restriction"
    said = f"{words} {whose} expires {when}"
    if found.counts == "creation":
        return f"{said}."
    return (
        f"{said}; every probe counts as use."
        if found.probes_count
        else f"{said}; whether a probe counts as use is not documented."
    )
