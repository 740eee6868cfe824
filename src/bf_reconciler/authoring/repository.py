"""Starts a repository: age key, rules of sops, an encrypted and sealed file, a hook."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from bf_reconciler import sops
from bf_reconciler.authoring import templates
from bf_reconciler.authoring.age_key import AgeKeyError, make_age_key, recipient_of
from bf_reconciler.facts import ConfigError
from bf_reconciler.seals import sealed
from bf_reconciler.sops import SopsSettings
from bf_reconciler.source import present

REQUIRED: Final = (templates.FILE, templates.RULES_FILE)
"""Files that must not exist; of the others, those that exist are kept."""


class RepositoryError(Exception):
    """The repository cannot be started; the message is for a person. Nothing was left behind."""


@dataclass(frozen=True, slots=True)
class Started:
    """What was created, and what was there and was kept: paths relative to the directory."""

    created: tuple[str, ...]
    kept: tuple[str, ...]
    recipient: str
    new_key: bool


@dataclass(slots=True)
class _Undo:
    """What was created so far, to be removed where the whole fails."""

    made: list[Path] = field(default_factory=list)

    def __call__(self) -> None:
        for path in reversed(self.made):
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()


def require_new(directory: Path, key_file: Path) -> None:
    """Whether it may be started here.

    Raises:
        RepositoryError: something would have to be overwritten, or a key could be committed.
    """
    if directory.exists() and not directory.is_dir():
        raise RepositoryError(f"{directory} is not a directory")
    taken = [name for name in REQUIRED if os.path.lexists(directory / name)]
    if taken:
        raise RepositoryError(f"{directory} already contains {' and '.join(taken)}")
    name = _inside(directory, key_file)
    ignore = directory / ".gitignore"
    if name is not None and not _ignored(ignore, name):
        raise RepositoryError(
            f"{ignore} does not ignore {name}: add that line, or put the key elsewhere (--key-file)"
        )


def start(
    directory: Path, key_file: Path, others: Sequence[str], settings: SopsSettings
) -> Started:
    """Create what is missing: all of it or, where that fails, nothing. Blocks.

    Raises:
        RepositoryError, ConfigError: it cannot be created.
    """
    require_new(directory, key_file)
    undo = _Undo()
    try:
        _make_directory(directory, undo)
        new_key = not key_file.exists()
        recipient = _new_key(key_file, undo) if new_key else recipient_of(key_file)
        environ = {**settings.environ, "SOPS_AGE_KEY_FILE": str(key_file.absolute())}
        rules = templates.rules(dict.fromkeys((recipient, *others)))
        encrypted = asyncio.run(_encrypted(rules, replace(settings, environ=environ)))
        files = _files(directory, key_file, rules, encrypted)
        created, kept = _write(directory, files, undo)
    except AgeKeyError as error:
        undo()
        raise RepositoryError(str(error)) from None
    except OSError as error:
        undo()
        raise RepositoryError(f"{directory}: {error.strerror or type(error).__name__}") from None
    except BaseException:
        undo()
        raise
    return Started(created, kept, recipient, new_key)


async def _encrypted(rules: str, settings: SopsSettings) -> bytes:
    with sops.private_folder() as folder:
        path = folder / templates.RULES_FILE
        path.write_text(rules, encoding="utf-8")
        plain = templates.CONNECTIONS.encode()
        return await sealed(await sops.encrypt(plain, path, templates.FILE, settings), settings)


def _files(directory: Path, key_file: Path, rules: str, file: bytes) -> Mapping[str, bytes]:
    key = _inside(directory, key_file) or str(key_file.absolute())
    ignored = templates.GITIGNORE
    if key not in ignored.splitlines():
        ignored = ignored.replace("key.txt\n", f"key.txt\n/{key}\n")
    texts = {
        templates.RULES_FILE: rules,
        ".gitignore": ignored,
        templates.HOOK_FILE: templates.HOOK,
        "README.md": templates.README.replace("{key}", key),
    }
    return {templates.FILE: file} | {name: text.encode() for name, text in texts.items()}


def _write(
    directory: Path, files: Mapping[str, bytes], undo: _Undo
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    created, kept = [], []
    for name, content in files.items():
        path = directory / name
        _make_directory(path.parent, undo)
        mode = 0o755 if name == templates.HOOK_FILE else 0o644
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        except FileExistsError:
            if name in REQUIRED:
                raise
            kept.append(name)
            continue
        undo.made.append(path)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        created.append(name)
    return tuple(created), tuple(kept)


def _new_key(path: Path, undo: _Undo) -> str:
    _make_directory(path.parent, undo)
    recipient = make_age_key(path)
    undo.made.append(path)
    return recipient


def _make_directory(path: Path, undo: _Undo) -> None:
    for folder in (*reversed(path.parents), path):
        if not folder.exists():
            folder.mkdir()
            undo.made.append(folder)


def _inside(directory: Path, key_file: Path) -> str | None:
    """The key's path relative to the directory; None where it lies elsewhere."""
    try:
        return key_file.absolute().relative_to(directory.absolute()).as_posix()
    except ValueError:
        return None


def _ignored(ignore: Path, name: str) -> bool:
    """Whether an ignore file names it. One that does not exist is going to."""
    if not os.path.lexists(ignore):
        return True
    try:
        lines = present(str(ignore)).data.decode().splitlines()
    except (ConfigError, UnicodeError):
        return False
    return any(line.strip().removeprefix("/") in {name, Path(name).name} for line in lines)
