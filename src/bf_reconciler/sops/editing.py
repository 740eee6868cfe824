"""Changes an encrypted document with its own data key: one value, or its whole text."""

import json
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bf_reconciler.facts.config import ConfigError, ConfigReason
from bf_reconciler.facts.json import Json
from bf_reconciler.sops.environment import environment, find_binary
from bf_reconciler.sops.failures import cannot_be_run, classify, explain, failed
from bf_reconciler.sops.private_folder import private_folder
from bf_reconciler.sops.settings import SopsSettings
from bf_reconciler.sops.version import SEALING, require, version_of

NOT_MODIFIED: Final = 200
"""Exit code of `sops edit` where the text is the one it was."""


def set_value(
    content: bytes, path: Sequence[str | int], value: Json, settings: SopsSettings
) -> bytes:
    """The document with this value at a path. Blocks: call it in a thread.

    Only encrypted bytes touch the disk, in a folder of their own; the value goes in by a pipe.
    In lists sops counts comments as items; an index beyond the end appends.

    Raises:
        ConfigError: sops could not be run, or failed; no word of it is in the message.
    """
    place = "".join(f"[{json.dumps(step)}]" for step in path)
    with private_folder() as folder:
        file = folder / "document.yaml"
        file.write_bytes(content)
        argv = ["set", "--value-stdin", str(file), place]
        done = _run(argv, settings, folder, json.dumps(value).encode())
        return _changed(done, file, settings)


def unset_value(content: bytes, path: Sequence[str | int], settings: SopsSettings) -> bytes:
    """The document without what stands at a path. Blocks; raises as ``set_value`` does."""
    place = "".join(f"[{json.dumps(step)}]" for step in path)
    with private_folder() as folder:
        file = folder / "document.yaml"
        file.write_bytes(content)
        return _changed(_run(["unset", str(file), place], settings, folder), file, settings)


def replace_text(content: bytes, text: bytes, settings: SopsSettings) -> bytes:
    """The document with its whole plain text replaced, as `sops edit` does. Blocks.

    What stays the same is not encrypted anew, so that a diff shows the change alone. The plain text
    is in the private folder for as long as sops takes.

    Raises:
        ConfigError: sops could not be run, or failed; no word of it is in the message.
    """
    with private_folder() as folder:
        file, plain = folder / "document.yaml", folder / "text"
        file.write_bytes(content)
        plain.write_bytes(text)
        # Moved, not copied: where sops cannot read it, it would ask its editor again and again.
        editor = f"mv -f {shlex.quote(str(plain))}"
        done = _run(["edit", str(file)], settings, folder, editor=editor)
        return content if done.returncode == NOT_MODIFIED else _changed(done, file, settings)


def _run(
    arguments: list[str],
    settings: SopsSettings,
    folder: Path,
    given: bytes = b"",
    *,
    editor: str = "false",
) -> "subprocess.CompletedProcess[bytes]":
    binary = str(find_binary(settings.binary, settings.environ))
    own = {"EDITOR": editor, "SOPS_EDITOR": editor, "TMPDIR": str(folder)}
    try:
        return subprocess.run(  # noqa: S603  no shell, and the binary the user chose
            [binary, *arguments],
            input=given,
            env=environment(settings) | own,
            capture_output=True,
            timeout=settings.timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        message = f"sops did not finish within {settings.timeout:g} seconds"
        raise ConfigError(ConfigReason.DECRYPTION_TIMEOUT, message, transient=True) from None
    except OSError:
        raise cannot_be_run(binary) from None


def _changed(
    done: "subprocess.CompletedProcess[bytes]", file: Path, settings: SopsSettings
) -> bytes:
    if done.returncode:
        said = done.stderr.decode(errors="replace")
        asked = _run(["--disable-version-check", "--version"], settings, file.parent)
        require(version_of(asked.stdout.decode(errors="replace")), SEALING)
        reason, transient = classify(done.returncode, said)
        detail = explain(reason, said, settings.environ)
        raise failed(reason, done.returncode, said, transient=transient, detail=detail)
    return file.read_bytes()
