"""`exchanges`: what each exchange can tell, and how to create its key."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from typing import TYPE_CHECKING, Any, Literal

import click

from bf_reconciler.cli import options
from bf_reconciler.cli.guides import GUIDES, Fact, Said
from bf_reconciler.cli.guides.told import FACTS, KNOWN, NEVER_SEEN, Told
from bf_reconciler.cli.output import fail, print_json
from bf_reconciler.cli.words import heading
from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Language

if TYPE_CHECKING:
    from rich.console import RenderableType

DIFFER = (Fact.FUTURES, Fact.WITHDRAW, Fact.IP_LIST, Fact.EXPIRY, Fact.CREATION)
"""The facts that exchanges differ in; the others are verified everywhere."""
VERIFIABLE = Said("What can be verified", "Neler doğrulanabilir")
LIMITS = Said("Limits and expiry", "Sınırlar ve bitiş")
UNKNOWN = Said("Not known", "Bilinmeyenler")


def _ids(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in EXCHANGES if name.startswith(incomplete)]


@click.command("exchanges")
@click.argument("exchange", metavar="[ID]", required=False, shell_complete=_ids)
@options.output_option
@options.lang_option
def command(*, exchange: str | None, output: Literal["table", "json"], lang: Language) -> None:
    """Show what each exchange reports; for ID, also how to create a key, step by step."""
    if exchange is not None and exchange not in EXCHANGES:
        fail(f"unknown exchange {exchange}; known: {', '.join(EXCHANGES)}")
    if output == "json":
        rows = [_facts(one) for one in _all(lang)]
        print_json({"exchanges": rows} if exchange is None else _facts(_told(exchange, lang)))
    elif exchange is None:
        _table(lang)
    else:
        _one(_told(exchange, lang), lang)


def _all(lang: Language) -> list[Told]:
    return [_told(name, lang) for name in GUIDES if name in EXCHANGES]


def _told(name: str, lang: Language) -> Told:
    return Told(EXCHANGES[name], lang)


def _facts(told: Told) -> dict[str, Any]:
    row = told.row
    return {
        "id": row.id,
        "name": row.title,
        "credentials": list(row.credentials),
        "environments": list(row.environments),
        "rights": told.rights,
        "facts": {
            str(fact): {
                "known": str(told.cell(fact).known).replace(" ", "_"),
                "text": told.known(fact),
            }
            for fact in Fact
        },
        "ip_list": told.known(Fact.IP_LIST),
        "expiry": told.known(Fact.EXPIRY),
        "expiry_rules": told.expiry,
        "clock_window_seconds": row.window,
        "requests_per_test": row.requests,
        "requests_per_second": row.rate,
        "limits": told.limits,
        "notes": told.notes,
        "not_known": told.doubts,
        "seen_live": False,
        "steps": told.steps,
    }


def _table(lang: Language) -> None:
    from bf_reconciler.cli import tables  # noqa: PLC0415 # JSON needs no rich

    names = [FACTS[fact].in_(lang) for fact in DIFFER]
    cells = (
        (
            told.row.id,
            told.row.title,
            *(KNOWN[told.cell(fact).known].in_(lang) for fact in DIFFER),
            "-" if told.row.window is None else f"{told.row.window:g} s",
        )
        for told in _all(lang)
    )
    tables.show(tables.table(("ID", "Exchange", *names, "Clock window"), cells, lang))


def _one(told: Told, lang: Language) -> None:
    from rich.padding import Padding  # noqa: PLC0415 # JSON needs no rich
    from rich.text import Text  # noqa: PLC0415

    from bf_reconciler.cli import tables  # noqa: PLC0415

    def head(text: str) -> Text:
        return Text(f"\n{text}", style="bold")

    def listed(lines: list[str]) -> "list[RenderableType]":
        return [Padding(Text(f"- {line}"), (0, 0, 0, 2)) for line in lines]

    row = told.row
    facts = [f"{FACTS[fact].in_(lang)}: {told.known(fact)}" for fact in Fact]
    tables.show(
        Text(row.title, style="bold"),
        Text(NEVER_SEEN.in_(lang)),
        Text(f"\n{heading('Credentials', lang)}: {', '.join(row.credentials)}"),
        Text(f"{heading('Environment', lang)}: {', '.join(row.environments)}"),
        head(VERIFIABLE.in_(lang)),
        *listed(facts),
        Text(),
        tables.table(("Permission", "Name at the exchange"), told.rights.items(), lang),
        head(heading("How to create the key", lang)),
        *(Padding(Text(f"{n}. {step}"), (0, 0, 0, 2)) for n, step in enumerate(told.steps, 1)),
        head(LIMITS.in_(lang)),
        *listed([*told.expiry, *told.limits]),
        head(heading("Good to know", lang)),
        *listed(told.notes),
        head(UNKNOWN.in_(lang)),
        *listed(told.doubts),
    )
