"""`init`: a repository to start from."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bf_reconciler.cli import options, reading
from bf_reconciler.cli.file_options import FileOptions
from bf_reconciler.cli.output import fail, note, say
from bf_reconciler.facts import Language, Said

if TYPE_CHECKING:
    from bf_reconciler.authoring.git import Hook
    from bf_reconciler.authoring.repository import Started

KEY = "key.txt"
KEY_FILE = Said("File of the private age key", "Özel age anahtarının dosyası")
USES = Said(
    "This uses the key {}, and creates in {}: connections.yaml, .sops.yaml, .gitignore,\n"
    "README.md and a pre-commit hook. Existing files stay as they are.",
    "{} anahtarı kullanılır; {} içinde connections.yaml, .sops.yaml, .gitignore,\n"
    "README.md ve bir pre-commit kancası oluşturulur. Var olan dosyalar değişmez.",
)
CREATES = Said(
    "This creates the key {}, and in {}: connections.yaml, .sops.yaml, .gitignore,\n"
    "README.md and a pre-commit hook. Existing files stay as they are.",
    "{} anahtarı ve {} içinde connections.yaml, .sops.yaml, .gitignore,\n"
    "README.md ve bir pre-commit kancası oluşturulur. Var olan dosyalar değişmez.",
)
CONTINUE = Said("Continue?", "Devam edilsin mi?")
CREATED = Said("created", "oluştu ")
KEPT = Said("kept   ", "kaldı  ")
USED = Said("uses   ", "mevcut ")
NO_GIT = Said(
    "Warning: git was not found or failed; later run: git init {}",
    "Uyarı: git bulunamadı ya da başarısız oldu; sonra çalıştırın: git init {}",
)
NO_HOOK = Said(
    "Not installed, because this repository has its own settings: {}.\n"
    "To install it: git config core.hooksPath {}",
    "Bu deponun kendi ayarları olduğundan kurulmadı: {}.\n"
    "Kurmak için: git config core.hooksPath {}",
)
COPY = Said(
    "Keep a copy of {} in a safe place: without it nobody can read the credentials.",
    "{} dosyasının bir kopyasını güvenli bir yerde saklayın: onsuz kimlik bilgilerini kimse"
    " okuyamaz.",
)
NEXT = Said("Next:", "Sırada:")
OTHERS = Said(
    "`bf-reconciler exchanges` lists the others",
    "diğer borsalar: `bf-reconciler exchanges`",
)


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
@options.lang_option
def command(
    *,
    directory: Path,
    yes: bool,
    key_file: Path | None,
    recipients: tuple[str, ...],
    git: bool,
    sops_binary: Path | None,
    lang: Language,
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
            key = _asked(directory, key, lang, ask_key=key_file is None)
        settings = reading.sops_settings(FileOptions(sops_binary=sops_binary))
        started = repository.start(directory, key, recipients, settings)
    except (repository.RepositoryError, ConfigError) as error:
        fail(str(error))
    _report(directory, key, started, start(directory) if git else None, lang)


def _asked(directory: Path, key: Path, lang: Language, *, ask_key: bool) -> Path:
    if not sys.stdin.isatty():
        raise click.UsageError(f"not a terminal: pass --yes to create {directory}")
    if ask_key:
        key = Path(click.prompt(KEY_FILE.in_(lang), default=str(key), err=True))
    what = USES if key.exists() else CREATES
    note(what.in_(lang).format(key, directory))
    click.confirm(CONTINUE.in_(lang), default=True, abort=True, err=True)
    return key


def _report(
    directory: Path, key: Path, started: "Started", hook: "Hook | None", lang: Language
) -> None:
    from bf_reconciler.authoring.git import Hook  # noqa: PLC0415 # help needs it not
    from bf_reconciler.authoring.templates import HOOK_FILE, HOOKS  # noqa: PLC0415

    for name in started.created:
        say(f"{CREATED.in_(lang)} {directory / name}")
    for name in started.kept:
        say(f"{KEPT.in_(lang)} {directory / name}")
    said = CREATED if started.new_key else USED
    say(f"{said.in_(lang)} {key} ({started.recipient})")
    if hook is Hook.NO_GIT:
        note(NO_GIT.in_(lang).format(directory))
    elif hook is Hook.NOT_INSTALLED:
        note(NO_HOOK.in_(lang).format(HOOK_FILE, HOOKS))
    if started.new_key:
        say(f"\n{COPY.in_(lang).format(key)}")
    say(f"\n{NEXT.in_(lang)}")
    say(f"  cd {shlex.quote(str(directory))}")
    say(f"  export SOPS_AGE_KEY_FILE={shlex.quote(str(key.absolute()))}")
    say(f"  bf-reconciler add kucoin       # {OTHERS.in_(lang)}")
    say("  git add --all && git commit --message 'Declare the first connection'")
    say("  bf-reconciler run connections.yaml")
