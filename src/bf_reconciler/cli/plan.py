"""`plan`: what a file would change against the running daemon, or its journal."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from bf_reconciler.cli import folder_reading, options, reading
from bf_reconciler.cli.file_options import FileOptions, file_options
from bf_reconciler.cli.journals import journal, place
from bf_reconciler.cli.output import fail, leave, note, print_json, say
from bf_reconciler.facts import ConfigReason, Language, Said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bf_reconciler.document import Parsed
    from bf_reconciler.preview import Compared, InForce, Preview
    from bf_reconciler.status import Record

CHANGES = 2
WITH_JOURNAL = Said("Compared with the journal in {}.", "{} içindeki günlükle karşılaştırıldı.")
WITH_DAEMON = Said("Compared with the daemon at {}.", "{} adresindeki daemon ile karşılaştırıldı.")
OF_THE_FILE = frozenset(
    {
        ConfigReason.NOT_ENCRYPTED,
        ConfigReason.MAC_ONLY_ENCRYPTED,
        ConfigReason.TRUNCATED_FILE,
    }
)
"""What is wrong with the file itself. That it cannot be decrypted here says nothing of it."""
Form = Literal["text", "json", "markdown"]


@dataclass(frozen=True, slots=True)
class Base:
    """What a file is compared with. ``record``: of the journal; a daemon gives its status only."""

    present: "InForce"
    record: "Record | None"
    pepper: bytes = field(repr=False)


@click.command("plan")
@options.file_argument
@click.option("--decrypt", is_flag=True, help="Also decrypt, to compare more of the file.")
@click.option(
    "--detailed-exitcode", is_flag=True, help="Exit with code 2 if something would change."
)
@options.url_option
@options.token_option
@options.state_option
@file_options
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="Output format; markdown is for pull requests.",
)
@options.lang_option
def command(  # noqa: PLR0913 # one argument per option
    *,
    file: Path,
    decrypt: bool,
    detailed_exitcode: bool,
    url: str | None,
    token_file: Path | None,
    state_dir: Path | None,
    chosen: FileOptions,
    output: Form,
    lang: Language,
) -> None:
    """Show what FILE would change, without applying it.

    Compares FILE with the daemon at --url, or with the journal in --state-dir. No decryption key
    is needed: encrypted values are marked as such and never shown. With --decrypt and the journal,
    credentials are compared, too. Exits with code 1 if FILE has problems.
    """
    parsed = _parsed(file, chosen, decrypt=decrypt)
    for problem in parsed.problems:
        note(problem.render(str(file)))
    found = None
    if not parsed.refused:
        base = _base(url, token_file, place(url, state_dir), lang)
        if base.present.sealed and parsed.seal == "none":  # as the daemon: once sealed, always
            parsed = _parsed(file, replace(chosen, require_seal=True), decrypt=False)
            note("\n".join(problem.render(str(file)) for problem in parsed.errors))
        else:
            found = _previewed(parsed, base, decrypted=decrypt or parsed.plaintext_secrets > 0)
    _print(found, parsed, file, output, lang)
    if parsed.errors:
        leave(1)
    leave(CHANGES if detailed_exitcode and found is not None and not found.empty else 0)


def _parsed(file: Path, chosen: FileOptions, *, decrypt: bool) -> "Parsed":
    from bf_reconciler import document  # noqa: PLC0415 # help needs no models
    from bf_reconciler.facts import Problem  # noqa: PLC0415

    if folder_reading.is_folder(file):
        return folder_reading.parse(file, chosen, decrypt=decrypt)
    parsed, error = reading.parse(reading.content(file, chosen), chosen, decrypt=decrypt)
    if error is None:
        return parsed
    if error.reason not in OF_THE_FILE:
        fail(f"{file}: {error.message}")
    told = Problem(0, 0, "", error.message, "error", error.reason)
    return document.Parsed(problems=(told,), refused=True)


def _base(url: str | None, token_file: Path | None, state_dir: Path | None, lang: Language) -> Base:
    """What FILE is compared with."""
    from bf_reconciler.preview import in_force  # noqa: PLC0415 # help needs no models
    from bf_reconciler.status import present  # noqa: PLC0415

    record, pepper = None, b""
    if state_dir is not None:
        with journal(state_dir) as found:
            record, pepper = found.load(), found.pepper()
        status = present(record.status)
        note(WITH_JOURNAL.in_(lang).format(state_dir))
    else:
        status = _daemon(url, token_file, lang)
    try:
        return Base(in_force(status), record, pepper)
    except (KeyError, TypeError, IndexError):
        fail("this version does not know the format of the daemon's status")


def _previewed(parsed: "Parsed", base: Base, *, decrypted: bool) -> "Preview":
    from bf_reconciler.preview import preview  # noqa: PLC0415 # help needs no models

    credentials: Mapping[str, Compared] = {}
    if base.record is not None and decrypted:
        credentials = _credentials(parsed, base.record, base.pepper)
    return preview(parsed, base.present, credentials, datetime.now(UTC))


def _daemon(url: str | None, token_file: Path | None, lang: Language) -> dict[str, Any]:
    from bf_reconciler.cli.api import Api, ApiError  # noqa: PLC0415 # a journal needs no HTTP

    api = Api.of(url, token_file)
    try:
        status = api.status()
    except ApiError as error:
        fail(f"{error}. Set --url, or --state-dir to read its journal.")
    note(WITH_DAEMON.in_(lang).format(api.url))
    return status


def _credentials(parsed: "Parsed", record: "Record", pepper: bytes) -> dict[str, "Compared"]:
    """Whether credentials or proxy are those that were last tested, by the keyed digest."""
    found: dict[str, Compared] = {}
    for connection, _ in parsed.connections:
        was, seen = record.status.connections.get(connection.name), record.seen.get(connection.name)
        if was is None or seen is None or not was.declared:
            continue
        # The digest is over these, too: with those of before, it tells of the secrets alone.
        before = {
            "exchange": was.exchange,
            "environment": was.environment,
            "endpoint": was.declared.get("endpoint"),
        }
        digest = connection.model_copy(update=before).fingerprint(pepper)
        found[connection.name] = "same" if digest == seen.entry else "changed"
    return found


def _print(
    found: "Preview | None", parsed: "Parsed", file: Path, output: Form, lang: Language
) -> None:
    from bf_reconciler.cli import plan_text, validate  # noqa: PLC0415 # help needs neither
    from bf_reconciler.preview import present  # noqa: PLC0415

    if output == "json":
        shown = present(found) if found is not None else {"version": 1, "changes": False}
        shown |= {"refused": parsed.refused, "problems": validate.shown(parsed.problems)}
        print_json({"file": str(file)} | shown)
    elif output == "markdown":
        say(plan_text.markdown(found, parsed.problems, str(file), lang), nl=False)
    else:
        say(plan_text.text(found, lang), nl=False)
