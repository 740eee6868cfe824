"""`init`: a repository to start from."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bf_reconciler.cli import options, reading
from bf_reconciler.cli.file_options import FileOptions
from bf_reconciler.cli.output import fail, note, say

if TYPE_CHECKING:
    from bf_reconciler.authoring.git import Hook
    from bf_reconciler.authoring.repository import Started

KEY = "key.txt"


@click.command("init")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask; required without a terminal.")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"File of the private age key; default: {KEY} in DIR. An existing key is used.",
)
@click.option(
    "--recipient",
    "recipients",
    multiple=True,
    metavar="AGE1...",
    help="Another public age key that may decrypt, such as the server's. Repeatable.",
)
@click.option("--git/--no-git", default=True, help="Make DIR a git repository with the hook.")
@options.sops_option
def command(
    *,
    directory: Path,
    yes: bool,
    key_file: Path | None,
    recipients: tuple[str, ...],
    git: bool,
    sops_binary: Path | None,
) -> None:
    """Create a repository for the file in DIR.

    Creates an age key that git ignores, .sops.yaml, an encrypted and sealed connections.yaml, a
    pre-commit hook that checks the seal, and a README. Overwrites nothing.
    """
    from bf_reconciler.authoring import repository  # noqa: PLC0415 # help needs no sops
    from bf_reconciler.authoring.age_key import RECIPIENT  # noqa: PLC0415
    from bf_reconciler.authoring.git import start  # noqa: PLC0415
    from bf_reconciler.facts import ConfigError  # noqa: PLC0415

    for recipient in recipients:
        if not RECIPIENT.fullmatch(recipient):
            raise click.UsageError("--recipient must be a public age key (age1...)")
    key = key_file or directory / KEY
    try:
        repository.require_new(directory, key)
        if not yes:
            key = _asked(directory, key, ask_key=key_file is None)
        settings = reading.sops_settings(FileOptions(sops_binary=sops_binary))
        started = repository.start(directory, key, recipients, settings)
    except (repository.RepositoryError, ConfigError) as error:
        fail(str(error))
    _report(directory, key, started, start(directory) if git else None)


def _asked(directory: Path, key: Path, *, ask_key: bool) -> Path:
    if not sys.stdin.isatty():
        raise click.UsageError(f"not a terminal: pass --yes to create {directory}")
    if ask_key:
        key = Path(click.prompt("File of the private age key", default=str(key), err=True))
    what = "uses the key" if key.exists() else "creates the key"
    note(f"This {what} {key}, and in {directory}: connections.yaml, .sops.yaml, .gitignore,")
    note("README.md and a pre-commit hook. Existing files stay as they are.")
    click.confirm("Continue?", default=True, abort=True, err=True)
    return key


def _report(directory: Path, key: Path, started: "Started", hook: "Hook | None") -> None:
    from bf_reconciler.authoring.git import Hook  # noqa: PLC0415 # help needs it not
    from bf_reconciler.authoring.templates import HOOK_FILE, HOOKS  # noqa: PLC0415

    for name in started.created:
        say(f"created {directory / name}")
    for name in started.kept:
        say(f"kept    {directory / name}")
    say(f"{'created' if started.new_key else 'uses   '} {key} ({started.recipient})")
    if hook is Hook.NO_GIT:
        note(f"Warning: git was not found or failed; later run: git init {directory}")
    elif hook is Hook.NOT_INSTALLED:
        note(f"Not installed, because this repository has its own settings: {HOOK_FILE}.")
        note(f"To install it: git config core.hooksPath {HOOKS}")
    if started.new_key:
        say(f"\nKeep a copy of {key} in a safe place: without it nobody can read the credentials.")
    say("\nNext:")
    say(f"  cd {shlex.quote(str(directory))}")
    say(f"  export SOPS_AGE_KEY_FILE={shlex.quote(str(key.absolute()))}")
    say("  bf-reconciler add kucoin       # `bf-reconciler exchanges` lists the others")
    say("  git add --all && git commit --message 'Declare the first connection'")
    say("  bf-reconciler run connections.yaml")
