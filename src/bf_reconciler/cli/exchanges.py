"""`exchanges`: what each exchange can tell, and how to create its key."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from typing import TYPE_CHECKING, Any, Literal

import click

from bf_reconciler.cli import options, seen_live, suggest
from bf_reconciler.cli.exchange_text import FACTS, ExchangeText
from bf_reconciler.cli.output import fail, print_json
from bf_reconciler.cli.words import heading
from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.exchanges.guide import Fact
from bf_reconciler.facts import Language, Said

if TYPE_CHECKING:
    from rich.console import RenderableType

DIFFER = (Fact.FUTURES, Fact.WITHDRAW, Fact.IP_LIST, Fact.EXPIRY, Fact.CREATION)
"""The facts that exchanges differ in; all report the others."""
REPORTED = Said("What it reports", "Neleri bildirir")
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
        fail(suggest.unknown_exchange(exchange, EXCHANGES))
    if output == "json":
        rows = [_facts(one) for one in _all(lang)]
        print_json({"exchanges": rows} if exchange is None else _facts(_text(exchange, lang)))
    elif exchange is None:
        _table(lang)
    else:
        _one(_text(exchange, lang), lang)


def _all(lang: Language) -> list[ExchangeText]:
    return [_text(name, lang) for name in EXCHANGES]


def _text(name: str, lang: Language) -> ExchangeText:
    return ExchangeText(EXCHANGES[name], lang, seen_live.read().get(name))


def _facts(text: ExchangeText) -> dict[str, Any]:
    row = text.row
    return {
        "id": row.id,
        "name": row.title,
        "credentials": list(row.signing.credentials),
        "environments": list(row.environments),
        "rights": text.rights,
        "facts": {
            str(fact): {
                "known": str(text.cell(fact).known).replace(" ", "_"),
                "seen_live": text.live is not None and fact in text.live.facts,
                "text": text.known(fact),
            }
            for fact in Fact
        },
        "ip_list": text.known(Fact.IP_LIST),
        "expiry": text.known(Fact.EXPIRY),
        "expiry_rules": text.expiry,
        "clock_window_seconds": row.pace.window,
        "requests_per_test": row.calls.requests,
        "requests_per_second": row.pace.rate,
        "limits": text.limits,
        "notes": text.notes,
        "not_known": text.doubts,
        "seen_live": text.live is not None,
        "seen_live_on": f"{text.live.on}" if text.live else None,
        "steps": text.steps,
    }


def _table(lang: Language) -> None:
    from bf_reconciler.cli import tables  # noqa: PLC0415 # JSON needs no rich

    names = [FACTS[fact].in_(lang) for fact in DIFFER]
    cells = (
        (
            text.row.id,
            text.row.title,
            *(text.level(fact).in_(lang) for fact in DIFFER),
            "-" if text.row.pace.window is None else f"{text.row.pace.window:g} s",
            f"{text.live.on}" if text.live else "-",
        )
        for text in _all(lang)
    )
    tables.show(tables.table(("ID", "Exchange", *names, "Clock window", "Seen live"), cells, lang))


def _one(text: ExchangeText, lang: Language) -> None:
    from rich.padding import Padding  # noqa: PLC0415 # JSON needs no rich
    from rich.text import Text  # noqa: PLC0415

    from bf_reconciler.cli import tables  # noqa: PLC0415

    def head(title: str) -> Text:
        return Text(f"\n{title}", style="bold")

    def listed(lines: list[str]) -> "list[RenderableType]":
        return [Padding(Text(f"- {line}"), (0, 0, 0, 2)) for line in lines]

    row = text.row
    facts = [f"{FACTS[fact].in_(lang)}: {text.known(fact)}" for fact in Fact]
    tables.show(
        Text(row.title, style="bold"),
        Text(text.standing),
        Text(f"\n{heading('Credentials', lang)}: {', '.join(row.signing.credentials)}"),
        Text(f"{heading('Environment', lang)}: {', '.join(row.environments)}"),
        head(REPORTED.in_(lang)),
        *listed(facts),
        Text(),
        tables.table(("Permission", "Name at the exchange"), text.rights.items(), lang),
        head(heading("How to create the key", lang)),
        *(Padding(Text(f"{n}. {step}"), (0, 0, 0, 2)) for n, step in enumerate(text.steps, 1)),
        head(LIMITS.in_(lang)),
        *listed([*text.expiry, *text.limits]),
        head(heading("Good to know", lang)),
        *listed(text.notes),
        head(UNKNOWN.in_(lang)),
        *listed(text.doubts),
    )
