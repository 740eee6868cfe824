"""From options to the settings of a daemon."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bf_reconciler.cli.file_options import FileOptions
from bf_reconciler.facts import CONFIG_ADVICE, Language
from bf_reconciler.settings import (
    Listen,
    LogFormat,
    LogLevel,
    Monitoring,
    Settings,
    default_state_dir,
    parse_listen,
    read_tokens,
)

if TYPE_CHECKING:
    from bf_reconciler.status import ConfigStatus


def settings(  # noqa: PLR0913 # one argument per option
    file: Path,
    *,
    listen: str = str(Listen()),
    state_dir: Path | None = None,
    token_file: Path | None = None,
    read_token_file: Path | None = None,
    chosen: FileOptions = FileOptions(),  # noqa: B008 # frozen
    log_level: LogLevel = "info",
    log_format: LogFormat = "console",
    lang: Language = "en",
    runtime_root: Path | None = None,
    process_root: Path | None = None,
    monitoring: Monitoring = Monitoring(),  # noqa: B008 # frozen
) -> Settings:
    """The settings of these options.

    Raises:
        click.UsageError: an option cannot be used.
    """
    try:
        for path in (token_file, read_token_file):
            if path is not None:
                read_tokens(path)
        address = parse_listen(listen)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    return Settings(
        file=str(file),
        state_dir=state_dir or default_state_dir(os.environ),
        listen=address,
        token_file=token_file,
        read_token_file=read_token_file,
        sops_binary=str(chosen.sops_binary) if chosen.sops_binary else None,
        allow_plaintext=chosen.allow_plaintext,
        rules=chosen.rules,
        trusted_signers=chosen.trusted_signers,
        log_level=log_level,
        log_format=log_format,
        language=lang,
        runtime_root=runtime_root,
        process_root=process_root,
        monitoring=monitoring,
    )


def refusal(config: "ConfigStatus", file: Path, language: Language) -> str:
    """Why a file was refused: each problem at its place, and what to do."""
    lines = [problem.render(str(file)) for problem in config.problems] or [config.message]
    if config.reason is not None:
        lines.append(CONFIG_ADVICE[config.reason][language].remedy)
    return "\n".join(lines)
