"""`halt`: every strategy off at once."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import getpass
from datetime import UTC, datetime
from pathlib import Path

import click

from bf_reconciler.cli import options
from bf_reconciler.cli.api import NOT_DURABLE, Api, ApiError, RefusedError
from bf_reconciler.cli.journals import journal
from bf_reconciler.cli.output import fail, note, say, some
from bf_reconciler.facts import Language, Said

HALTED = Said(
    "Halted by {}: {}. Every strategy is being turned off.",
    "{} durdurdu: {}. Tüm stratejiler kapatılıyor.",
)
UNCONFIRMED = Said(
    "Told to be off, and not confirmed by the engine yet: {}. See: bf-reconciler status",
    "Kapatma komutu verildi, motor henüz onaylamadı: {}. Bakın: bf-reconciler status",
)
RESUME = Said(
    "When it is safe, run: bf-reconciler resume", "Güvenli olunca çalıştırın: bf-reconciler resume"
)
WRITING = Said("Writing to the journal in {}; {}.", "{} içindeki günlüğe yazılıyor; {}.")
IN_JOURNAL = Said(
    "Halted in the journal. Takes effect when the daemon next starts.",
    "Günlüğe yazıldı. Daemon bir dahaki başlayışında geçerli olur.",
)


@click.command("halt")
@click.option("--reason", required=True, help="Why; shown to everyone.")
@click.option("--by", help="Who; default: the current user.")
@options.url_option
@options.token_option
@options.state_option
@options.lang_option
def command(
    *,
    reason: str,
    by: str | None,
    url: str | None,
    token_file: Path | None,
    state_dir: Path | None,
    lang: Language,
) -> None:
    """Turn off every strategy at once, until `resume`.

    Sends this to the daemon at --url. If none answers, writes to its journal in --state-dir.
    """
    who = by or user()
    if not reason.strip() or not who.strip():
        raise click.UsageError("--reason and --by must not be empty")
    api = Api.of(url, token_file)
    try:
        answer = api.post("/api/v1/halt", {"reason": reason, "by": who})
    except RefusedError as error:
        if error.status in NOT_DURABLE:  # it says what was done
            fail(str(error))
        fail(f"the daemon refused: {error}")
    except ApiError as error:
        if state_dir is None:
            fail(f"{error}. Set --url, or --state-dir to write the halt to its journal.")
        note(WRITING.in_(lang).format(state_dir, error))
        _write(state_dir, reason, who)
        say(IN_JOURNAL.in_(lang))
        return
    say(HALTED.in_(lang).format(who, reason))
    names = answer.get("unconfirmed") if isinstance(answer, dict) else None
    if names:
        say(UNCONFIRMED.in_(lang).format(some(names, lang)))
    say(RESUME.in_(lang))


def user() -> str:
    """Who runs this."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name for this user, as in many containers
        return "unknown"


def _write(directory: Path, reason: str, by: str) -> None:
    from bf_reconciler.status import halt_event  # noqa: PLC0415 # a second way only
    from bf_reconciler.verdict import Halted  # noqa: PLC0415

    with journal(directory, readonly=False) as found:
        now = datetime.now(UTC)
        halt = Halted(reason, by, now)
        found.halt(halt, halt_event(found.load().status, halt, now))
