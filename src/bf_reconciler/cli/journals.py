"""The journal in a state folder, where a verb has no daemon to ask."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bf_reconciler.cli.output import fail

if TYPE_CHECKING:
    from bf_reconciler.journal import Journal


class NoJournal(click.ClickException):
    """No daemon has run in this folder yet. Ends the verb where nobody catches it."""


@contextmanager
def journal(state_dir: Path, *, readonly: bool = True) -> Iterator["Journal"]:
    """The journal in this folder; or the end of the verb."""
    from bf_reconciler.journal import Journal, JournalError, NoJournalError  # noqa: PLC0415 # heavy

    try:
        with Journal(state_dir, readonly=readonly) as found:
            yield found
    except NoJournalError as error:
        raise NoJournal(str(error)) from None
    except JournalError as error:
        fail(str(error))
