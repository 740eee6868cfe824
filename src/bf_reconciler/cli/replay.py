"""`replay`: what the rows make of a bundle, without asking anybody."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from bf_reconciler.cli import options
from bf_reconciler.cli.output import fail, print_json
from bf_reconciler.facts import Language, Said

if TYPE_CHECKING:
    from bf_reconciler.daemon.certify import Replayed
    from bf_reconciler.probe.bundle import Bundle

ELSEWHERE = Said(
    "through another host: a gateway, or a simulator",
    "başka bir ana bilgisayardan: geçit ya da simülatör",
)
ASKED = Said("{}, {}, asked {} ({})", "{}, {}, soruldu: {} ({})")
CHANGED = Said(
    "Read otherwise than when it was written, in: {}.",
    "Yazıldığındakinden başka okunuyor: {}.",
)
FACTS = {
    "granted": Said("Can", "Yapabilir"),
    "denied": Said("Cannot", "Yapamaz"),
    "unknown_words": Said("Undocumented permissions", "Belgelenmemiş izinler"),
    "not_understood": Said("Not understood", "Anlaşılmayan"),
}


@click.command("replay")
@click.argument("bundle", type=click.Path(path_type=Path), required=False)
@options.url_option
@options.token_option
@options.state_option
@options.output_option
@options.lang_option
def command(  # one argument per option
    *,
    bundle: Path | None,
    url: str | None,
    token_file: Path | None,
    state_dir: Path | None,
    output: Literal["table", "json"],
    lang: Language,
) -> None:
    """Read BUNDLE, which `certify` wrote, and show what is made of it: facts and conditions.

    Offline: no exchange is asked and no key is needed. It is judged by the default policy, as at
    the time it was written. Exit code 0: it could be read, whatever it says; 1: an error.

    With --state-dir or --url alone, or a BUNDLE that is a folder: judge again every verdict on a
    connection that the journal in it, or of the daemon, has recorded, by the policy recorded with
    it. Exit code 1 if any differs.
    """
    if bundle is None or bundle.is_dir():
        if (bundle, url, state_dir) == (None, None, None):
            fail(
                "Name a BUNDLE, or set --state-dir or --url to judge again what is recorded there."
            )
        from bf_reconciler.cli import rejudging  # noqa: PLC0415 # its own option
        from bf_reconciler.cli.journals import checked  # noqa: PLC0415

        rejudging.show(bundle or checked(url, token_file, state_dir), output, lang)
        return
    from bf_reconciler.daemon.certify import replay  # noqa: PLC0415 # help needs no exchange
    from bf_reconciler.facts import ConfigError  # noqa: PLC0415
    from bf_reconciler.probe import bundle as bundles  # noqa: PLC0415
    from bf_reconciler.source import present  # noqa: PLC0415

    try:
        told = bundles.parse(present(str(bundle)).data.decode())
    except ConfigError as error:
        fail(error.message)
    except (bundles.BundleError, UnicodeDecodeError) as error:
        words = "not text" if isinstance(error, UnicodeDecodeError) else error
        fail(f"{bundle} is not a bundle: {words}")
    found = asyncio.run(replay(told))
    data = _data(told, found, lang)
    if output == "json":
        print_json(data)
    else:
        _show(told, data, lang)


def _data(told: "Bundle", found: "Replayed", lang: Language) -> dict[str, Any]:
    from bf_reconciler.status import present  # noqa: PLC0415 # help needs no models

    outcome = found.outcome
    (connection,) = present(found.status, lang)["connections"]
    return {
        "bundle": {
            "exchange": told.exchange,
            "environment": told.environment,
            "region": told.region,
            "host": told.host,
            "at": told.at.isoformat(),
            "program": told.program,
        },
        "answers": [
            {
                "question": each.question,
                "call": each.call,
                "http_status": each.http_status,
                "result": outcome.get(each.question),
            }
            for each in told.answers
        ],
        "facts": outcome,
        "changed": sorted(
            n for n in {**outcome, **told.read} if outcome.get(n) != told.read.get(n)
        ),
        "connection": connection,
    }


def _show(told: "Bundle", data: dict[str, Any], lang: Language) -> None:
    from rich.text import Text  # noqa: PLC0415 # JSON needs no rich

    from bf_reconciler.cli import tables  # noqa: PLC0415

    where = told.host or ELSEWHERE.in_(lang)
    place = f"{told.environment} {told.region}" if told.region else told.environment
    head = ASKED.in_(lang).format(told.row.title, place, f"{told.at:%Y-%m-%d %H:%MZ}", where)
    facts = [
        Text(f"{said.in_(lang)}: {', '.join(data['facts'][name])}")
        for name, said in FACTS.items()
        if data["facts"].get(name)
    ]
    changed = ", ".join(data["changed"])
    tables.show(
        Text(head, style="bold"),
        Text(),
        tables.table(
            ("Question", "Call", "HTTP", "Result"), map(dict.values, data["answers"]), lang
        ),
        Text(),
        *facts,
        *([Text(CHANGED.in_(lang).format(changed), style="yellow")] if changed else []),
        Text(),
        tables.entry(data["connection"], lang),
    )
