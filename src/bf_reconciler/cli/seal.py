"""`seal`: protect the whole of a file, not just its values."""

import asyncio
from pathlib import Path
from typing import NamedTuple

import click

from bf_reconciler.cli import folder_reading, options, reading
from bf_reconciler.cli.file_options import FileOptions, key_service_option
from bf_reconciler.cli.output import fail, leave, note, say
from bf_reconciler.facts import Language, Said

SEALED = Said("sealed", "mühürlendi")
AS_IT_WAS = Said(
    "sealed already, and nothing changed since", "zaten mühürlü, o zamandan beri değişmedi"
)


@click.command("seal")
@options.file_argument
@key_service_option
@options.sops_option
@options.lang_option
def command(
    *,
    file: Path,
    allow_key_service: tuple[tuple[str, str], ...],
    sops_binary: Path | None,
    lang: Language,
) -> None:
    """Seal FILE, or each file of a folder.

    Nothing in a sealed file can be renamed or moved without its key.

    The MAC of SOPS covers values only. The seal is a digest of the whole document, encrypted by
    sops with the data key of FILE. Run this again after each `sops edit`. If it fails, FILE stays
    unchanged and the exit code is 1.
    """
    chosen = FileOptions(allow_key_service=allow_key_service, sops_binary=sops_binary)
    if not folder_reading.is_folder(file):
        told = _sealed(file, chosen, lang)
        if told.wrong:
            fail(told.text)
        say(told.text)
        return
    every = [_sealed(each, chosen, lang) for each in folder_reading.files(file)]
    for told in every:
        (note if told.wrong else say)(told.text)
    leave(1 if any(told.wrong for told in every) else 0)


class _Told(NamedTuple):
    text: str
    wrong: bool = False


def _sealed(file: Path, chosen: FileOptions, lang: Language) -> _Told:
    """Seal one file; what became of it."""
    from bf_reconciler.facts import ConfigError  # noqa: PLC0415 # help needs no sops
    from bf_reconciler.seals import seal_file  # noqa: PLC0415

    try:
        new = asyncio.run(seal_file(file, reading.sops_settings(chosen), chosen.rules))
    except ConfigError as error:
        message = error.message.replace("FILE", str(file))
        return _Told(message if str(file) in message else f"{file}: {message}", wrong=True)
    return _Told(f"{file}: {(SEALED if new else AS_IT_WAS).in_(lang)}")
