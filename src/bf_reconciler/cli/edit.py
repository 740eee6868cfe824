"""`edit`: the encrypted file in an editor; what is saved is checked, sealed and never lost."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import asyncio
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

from bf_reconciler.cli import options, private_file, reading
from bf_reconciler.cli.file_options import FileOptions, host_option, key_service_option
from bf_reconciler.cli.output import fail, note, say
from bf_reconciler.facts import Language, Said

if TYPE_CHECKING:
    from types import FrameType

    from bf_reconciler.authoring.draft import Checked
    from bf_reconciler.sops import SopsSettings

EDITORS: Final = ("nano", "vim", "vi")
CHOICES: Final = {
    "e": Said("edit again", "yeniden düzenle"),
    "s": Said(
        "save it: only the wrong entries are left out",
        "kaydet: yalnızca yanlış kayıtlar dışarıda kalır",
    ),
    "k": Said(
        "keep the text, encrypted, for the next edit",
        "metni şifreli olarak bir sonraki düzenleme için sakla",
    ),
    "d": Said("discard the change", "değişikliği at"),
}
WHAT_NOW: Final = Said("What now?", "Ne yapılsın?")
NOTHING_CHANGED: Final = Said("{}: nothing changed", "{}: değişiklik yok")
NOT_CHANGED: Final = Said("{} was not changed", "{} değişmedi")
SAVED: Final = Said("{}: saved, encrypted and sealed", "{}: kaydedildi, şifreli ve mühürlü")
CONTINUE: Final = Said(
    "{} has a change that was not saved. Continue with it?",
    "{} içinde kaydedilmemiş bir değişiklik var. Onunla devam edilsin mi?",
)
KEPT: Final = Said(
    "The change is kept, encrypted, in {}; the next `edit` offers {}.",
    "Değişiklik {} içinde şifreli olarak saklandı; bir sonraki `edit` {} dosyasını önerir.",
)
NOT_KEPT: Final = Said(
    "Warning: the change could not be kept: {}", "Uyarı: değişiklik saklanamadı: {}"
)


@dataclass(frozen=True, slots=True)
class Session:
    """One file being edited."""

    file: Path
    content: bytes
    settings: "SopsSettings"
    chosen: FileOptions
    lang: Language

    @property
    def draft(self) -> Path:
        """Where a change is kept that was not saved."""
        return self.file.with_name(f"{self.file.name}.unsaved")


@click.command("edit")
@click.argument("file", type=click.Path(path_type=Path), default="connections.yaml")
@host_option
@key_service_option
@options.sops_option
@options.lang_option
def command(
    *,
    file: Path,
    allow_host: tuple[str, ...],
    allow_key_service: tuple[tuple[str, str], ...],
    sops_binary: Path | None,
    lang: Language,
) -> None:
    """Edit FILE decrypted; check, encrypt and seal what is saved.

    Runs SOPS_EDITOR, VISUAL or EDITOR. If something is wrong, the editor opens again. A change that
    is not saved, for whatever reason, is kept encrypted in FILE.unsaved and offered next time. The
    text is only in a private folder, in memory where there is one, and is removed.
    """
    from bf_reconciler.facts import ConfigError  # noqa: PLC0415 # help needs no sops

    chosen = FileOptions(
        allow_host=allow_host, allow_key_service=allow_key_service, sops_binary=sops_binary
    )
    try:
        content = reading.content(file, chosen)
        session = Session(file, content, reading.sops_settings(chosen), chosen, lang)
        _edit(session, _editor())
    except ConfigError as error:
        fail(f"{file}: {error.message.replace('FILE', str(file))}")


def _edit(session: Session, editor: list[str]) -> None:
    from bf_reconciler import sops  # noqa: PLC0415 # help needs no sops
    from bf_reconciler.authoring.draft import opened  # noqa: PLC0415

    before = asyncio.run(opened(session.content, session.settings))
    start, resumed = _start(session, before)
    with _signals(), sops.private_folder() as folder:
        path = folder / session.file.name
        path.touch(0o600)
        path.write_bytes(start)
        try:
            text = _typed(session, editor, path)
            if text is None or text == before:
                say(NOTHING_CHANGED.in_(session.lang).format(session.file))
            else:
                _save(session, text)
        except BaseException:
            with suppress(OSError):  # the editor took the file away
                if (typed := path.read_bytes()) not in {before, start}:
                    _keep(session, typed, again=resumed)
            raise
    if resumed:
        session.draft.unlink()


def _start(session: Session, before: bytes) -> tuple[bytes, bool]:
    """The text to begin with, and whether it is that of an earlier change."""
    from bf_reconciler.authoring.draft import restored  # noqa: PLC0415 # help needs no sops
    from bf_reconciler.source import present  # noqa: PLC0415

    if not os.path.lexists(session.draft):
        return before, False
    question = CONTINUE.in_(session.lang).format(session.draft)
    if not sys.stdin.isatty() or not click.confirm(question, default=True, err=True):
        return before, False
    return asyncio.run(restored(present(str(session.draft)).data, session.settings)), True


def _typed(session: Session, editor: list[str], path: Path) -> bytes | None:
    """What a person typed and wants to save; None where it is to be discarded."""
    from bf_reconciler.authoring.draft import check  # noqa: PLC0415 # help needs no models

    while True:
        _run(editor, path)
        try:
            text = path.read_bytes()
        except OSError:
            fail("the editor took the file away")
        checked = check(text, session.chosen.rules)
        for problem in checked.problems:
            note(problem.render(str(session.file)))
        if not checked.errors:
            return text
        answer = _choice(checked, session.lang)
        if answer == "k":
            fail(NOT_CHANGED.in_(session.lang).format(session.file))
        if answer != "e":
            return text if answer == "s" else None


def _choice(checked: "Checked", lang: Language) -> str:
    """What to do about a text with errors."""
    if not sys.stdin.isatty():
        return "k"
    offered = [letter for letter in CHOICES if letter != "s" or checked.usable]
    for letter in offered:
        note(f"  {letter}: {CHOICES[letter].in_(lang)}")
    question, kinds = WHAT_NOW.in_(lang), click.Choice(offered)
    answer: str = click.prompt(question, default="e", type=kinds, show_choices=False, err=True)
    return answer


def _save(session: Session, text: bytes) -> None:
    from bf_reconciler import document  # noqa: PLC0415 # help needs no models
    from bf_reconciler.authoring.draft import saved  # noqa: PLC0415
    from bf_reconciler.cli.file_plan import show_commit, show_plan  # noqa: PLC0415
    from bf_reconciler.loader import load  # noqa: PLC0415
    from bf_reconciler.seals import replace_file  # noqa: PLC0415

    settings, rules = session.settings, session.chosen.rules
    content = asyncio.run(saved(session.content, text, settings, rules))
    replace_file(session.file, session.content, content)
    before, _ = reading.parse(session.content, session.chosen, decrypt=True)
    after = asyncio.run(load(content, settings, rules, allow_plaintext=False))
    if before.refused:  # there is nothing to compare it with
        before = document.Parsed()
    show_plan(before, after, session.lang)
    say(SAVED.in_(session.lang).format(session.file))
    show_commit(session.file, f"Change {session.file.name}", session.lang)


def _keep(session: Session, text: bytes, *, again: bool) -> None:
    """Write what was typed to the draft, encrypted. Only ``again`` replaces an earlier one."""
    from bf_reconciler.authoring.draft import kept  # noqa: PLC0415 # help needs no sops
    from bf_reconciler.facts import ConfigError  # noqa: PLC0415

    draft, number = session.draft, 1
    while os.path.lexists(draft) and not again:
        number += 1
        draft = session.file.with_name(f"{session.file.name}.{number}.unsaved")
    try:
        write = private_file.replace if again else private_file.write_new
        write(draft, asyncio.run(kept(session.content, text, session.settings)))
    except (ConfigError, OSError) as error:
        note(NOT_KEPT.in_(session.lang).format(error))
        return
    note(KEPT.in_(session.lang).format(draft, session.draft.name))


def _editor() -> list[str]:
    for variable in ("SOPS_EDITOR", "VISUAL", "EDITOR"):
        with suppress(ValueError):  # a quote that is not closed
            if words := shlex.split(os.environ.get(variable, "")):
                return words
    found = next(filter(shutil.which, EDITORS), None)
    if found is None:
        fail("no editor was found; set EDITOR")
    return [found]


def _run(editor: list[str], path: Path) -> None:
    try:
        done = subprocess.run([*editor, str(path)], check=False)  # noqa: S603 # the user's own
    except OSError as error:
        fail(f"the editor {editor[0]} cannot be run: {error.strerror}")
    if done.returncode:
        fail(f"the editor ended with exit code {done.returncode}")


@contextmanager
def _signals() -> Iterator[None]:
    """A closed terminal or SIGTERM ends the verb in order, so that nothing is left behind."""

    def leave(number: int, _: "FrameType | None") -> NoReturn:
        raise SystemExit(128 + number)

    before = {s: signal.signal(s, leave) for s in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
