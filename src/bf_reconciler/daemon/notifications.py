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
    Opened,
    Receiver,
    Report,
    Rewired,
    Sender,
    WebhookSender,
    read_all,
)
from bf_reconciler.status import Transition

Marks = tuple[tuple[int, ...] | None, ...]
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
    read = NotifyFileReader(file, page, now)
    first = read.now()
    missed, report = partial(key_events_since, journal), counting(tallies)
    return Notifications(first.file, first.senders, Notified(state), report, now, missed, read)


class NotifyFileReader:
    """Reads the file, and what it names, again where one of them is another one."""

    def __init__(self, file: Path, page: str, now: Callable[[], datetime]) -> None:
        self._path, self._page, self._now = file, page, now
        self._opened: Opened | None = None
        """As it is in force."""
        self._read: Marks | None = None
        """How the files looked when they were read last, and could be used."""
        self._seen: Marks | None = None
        """How they looked last: what is still written to is not read."""

    def __call__(self) -> Rewired | None:
        """The file where it is another one, and at rest for a while.

        Raises:
            NotifyError: Something of it cannot be used.
        """
        found = self._marks()
        at_rest, self._seen = found == self._seen, found
        if not at_rest or found == self._read:
            return None
        self._read = None  # where it cannot be used, what it names may come
        rewired = self.now()
        self._read = found if self._marks() == found else None
        return rewired

    def now(self) -> Rewired:
        """What is to be used now. Raises as above."""
        opened = read_all(self._path)
        logs.REDACTOR.learn(opened.credentials())
        before = self._opened
        changed = {
            name: _sender(each, opened.secrets[name], self._page, self._now)
            for name, each in opened.file.receivers.items()
            if before is None
            or (before.file.receivers.get(name), before.secrets.get(name))
            != (each, opened.secrets[name])
        }
        self._opened = opened
        return Rewired(opened.file, changed)

    def _marks(self) -> "Marks":
        named = self._opened.paths if self._opened is not None else ()
        return tuple(_mark(path) for path in (self._path, *named))


def _mark(path: Path) -> tuple[int, ...] | None:
    """What tells one state of a file from another; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def key_events_since(journal: Journal, since: datetime) -> Sequence[Transition]:
    """Changes of keys in the journal that are newer, the oldest first."""
    newest_first = journal.history(limit=MOST_MISSED, kind="key")
    return [event for event in reversed(newest_first) if event.at > since]


def counting(tallies: Tallies) -> Report:
    """What is counted of deliveries, in the metrics."""

    def pending(receiver: str, count: int, oldest: datetime | None) -> None:
        tallies.notifications_pending(receiver, count, oldest.timestamp() if oldest else None)

    return Report(tallies.notified, pending, tallies.notify_file)


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
