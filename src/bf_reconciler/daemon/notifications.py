"""Puts together what tells people and programs outside."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from bf_reconciler import logs
from bf_reconciler.journal import Journal, Notified
from bf_reconciler.metrics import Tallies
from bf_reconciler.notify import (
    AppriseSender,
    Notifications,
    Receiver,
    Report,
    Sender,
    WebhookSender,
    read_all,
)
from bf_reconciler.status import Transition

MOST_MISSED = 1000
"""Changes of keys that are looked up in the journal after a restart."""


def make_notifications(
    file: Path,
    state: Path,
    page: str,
    journal: Journal,
    tallies: Tallies,
    now: Callable[[], datetime],
) -> Notifications:
    """Read the file of ``--notify``, and what it names.

    Raises:
        NotifyError: Something of it cannot be used.
    """
    opened = read_all(file)
    logs.REDACTOR.learn(opened.credentials())
    senders = {
        name: _sender(each, opened.secrets[name], page, now)
        for name, each in opened.file.receivers.items()
    }

    missed = partial(key_events_since, journal)
    return Notifications(opened.file, senders, Notified(state), counting(tallies), now, missed)


def key_events_since(journal: Journal, since: datetime) -> Sequence[Transition]:
    """Changes of keys in the journal that are newer, the oldest first."""
    newest_first = journal.history(limit=MOST_MISSED, kind="key")
    return [event for event in reversed(newest_first) if event.at > since]


def counting(tallies: Tallies) -> Report:
    """What is counted of deliveries, in the metrics."""

    def pending(receiver: str, count: int, oldest: datetime | None) -> None:
        tallies.notifications_pending(receiver, count, oldest.timestamp() if oldest else None)

    return Report(tallies.notified, pending)


def _sender(
    declared: Receiver, secrets: Sequence[SecretStr], page: str, now: Callable[[], datetime]
) -> Sender:
    redact = logs.REDACTOR.redact
    if declared.apprise is not None:
        return AppriseSender(declared.apprise, secrets, declared.lang, page, redact)
    webhook = declared.webhook
    assert webhook is not None  # noqa: S101 # the file has one or the other
    secret = secrets[0] if secrets else None
    return WebhookSender(webhook, secret, declared.lang, page, now, redact)
