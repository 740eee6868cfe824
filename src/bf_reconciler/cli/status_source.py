"""Where the status and the history come from: the daemon, or else its journal."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bf_reconciler.cli.api import Api, ApiError, RefusedError
from bf_reconciler.cli.journals import journal
from bf_reconciler.cli.output import fail, note
from bf_reconciler.cli.words import translated
from bf_reconciler.facts import Language, Said

if TYPE_CHECKING:
    from bf_reconciler.status import Kind

FROM_DAEMON = Said("Read from the daemon at {}.", "{} adresindeki daemon'dan okundu.")
FROM_JOURNAL = Said("Read from the journal in {}; {}.", "{} içindeki günlükten okundu; {}.")


def read_status(
    api: Api, state_dir: Path | None, language: Language, *, quiet: bool = False
) -> dict[str, Any]:
    """The status in the shape of the API.

    Raises:
        click.ClickException: neither daemon nor journal could be read.
    """
    try:
        found = api.status()
    except RefusedError as error:
        fail(str(error))
    except ApiError as error:
        found = _present(_directory(state_dir, error), language)
        source = FROM_JOURNAL.in_(language).format(state_dir, error)
    else:
        source = FROM_DAEMON.in_(language).format(api.url)
    if not quiet:
        note(source)
    status: dict[str, Any] = translated(found, language)
    return status


def read_evidence(
    api: Api, state_dir: Path | None, language: Language, name: str
) -> dict[str, Any] | None:
    """What stands behind the conditions of a connection; None where it is not told."""
    try:
        return api.evidence(name, language)
    except ApiError as error:
        return _evidence(_directory(state_dir, error), language, name)


def read_stolen(api: Api, state_dir: Path | None, language: Language, name: str) -> dict[str, Any]:
    """What a thief of this connection's key has. Raises as ``read_status`` does."""
    try:
        return api.stolen(name, language)
    except RefusedError as error:
        fail(str(error))
    except ApiError as error:
        found = _stolen(_directory(state_dir, error), language, name)
    if found is None:
        fail("no connection with this name")
    return found


def read_history(  # where from, of whom, how many, and how
    api: Api,
    state_dir: Path | None,
    language: Language,
    name: str | None,
    limit: int,
    *,
    kind: "Kind | None" = None,
    quiet: bool = False,
) -> list[dict[str, Any]]:
    """Transitions, newest first; of this kind, or of all. Raises as ``read_status`` does."""
    try:
        rows = api.history(name, limit, kind)
    except RefusedError as error:
        fail(str(error))
    except ApiError as error:
        rows = _transitions(_directory(state_dir, error), language, name, limit, kind)
        source = FROM_JOURNAL.in_(language).format(state_dir, error)
    else:
        source = FROM_DAEMON.in_(language).format(api.url)
    if not quiet:
        note(source)
    rows = [row for row in rows if kind in {None, row["kind"]}]  # an older daemon tells all
    translation: list[dict[str, Any]] = translated(rows, language)
    return translation


def _directory(state_dir: Path | None, error: ApiError) -> Path:
    if state_dir is None:
        fail(f"{error}. Set --url, or --state-dir to read its journal.")
    return state_dir


def _present(directory: Path, language: Language) -> dict[str, Any]:
    from bf_reconciler.status import present  # noqa: PLC0415 # a second way only

    with journal(directory) as found:
        return present(found.load().status, language)


def _evidence(directory: Path, language: Language, name: str) -> dict[str, Any] | None:
    """Of the journal, and of the last good file beside it: that has the policy in plain text."""
    from bf_reconciler import document  # noqa: PLC0415 # a second way only
    from bf_reconciler.journal import LastGood, LastGoodFolder  # noqa: PLC0415
    from bf_reconciler.status import evidence  # noqa: PLC0415

    with journal(directory) as found:
        record = found.load()
    known = record.status.connections.get(name)
    if known is None:
        return None
    base = record.status.config.base
    folder = LastGoodFolder(directory).read() if base else {}
    committed = folder.get(base) if base else LastGood(directory).read()
    parsed = document.parse(committed, None) if committed is not None else None
    policy = parsed.policy if parsed is not None and not parsed.refused else None
    return evidence(known, record.seen.get(name), policy, language)


def _stolen(directory: Path, language: Language, name: str) -> dict[str, Any] | None:
    from bf_reconciler.status import present_stolen, stolen  # noqa: PLC0415 # a second way only

    with journal(directory) as found:
        record = found.load()
    report = stolen(record.status, record.seen.get(name), name)
    return present_stolen(report, language) if report is not None else None


def _transitions(
    directory: Path, language: Language, name: str | None, limit: int, kind: "Kind | None"
) -> list[dict[str, Any]]:
    from bf_reconciler.status import present_transition  # noqa: PLC0415 # a second way only

    with journal(directory) as found:
        return [present_transition(t, language) for t in found.history(name, limit, kind=kind)]
