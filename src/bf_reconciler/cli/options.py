"""Options that several verbs share. Each has its ``BF_`` variable."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from bf_reconciler.cli import completions

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_LISTEN = "127.0.0.1:9877"


def option(*names: str, **attributes: Any) -> Callable[[F], F]:  # noqa: ANN401 # click's own
    """An option whose variable is ``BF_`` and its long name."""
    long = next(name for name in names if name.startswith("--")).partition("/")[0]
    variable = "BF_" + long.removeprefix("--").replace("-", "_").upper()
    return click.option(*names, envvar=variable, show_envvar=True, **attributes)


def file_argument(function: F) -> F:
    return click.argument("file", type=click.Path(path_type=Path))(function)


def file_option(function: F) -> F:
    """--file: FILE for verbs whose argument is something else."""
    return option(
        "--file",
        type=click.Path(path_type=Path),
        default="connections.yaml",
        show_default=True,
        help="The encrypted file.",
    )(function)


def connections_argument(function: F) -> F:
    """NAME...: connections of FILE."""
    complete = completions.of_file("connections")
    return click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=complete)(function)


def name_argument(function: F) -> F:
    """NAME: a connection or strategy that the daemon knows."""
    return click.argument("name", required=False, shell_complete=completions.of_daemon)(function)


def output_option(function: F) -> F:
    return click.option(
        "-o",
        "--output",
        type=click.Choice(["table", "json"]),
        default="table",
        show_default=True,
        help="Output format.",
    )(function)


def lang_option(function: F) -> F:
    return option(
        "--lang",
        type=click.Choice(["en", "tr"]),
        default="en",
        show_default=True,
        help="Language of advice and headings.",
    )(function)


def plaintext_option(function: F) -> F:
    return option(
        "--allow-plaintext",
        is_flag=True,
        help="Accept unencrypted credentials. For testing only.",
    )(function)


def sops_option(function: F) -> F:
    return option(
        "--sops-binary",
        type=click.Path(path_type=Path),
        help="Path to sops; default: found on PATH.",
    )(function)


def state_option(function: F) -> F:
    return option("--state-dir", type=click.Path(path_type=Path), help="Directory of the journal.")(
        function
    )


def url_option(function: F) -> F:
    return option(
        "--url", help=f"Address of the daemon; default: BF_LISTEN, or http://{DEFAULT_LISTEN}."
    )(function)


def token_option(function: F) -> F:
    return option(
        "--token-file",
        type=click.Path(path_type=Path),
        help="File with the token for changes over HTTP, or with lines of a name and a token.",
    )(function)


def log_options(function: F) -> F:
    function = option(
        "--log-format",
        type=click.Choice(["console", "json"]),
        default="console",
        show_default=True,
        help="Log format.",
    )(function)
    return option(
        "--log-level",
        type=click.Choice(["debug", "info", "warning", "error"]),
        default="info",
        show_default=True,
        help="Minimum log level.",
    )(function)
