"""From options to the settings of a daemon."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import os
import socket
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bf_reconciler.cli.file_options import FileOptions
from bf_reconciler.dumps import forbid_dumps
from bf_reconciler.facts import ALONE, CONFIG_ADVICE, ConfigReason, Language, Said, Shard, ordinal
from bf_reconciler.settings import (
    RETENTION,
    Heartbeat,
    Listen,
    LogFormat,
    LogLevel,
    Monitoring,
    Settings,
    default_state_dir,
    of_shard,
    parse_listen,
    read_tokens,
)

if TYPE_CHECKING:
    from bf_reconciler.status import ConfigStatus

_AGAIN = Said("Try again in a moment.", "Birazdan yeniden deneyin.")
ONCE: Mapping[ConfigReason, Said] = {
    ConfigReason.FILE_NOT_FOUND: Said(
        "Check the path and the mount.", "Yolu ve bağlama noktasını denetleyin."
    ),
    ConfigReason.FILE_CHANGING: _AGAIN,
    ConfigReason.DECRYPTION_TIMEOUT: Said(
        "Try again; if it keeps failing, run `sops decrypt FILE`.",
        "Yeniden deneyin; sürerse `sops decrypt FILE` komutunu elle çalıştırın.",
    ),
    ConfigReason.DECRYPTION_PROVIDER_UNAVAILABLE: Said(
        "Try again; if it keeps failing, check network, proxy and cloud credentials.",
        "Yeniden deneyin; sürerse ağı, proxy ayarlarını ve bulut kimlik bilgilerini denetleyin.",
    ),
}
"""What to do where the daemon would try again by itself, and a verb does not."""


def settings(  # noqa: PLR0913 # one argument per option
    file: Path,
    *,
    listen: str = str(Listen()),
    state_dir: Path | None = None,
    retention: timedelta = RETENTION,
    token_file: Path | None = None,
    read_token_file: Path | None = None,
    chosen: FileOptions = FileOptions(),  # noqa: B008 # frozen
    log_level: LogLevel = "info",
    log_format: LogFormat = "console",
    lang: Language = "en",
    runtime_root: Path | None = None,
    process_root: Path | None = None,
    monitoring: Monitoring = Monitoring(),  # noqa: B008 # frozen
    heartbeat: Heartbeat | None = None,
    shard: Shard = ALONE,
) -> Settings:
    """The settings of these options.

    Raises:
        click.UsageError: an option cannot be used.
    """
    forbid_dumps()
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
        retention=retention,
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
        monitoring=of_shard(monitoring, shard),
        heartbeat=heartbeat,
        shard=shard,
    )


def shard_of(shards: int, shard: str | None) -> Shard:
    """Which daemon this is of so many; "auto" is the number at the end of the host name.

    Raises:
        click.UsageError: It is none of them.
    """
    if shard is None:
        if shards != 1:
            raise click.UsageError("--shards requires --shard: a number from 0, or auto")
        return ALONE
    try:
        if shard == "auto":
            return Shard(ordinal(socket.gethostname()), shards)
        if not shard.isascii() or not shard.isdigit():
            raise ValueError(f"--shard must be a number from 0, or auto, not {shard!r}")  # noqa: TRY301 # one end for all
        return Shard(int(shard), shards)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def refusal(config: "ConfigStatus", file: Path, language: Language) -> str:
    """Why a file was refused: each problem at its place, and what to do."""
    lines = [problem.render(str(file)) for problem in config.problems] or [config.message]
    whole = f"{file.absolute()}: "
    lines = [f"{file}: {line.rpartition(whole)[2]}" if whole in line else line for line in lines]
    if config.reason is not None:
        lines.append(_remedy(config.reason, language))
    return "\n".join(lines)


def _remedy(reason: ConfigReason, language: Language) -> str:
    """What to do; a verb that ends does not promise to wait."""
    said = ONCE.get(reason)
    return said.in_(language) if said is not None else CONFIG_ADVICE[reason][language].remedy
