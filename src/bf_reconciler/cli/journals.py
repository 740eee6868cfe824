"""The journal: in a state folder, or as a daemon gives it."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bf_reconciler.cli.api import Api, ApiError, RefusedError
from bf_reconciler.cli.output import fail

if TYPE_CHECKING:
    from bf_reconciler.facts import Json
    from bf_reconciler.journal import Journal, Reading
    from bf_reconciler.journal.pages import Noted


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


def place(url: str | None, state_dir: Path | None) -> Path | None:
    """The folder to read; None for the daemon. What stands on the command line comes first."""
    source = click.get_current_context().get_parameter_source
    said = click.core.ParameterSource.COMMANDLINE
    if url is None or source("url") is not said:
        return state_dir
    if source("state_dir") is said:
        raise click.UsageError("use either --url or --state-dir, not both")
    return None


@contextmanager
def remote_journal(api: Api, noted: "Collection[Noted]" = ()) -> Iterator["Reading"]:
    """The journal of this daemon, checked as it is read; or the end of the verb."""
    with reading_of(api.journal, noted) as found:
        yield found


@contextmanager
def reading_of(
    ask: "Callable[[str, int | None], Json]", noted: "Collection[Noted]" = ()
) -> Iterator["Reading"]:
    """The pages that are given, checked as they are read; or the end of the verb."""
    from bf_reconciler.journal import PageError, Reading  # noqa: PLC0415 # heavy

    try:
        yield Reading(ask, noted)
    except RefusedError as error:
        fail(f"the daemon does not give its journal: {error}")
    except (ApiError, PageError) as error:
        fail(str(error))


def checked(url: str | None, token_file: Path | None, state_dir: Path | None) -> Path | Api:
    """Which journal is to be checked: that in a folder, or that of a daemon. Nothing is guessed."""
    folder = place(url, state_dir)
    if folder is not None:
        return folder
    if url is None:
        fail("Set --state-dir or --url: what is checked is the journal itself.")
    return Api.of(url, token_file)
