"""`exchanges`: what each exchange can tell, and how to create its key."""

from typing import TYPE_CHECKING, Any, Literal

import click

from bf_reconciler.cli import options
from bf_reconciler.cli.exchange_steps import LAST, guide
from bf_reconciler.cli.output import fail, print_json
from bf_reconciler.cli.words import heading
from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Language

if TYPE_CHECKING:
    from rich.console import RenderableType


def _ids(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in EXCHANGES if name.startswith(incomplete)]


@click.command("exchanges")
@click.argument("exchange", metavar="[ID]", required=False, shell_complete=_ids)
@options.output_option
@options.lang_option
def command(*, exchange: str | None, output: Literal["table", "json"], lang: Language) -> None:
    """Show what each exchange can tell, or of ID how to create its key, step by step."""
    if exchange is not None and exchange not in EXCHANGES:
        fail(f"no exchange {exchange}; known: {', '.join(EXCHANGES)}")
    if output == "json":
        rows = [_facts(name, lang) for name in EXCHANGES]
        print_json({"exchanges": rows} if exchange is None else _facts(exchange, lang))
    elif exchange is None:
        _table(lang)
    else:
        _one(_facts(exchange, lang), lang)


def _facts(name: str, lang: Language) -> dict[str, Any]:
    row, told = EXCHANGES[name], guide(EXCHANGES[name], lang)
    return {
        "id": row.id,
        "name": row.title,
        "credentials": list(row.credentials),
        "environments": list(row.environments),
        "rights": {str(scope): word for scope, word in row.needs.items()},
        "ip_list": told.ip_list,
        "expiry": told.expiry,
        "clock_window_seconds": row.window,
        "notes": list(told.notes),
        "steps": [*told.steps, LAST[lang]],
    }


def _table(lang: Language) -> None:
    from bf_reconciler.cli import tables  # noqa: PLC0415 # JSON needs no rich

    facts = [_facts(name, lang) for name in EXCHANGES]
    columns = ("ID", "Exchange", "Credentials", "Permissions", "IP list", "Expiry", "Clock window")
    cells = (
        (
            fact["id"],
            fact["name"],
            ", ".join(fact["credentials"]),
            ", ".join(fact["rights"]),
            fact["ip_list"],
            fact["expiry"],
            f"{fact['clock_window_seconds']:g} s",
        )
        for fact in facts
    )
    tables.show(tables.table(columns, cells, lang))


def _one(fact: dict[str, Any], lang: Language) -> None:
    from rich.padding import Padding  # noqa: PLC0415 # JSON needs no rich
    from rich.text import Text  # noqa: PLC0415

    from bf_reconciler.cli import tables  # noqa: PLC0415

    def head(text: str) -> Text:
        return Text(f"\n{heading(text, lang)}", style="bold")

    lines = (
        ("Credentials", ", ".join(fact["credentials"])),
        ("IP list", fact["ip_list"]),
        ("Expiry", fact["expiry"]),
        ("Clock window", f"{fact['clock_window_seconds']:g} s"),
    )
    lines_told = [Text(f"{heading(name, lang)}: {value}") for name, value in lines if value]
    rights = tables.table(("Right", "Name at the exchange"), fact["rights"].items(), lang)
    steps = [
        Padding(Text(f"{number}. {step}"), (0, 0, 0, 2))
        for number, step in enumerate(fact["steps"], 1)
    ]
    notes = [Padding(Text(f"- {note}"), (0, 0, 0, 2)) for note in fact["notes"]]
    title = Text(fact["name"], style="bold")
    parts: list[RenderableType] = [
        title,
        *lines_told,
        Text(),
        rights,
        head("How to create the key"),
        *steps,
    ]
    tables.show(*parts, head("Good to know"), *notes)
