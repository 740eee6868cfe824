"""What a verb that writes the file says of the change: the plan, and how to commit it."""

import os
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bf_reconciler.cli.output import say
from bf_reconciler.facts import Language, Said

if TYPE_CHECKING:
    from bf_reconciler.document import Parsed
    from bf_reconciler.preview import Compared

TO_COMMIT = Said("To commit", "Commit için")


def show_plan(before: "Parsed", after: "Parsed", lang: Language) -> None:
    """Print what changes from one content of the file to the other."""
    from bf_reconciler.cli import plan_text  # noqa: PLC0415 # help needs no models
    from bf_reconciler.preview import of_file, preview  # noqa: PLC0415

    old = {c.name: c for c, _ in before.connections}
    credentials: dict[str, Compared] = {
        c.name: "same"
        if (c.credentials, c.proxy) == (old[c.name].credentials, old[c.name].proxy)
        else "changed"
        for c, _ in after.connections
        if c.name in old
    }
    found = preview(after, of_file(before), credentials, datetime.now(UTC))
    say(f"\n{plan_text.text(found, lang)}")


def show_commit(file: Path, message: str, lang: Language) -> None:
    """Print the command that commits the file, also where it never was."""
    folder, leaf = os.path.split(file)
    place = f" -C {shlex.quote(folder)}" if folder else ""
    name = shlex.quote(leaf)
    commit = f"git{place} commit --message {shlex.quote(message)} -- {name}"
    say(f"{TO_COMMIT.in_(lang)}: git{place} add -- {name} && {commit}")
