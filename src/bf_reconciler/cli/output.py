"""Plain output: JSON, and notes to standard error."""

import json
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

import click

from bf_reconciler.cli.streams import is_unicode
from bf_reconciler.facts import Json, Language, Said, printable

LINES = "\n\t"
"""What text of several lines may hold."""
NAMED: Final = 5
"""Names of one kind that are listed; the rest are counted."""
MORE: Final = Said("and {} more", "ve {} tane daha")


def print_json(data: Json) -> None:
    """As JSON. What could move a cursor is escaped, so that the value stays what it is."""
    text = json.dumps(data, ensure_ascii=not is_unicode(sys.stdout), indent=2)
    click.echo("".join([c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text]))


def print_line(data: Json) -> None:
    """The same on one line."""
    text = json.dumps(data, ensure_ascii=not is_unicode(sys.stdout))
    click.echo("".join([c if c.isprintable() else json.dumps(c)[1:-1] for c in text]))


def say(text: str, *, nl: bool = True) -> None:
    """Print text. Whoever wrote it, nothing in it steers the terminal."""
    click.echo(printable(text, LINES), nl=nl)


def note(text: str) -> None:
    """Tell a person; standard output stays as it is."""
    click.echo(printable(text, LINES), err=True)


def some(names: Sequence[str], lang: Language) -> str:
    """The first of these names, and how many more there are."""
    more = len(names) - NAMED
    rest = f" {MORE.in_(lang).format(more)}" if more > 0 else ""
    return f"{', '.join(names[:NAMED])}{rest}"


def leave(code: int) -> NoReturn:
    """End the verb with this exit code."""
    click.get_current_context().exit(code)


def fail(text: str) -> NoReturn:
    """End the verb with an error: exit code 1."""
    raise click.ClickException(text)
