"""Declared runtimes: where strategies run."""

from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from bf_reconciler.spec.engines import (
    FreqtradeRuntime,
    HummingbotRuntime,
    KubernetesRuntime,
    ProcessRuntime,
    WebhookRuntime,
)
from bf_reconciler.spec.handling import ALL_PASSED_ON, Handling
from bf_reconciler.spec.strategy import Action
from bf_reconciler.spec.types import Declared, Lease, Name, Text


class FileRuntime(Declared):
    """One NAME.json per strategy, replaced atomically; a bot watches its file."""

    exclusive: ClassVar[bool] = False
    actions: ClassVar[frozenset[Action]] = frozenset(get_args(Action))
    handling: ClassVar[Handling] = ALL_PASSED_ON

    name: Name
    """Unique DNS label."""
    type: Literal["file"]
    """file."""
    path: Text = "./strategies"
    """Folder of the files; relative to --state-dir, or an absolute one in --runtime-root."""
    lease: Lease | None = None
    """How long a bot may follow its file without a renewal; default: 3 intervals, at least 2m."""
    mode: Literal["0600", "0640", "0644", "0660"] | None = None
    """Permissions of the files, in quotes, and of the folder with them; default: the umask."""


class ByType:
    """A union of models that ``type`` tells apart.

    Pydantic's own discriminator refuses a union of one member. Tags are the names of the models,
    which no key of the file can be mistaken for.
    """

    def __get_pydantic_core_schema__(
        self,
        source: Any,  # noqa: ANN401 # a type, or a union of types
        handler: GetCoreSchemaHandler,
    ) -> CoreSchema:
        members = get_args(source) or (source,)
        tags = {_type(member): member.__name__ for member in members}

        def tag(value: object) -> str | None:
            kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
            return tags.get(kind) if isinstance(kind, str) else None

        return core_schema.tagged_union_schema(
            {member.__name__: handler.generate_schema(member) for member in members},
            tag,
            custom_error_type="runtime_type",
            custom_error_message=f"unknown type; known: {', '.join(sorted(tags))}",
        )


def _type(member: type[Declared]) -> str:
    (kind,) = get_args(member.model_fields["type"].annotation)
    return str(kind)


Runtime = Annotated[
    FileRuntime
    | FreqtradeRuntime
    | HummingbotRuntime
    | KubernetesRuntime
    | ProcessRuntime
    | WebhookRuntime,
    ByType(),
]
"""One declared runtime: a union of models. The ``type`` selects the adapter. Each says in its
``handling`` what it does with every field of a strategy."""

LOCAL = FileRuntime(name="local", type="file")
"""The default where none is declared."""
