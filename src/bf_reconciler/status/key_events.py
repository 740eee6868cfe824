"""What changed of the keys, as transitions of their own."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from bf_reconciler.facts import KeyChange, KeyFact, Reason, key_changes
from bf_reconciler.spec import Names
from bf_reconciler.status.model import Status, Transition

KEY_WORDS: Mapping[KeyFact, str] = {
    "credentials": "The file has another key.",
    "right_granted": "The key now has this permission: {}.",
    "right_withdrawn": "The key no longer has this permission: {}.",
    "address_added": "The allowlist of the key now has {}.",
    "address_removed": "The allowlist of the key no longer has {}.",
    "bound": "The key is now bound to addresses.",
    "unbound": "The key is no longer bound to addresses.",
    "expiry": "The key ends at {}.",
    "creation": "The key was created at {}.",
    "account": "The key is of the account {}.",
}


def key_events(
    before: Status, after: Status, now: datetime, names: Names | None = None
) -> Iterator[Transition]:
    """One for each fact that changed, of these names; None is all. The first sight is none."""
    wanted = after.connections if names is None else sorted(names.connections)
    for name in wanted:
        was, now_is = before.connections.get(name), after.connections.get(name)
        if was is None or now_is is None or was.known is now_is.known:
            continue
        if was.known is None or now_is.known is None:
            continue
        for change in key_changes(was.known, now_is.known):
            yield _event(after, name, change, now)


def _event(status: Status, name: str, change: KeyChange, now: datetime) -> Transition:
    return Transition(
        at=now,
        kind="key",
        name=name,
        before=change.before,
        after=change.after,
        reason=Reason.KEY_CHANGED,
        message=KEY_WORDS[change.what].format(change.after or change.before),
        generation=status.generation,
        revision=status.revision,
        what=change.what,
    )
