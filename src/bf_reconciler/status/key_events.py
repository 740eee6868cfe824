"""What changed of the keys, as transitions of their own."""

from collections.abc import Iterator
from datetime import datetime

from bf_reconciler.facts import KeyChange, Reason, key_changes
from bf_reconciler.spec import Names
from bf_reconciler.status.model import Status, Transition
from bf_reconciler.status.words import KEY_WORDS


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
        message=KEY_WORDS["en"][change.what].format(change.after or change.before),
        generation=status.generation,
        revision=status.revision,
        what=change.what,
    )
