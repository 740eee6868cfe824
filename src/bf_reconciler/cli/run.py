"""`run`: the daemon."""

import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Literal

import click

from bf_reconciler.cli import options
from bf_reconciler.cli.durations import Retention
from bf_reconciler.cli.file_options import FileOptions, file_options
from bf_reconciler.cli.heartbeat_options import heartbeat_options
from bf_reconciler.cli.monitoring_options import monitoring_options
from bf_reconciler.cli.output import fail, print_json
from bf_reconciler.cli.run_settings import settings, shard_of
from bf_reconciler.facts import MAX_SHARDS, Language
from bf_reconciler.settings import (
    Heartbeat,
    Listen,
    LogFormat,
    LogLevel,
    Monitoring,
    Settings,
)


@click.command("run")
@options.file_argument
@click.option("--once", is_flag=True, help="Make one full pass, then exit.")
@options.option(
    "--listen",
    default=str(Listen()),
    show_default=True,
    help="Address of the page, API and metrics.",
)
@options.state_option
@options.option(
    "--runtime-root",
    type=click.Path(path_type=Path, file_okay=False, resolve_path=True),
    help="Directory of strategy files outside of --state-dir.",
)
@options.option(
    "--process-root",
    type=click.Path(path_type=Path, file_okay=False, resolve_path=True),
    help="Directory of programs that runtimes of type process may start; without it none.",
)
@options.option(
    "--retention",
    type=Retention(),
    default="400d",
    show_default=True,
    help="How long the journal keeps changes and verdicts, from 1d to 3650d.",
)
@options.token_option
@options.option(
    "--read-token-file",
    type=click.Path(path_type=Path),
    help="File with a token that reading over HTTP requires; the other token permits it, too.",
)
@options.option(
    "--shards",
    type=click.IntRange(1, MAX_SHARDS),
    default=1,
    show_default=True,
    help="How many daemons share FILE, each with its part of the connections.",
)
@options.option(
    "--shard",
    help="Which of them this is, from 0; auto: the number at the end of the host name.",
)
@file_options
@heartbeat_options
@monitoring_options
@options.log_options
@options.output_option
@options.lang_option
def command(  # noqa: PLR0913 # one argument per option
    *,
    file: Path,
    once: bool,
    listen: str,
    state_dir: Path | None,
    retention: float,
    token_file: Path | None,
    read_token_file: Path | None,
    chosen: FileOptions,
    log_level: LogLevel,
    log_format: LogFormat,
    output: Literal["table", "json"],
    lang: Language,
    runtime_root: Path | None,
    process_root: Path | None,
    monitoring: Monitoring,
    heartbeat: Heartbeat | None,
    shards: int,
    shard: str | None,
) -> None:
    """Run the daemon on FILE until it is stopped.

    SIGTERM stops it within 10 seconds and leaves strategies as they are; SIGHUP reloads FILE.
    With --once it tests every connection, acts on the results, shows them and exits.
    """
    if output == "json" and not once:
        raise click.UsageError("-o json requires --once")
    configured = settings(
        file,
        listen=listen,
        state_dir=state_dir,
        retention=timedelta(seconds=retention),
        token_file=token_file,
        read_token_file=read_token_file,
        chosen=chosen,
        log_level=log_level,
        log_format=log_format,
        lang=lang,
        runtime_root=runtime_root,
        process_root=process_root,
        monitoring=monitoring,
        heartbeat=heartbeat,
        shard=shard_of(shards, shard),
    )
    if not once:
        _obey_signals()
    from bf_reconciler.daemon.ending import run_to_end  # noqa: PLC0415 # help needs no daemon
    from bf_reconciler.daemon.process import harden  # noqa: PLC0415
    from bf_reconciler.daemon.start import serve  # noqa: PLC0415
    from bf_reconciler.daemon.start_error import StartError  # noqa: PLC0415

    harden()
    try:
        if once:
            _show_once(configured, output)
        else:
            run_to_end(serve(configured))
    except StartError as error:
        fail(str(error))


def _show_once(configured: Settings, output: Literal["table", "json"]) -> None:
    from bf_reconciler.daemon.ending import run_to_end  # noqa: PLC0415 # help needs no daemon
    from bf_reconciler.daemon.service import once  # noqa: PLC0415
    from bf_reconciler.status import present  # noqa: PLC0415

    status = present(run_to_end(once(configured)), configured.language)
    if output == "json":
        print_json(status)
        return
    from bf_reconciler.cli import status_tables, tables  # noqa: PLC0415 # JSON needs no rich

    tables.show(status_tables.overview(status, configured.language))


def _obey_signals() -> None:
    """Until the loop listens to signals: the first process of a container ignores them else."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the file is about to be read anyway
