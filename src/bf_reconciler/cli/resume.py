"""`resume`: end the halt, or let one strategy run again."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bf_reconciler.cli import completions, options, suggest
from bf_reconciler.cli.api import NOT_DURABLE, Api, ApiError, RefusedError
from bf_reconciler.cli.halt import WRITING, user
from bf_reconciler.cli.journals import journal
from bf_reconciler.cli.output import fail, note, say
from bf_reconciler.facts import Language, Said

WHEN_COMPLIANT = Said(
    "Strategies are turned on once their connections comply.",
    "Stratejiler, bağlantıları kurallara uyunca açılır.",
)
AT_START = Said(
    "Takes effect when the daemon next starts.", "Daemon bir dahaki başlayışında geçerli olur."
)
RELEASED = Said("{} is released.", "{} serbest bırakıldı.")
ENDED = Said("The halt has ended.", "Durdurma sona erdi.")
NOT_WAITING = Said("{} is not waiting for a resume.", "{} devam komutu beklemiyor.")
NO_HALT = Said("There was no halt.", "Durdurma yoktu.")
REFUSED = Said("the daemon refused: {}", "daemon reddetti: {}")


@click.command("resume")
@click.argument("name", required=False, shell_complete=completions.strategies_of_daemon)
@click.option("--reason", help="Why; kept in the history.")
@click.option("--by", help="Who; default: the current user.")
@options.url_option
@options.token_option
@options.state_option
@options.lang_option
def command(
    *,
    name: str | None,
    reason: str | None,
    by: str | None,
    url: str | None,
    token_file: Path | None,
    state_dir: Path | None,
    lang: Language,
) -> None:
    """End the halt, or let the strategy NAME run again after a violation.

    A strategy is turned on only after its connection passes its tests.
    Sends this to the daemon at --url. If none answers, writes to its journal in --state-dir.
    """
    api, who = Api.of(url, token_file), by or user()
    try:
        name = name and _strategy(api.status(), name)
        held = api.post("/api/v1/resume", _body(name, reason, who))["resumed"]
        then = WHEN_COMPLIANT
    except RefusedError as error:
        if error.status in NOT_DURABLE:  # it says what was done
            fail(str(error))
        fail(REFUSED.in_(lang).format(error))
    except ApiError as error:
        if state_dir is None:
            fail(f"{error}. Set --url, or --state-dir to write to its journal.")
        note(WRITING.in_(lang).format(state_dir, error))
        name, held = _write(state_dir, name, reason or "", who)
        then = AT_START
    if held:
        done = RELEASED.in_(lang).format(name) if name else ENDED.in_(lang)
        say(f"{done} {then.in_(lang)}")
    else:
        say(NOT_WAITING.in_(lang).format(name) if name else NO_HALT.in_(lang))


def _strategy(status: dict[str, Any], name: str) -> str:
    """The strategy of this name, in any case; or the end of the verb."""
    known: list[str] = [entry["name"] for entry in status["strategies"]]
    found = next((each for each in known if each.casefold() == name.casefold()), None)
    if found is None:
        fail(suggest.unknown("strategy", name, known))
    return found


def _body(name: str | None, reason: str | None, by: str) -> dict[str, str]:
    asked = {"name": name, "reason": reason, "by": by}
    return {field: text for field, text in asked.items() if text}


def _write(directory: Path, name: str | None, reason: str, by: str) -> tuple[str | None, bool]:
    from bf_reconciler.status import resume_event  # noqa: PLC0415 # a second way only

    with journal(directory, readonly=False) as found:
        status = found.load().status
        if name is not None:
            name = _strategy({"strategies": [{"name": each} for each in status.strategies]}, name)
        now = datetime.now(UTC)
        event = resume_event(status, now, reason=reason, by=by, strategy=name or "")
        if name is not None:
            return name, found.release(name, event)
        if status.file_halt is not None:
            fail("the file sets `halt`; remove it there")
        found.halt(None, event if status.halted is not None else None)
        return None, status.halted is not None
