"""Plain output: JSON, and notes to standard error."""

import json
from typing import NoReturn

import click

from bf_reconciler.facts import Json


def print_json(data: Json) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def note(text: str) -> None:
    """Tell a person; standard output stays as it is."""
    click.echo(text, err=True)


def leave(code: int) -> NoReturn:
    """End the verb with this exit code."""
    click.get_current_context().exit(code)


def fail(text: str) -> NoReturn:
    """End the verb with an error: exit code 1."""
    raise click.ClickException(text)
