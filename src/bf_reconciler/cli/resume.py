"""`resume`: end the halt, or let one strategy run again."""

from datetime import UTC, datetime
from pathlib import Path

import click

from bf_reconciler.cli import options
from bf_reconciler.cli.api import NOT_DURABLE, Api, ApiError, RefusedError
from bf_reconciler.cli.halt import user
from bf_reconciler.cli.journals import journal
from bf_reconciler.cli.output import fail, note, say


@click.command("resume")
@options.name_argument
@click.option("--reason", help="Why; kept in the history.")
@click.option("--by", help="Who; default: the current user.")
@options.url_option
@options.token_option
@options.state_option
def command(
    *,
    name: str | None,
    reason: str | None,
    by: str | None,
    url: str | None,
    token_file: Path | None,
    state_dir: Path | None,
) -> None:
    """End the halt, or let the strategy NAME run again after a violation.

    A strategy is turned on only after its connection passes its tests.
    Sends this to the daemon at --url. If none answers, writes to its journal in --state-dir.
    """
    api, who = Api.of(url, token_file), by or user()
    try:
        held = api.post("/api/v1/resume", _body(name, reason, who))["resumed"]
        then = "Strategies are turned on once their connections comply."
    except RefusedError as error:
        if error.status in NOT_DURABLE:  # it says what was done
            fail(str(error))
        fail(f"the daemon refused: {error}")
    except ApiError as error:
        if state_dir is None:
            fail(f"{error}. Set --url, or --state-dir to write to its journal.")
        note(f"Writing to the journal in {state_dir}; {error}.")
        held = _write(state_dir, name, reason or "", who)
        then = "Takes effect when the daemon next starts."
    if held:
        say(f"{name} is released. {then}" if name else f"The halt has ended. {then}")
    else:
        say(f"{name} is not waiting for a resume." if name else "There was no halt.")


def _body(name: str | None, reason: str | None, by: str) -> dict[str, str]:
    asked = {"name": name, "reason": reason, "by": by}
    return {field: text for field, text in asked.items() if text}


def _write(directory: Path, name: str | None, reason: str, by: str) -> bool:
    from bf_reconciler.status import resume_event  # noqa: PLC0415 # a second way only

    with journal(directory, readonly=False) as found:
        status = found.load().status
        now = datetime.now(UTC)
        event = resume_event(status, now, reason=reason, by=by, strategy=name or "")
        if name is not None:
            return found.release(name, event)
        if status.file_halt is not None:
            fail("the file sets `halt`; remove it there")
        found.halt(None, event if status.halted is not None else None)
        return status.halted is not None
