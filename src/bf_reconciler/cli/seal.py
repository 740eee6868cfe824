"""`seal`: protect the whole of a file, not just its values."""

import asyncio
from pathlib import Path

import click

from bf_reconciler.cli import options, reading
from bf_reconciler.cli.file_options import FileOptions, key_service_option
from bf_reconciler.cli.output import fail, say
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
    """Seal FILE, so that nothing in it can be renamed or moved without its key.

    The MAC of SOPS covers values only. The seal is a digest of the whole document, encrypted by
    sops with the data key of FILE. Run this again after each `sops edit`. If it fails, FILE stays
    unchanged and the exit code is 1.
    """
    from bf_reconciler.facts import ConfigError  # noqa: PLC0415 # help needs no sops
    from bf_reconciler.seals import seal_file  # noqa: PLC0415

    try:
        chosen = FileOptions(allow_key_service=allow_key_service, sops_binary=sops_binary)
        settings = reading.sops_settings(chosen)
        new = asyncio.run(seal_file(file, settings, chosen.rules))
    except ConfigError as error:
        message = error.message.replace("FILE", str(file))
        fail(message if str(file) in message else f"{file}: {message}")
    say(f"{file}: {(SEALED if new else AS_IT_WAS).in_(lang)}")
