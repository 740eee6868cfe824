"""Which keys a place knows, and which one was probably meant."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

from bf_reconciler.document.nodes import Path
from bf_reconciler.spec import OLD_NAMES

Models = tuple[type[BaseModel], ...]


def advice(root: type[BaseModel], path: Path) -> str:
    """What to say of an unknown key; the path ends with it."""
    key = str(path[-1])
    here: Models = (root,)
    for step in path[:-1]:
        here = _under(here, step)
    names = [name for model in here for name in model.model_fields]
    if OLD_NAMES.get(key) in names:
        return f"is the old name of {OLD_NAMES[key]}; keep one of them"
    if key in names:
        return "this key cannot be combined with the others here"
    near = get_close_matches(key, names, n=1)
    if near:
        return f"unknown key; did you mean {near[0]}?"
    homes = [home for home in _homes(root, ()) if home[-1] == key and len(home) > 1]
    if homes:
        return f"unknown key; it belongs under {'.'.join(homes[0][:-1])}"
    return "unknown key"


def _under(models: Models, step: str | int) -> Models:
    return tuple(
        inner
        for model in models
        if isinstance(step, str) and step in model.model_fields
        for inner in _models(model.model_fields[step].annotation)
    )


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 # any annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _homes(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        yield (*path, name)
        for inner in _models(field.annotation):
            yield from _homes(inner, (*path, name))
