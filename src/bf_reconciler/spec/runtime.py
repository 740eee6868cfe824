"""Declared runtimes: where strategies run."""

from typing import Annotated, Literal

from pydantic import Field

from bf_reconciler.spec.types import Declared, Name, Text


class FileRuntime(Declared):
    """One NAME.json per strategy, replaced atomically; a bot watches its file."""

    name: Name
    """Unique DNS label."""
    type: Literal["file"]
    """file."""
    path: Text = "./strategies"
    """Folder of the files; relative to --state-dir."""


Runtime = Annotated[FileRuntime, Field()]
"""One declared runtime. The type selects the adapter."""

LOCAL = FileRuntime(name="local", type="file")
"""The default where none is declared."""
