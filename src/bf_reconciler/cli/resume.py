"""`resume`: end the halt, or let one strategy run again."""

from pathlib import Path

import click

from bf_reconciler.cli import options
from bf_reconciler.cli.api import NOT_DURABLE, Api, ApiError, RefusedError
from bf_reconciler.cli.output import fail, note


@click.command("resume")
@options.name_argument
@options.url_option
@options.token_option
@options.state_option
def command(
    *, name: str | None, url: str | None, token_file: Path | None, state_dir: Path | None
) -> None:
    """End the halt, or let the strategy NAME run again after a violation.

    Nothing runs that its key does not permit: a strategy is turned on only after good tests.
    Tells the daemon at --url; where none answers, writes into its journal under --state-dir.
    """
    api = Api.of(url, token_file)
    try:
        held = api.post("/api/v1/resume", {"name": name} if name else {})["resumed"]
        then = "What its key permits is turned on again."
    except RefusedError as error:
        if error.status in NOT_DURABLE:  # it says what was done
            fail(str(error))
        fail(f"the daemon refused: {error}")
    except ApiError as error:
        if state_dir is None:
            fail(f"{error}. Give --url, or --state-dir to write into its journal.")
        note(f"Writing into the journal in {state_dir}; {error}.")
        held = _write(state_dir, name)
        then = "It holds from the next start of the daemon on."
    if held:
        click.echo(f"{name} is released. {then}" if name else f"The halt is ended. {then}")
    else:
        click.echo(f"{name} does not wait for a person." if name else "Nothing was halted.")


def _write(directory: Path, name: str | None) -> bool:
    from bf_reconciler.journal import Journal, JournalError  # noqa: PLC0415 # a second way only

    try:
        with Journal(directory) as journal:
            if name is not None:
                return journal.release(name)
            status = journal.load().status
            if status.file_halt is not None:
                fail("halt stands in the file; remove it there")
            journal.halt(None)
            return status.halted is not None
    except JournalError as error:
        fail(str(error))
