"""JSON Schema of the file, for editors."""

import ast
import inspect
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter

from bf_reconciler.facts import Json
from bf_reconciler.spec import Declared, File
from bf_reconciler.spec.types import DURATION, written

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
LENGTH: Final = TypeAdapter(timedelta)


def schema() -> dict[str, Any]:
    """The schema (draft 2020-12), with a description of every field."""
    made = File.model_json_schema()
    made["properties"]["sops"] = {
        "type": "object",
        "description": "Written by SOPS: who can decrypt, and the MAC.",
    }
    return {"$schema": DIALECT, **described(made, File, Declared)}


def described(made: dict[str, Any], root: type[BaseModel], kind: type[BaseModel]) -> dict[str, Any]:
    """A schema of a model and of parts of a kind, with the text of every field."""
    models = {model.__name__: model for model in _models(kind)}
    for model, part in (
        *((models[name], part) for name, part in made["$defs"].items()),
        (root, made),
    ):
        said = _said(model)
        for field, found in part["properties"].items():
            if "description" not in found:
                found["description"] = said[field]
    plain: dict[str, Any] = _plain(made)
    return plain


def _models(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in kind.__subclasses__():
        yield model
        yield from _models(model)


def _said(model: type[BaseModel]) -> dict[str, str]:
    """The text below each field. Pydantic can read it, too, but at every start of the program."""
    found: dict[str, str] = {}
    for above in reversed(
        [one for one in model.__mro__ if issubclass(one, BaseModel) and one is not BaseModel]
    ):
        (body,) = ast.parse(inspect.getsource(above)).body
        fields = body.body if isinstance(body, ast.ClassDef) else []
        for field, text in pairwise(fields):
            match field, text:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(said))),
                ):
                    found[name] = inspect.cleandoc(said)
                case _:
                    pass  # a field, a method, the text of the class
    return found


def _plain(part: Json) -> Json:
    """Without the titles that only repeat names, and with durations as people write them."""
    if isinstance(part, list):
        return [_plain(item) for item in part]
    if not isinstance(part, dict):
        return part
    made = {key: _plain(value) for key, value in part.items()}
    if "description" in made and isinstance(made.get("title"), str) and "$defs" not in made:
        del made["title"]
    if made.get("pattern") == f"^{DURATION.pattern}$" and "default" in made:
        made["default"] = written(LENGTH.validate_python(made["default"]))
    return made
