"""Generates docs/exchanges.md and the table in the README from rows and guides."""

from collections.abc import Iterable

from bf_reconciler.cli.exchange_text import (
    FACTS,
    KNOWN,
    MEANING,
    NONE_SEEN,
    SEEN,
    SEEN_MEANING,
    ExchangeText,
)
from bf_reconciler.cli.seen_live import Live
from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.exchanges.guide import Fact, Known

BEGIN = "<!-- exchanges -->"
END = "<!-- /exchanges -->"
COLUMNS = {
    Fact.READ: "read",
    Fact.SPOT: "spot",
    Fact.FUTURES: "futures",
    Fact.WITHDRAW: "withdraw",
    Fact.IP_LIST: "IP list",
    Fact.OWN_ADDRESS: "own address",
    Fact.EXPIRY: "expiry",
    Fact.CREATION: "creation",
    Fact.CLOCK: "clock",
    Fact.ASSETS: "assets",
    Fact.ORDERS: "order pairs",
}
NOTICE = """\
# Exchanges

What each exchange reports about a key, what it does not report, and what is not known. Generated
from the rows and guides of the program by `python docs/exchanges.py`. `bf-reconciler exchanges ID`
prints the same, in English or Turkish (`--lang tr`).

Support for each exchange is based on its documentation and on responses that others published, and
is tested against a simulator that speaks the same protocol. {}
Open points are listed under "Not known"; there the result is Unknown. Anybody with a key can help:
`bf-reconciler certify FILE NAME` keeps what the exchange really answers, without keys, addresses,
amounts, account names and account numbers ([certify.md](certify.md)). Review it, and attach it to
an issue.
"""
NONE = "**Nothing has been tested against a live exchange yet.**"
SOME = "**What was seen live is a test, and shown with its date.**"


def texts(live: Live) -> list[ExchangeText]:
    """Every exchange, in the order of the table."""
    return [ExchangeText(row, "en", live.get(row.id)) for row in EXCHANGES.values()]


def matrix(live: Live) -> str:
    """Exchange by fact, when it was seen live, and what the words mean."""
    head = ["exchange", *COLUMNS.values(), SEEN.en]
    lines = [_line(head), _line("---" for _ in head)]
    for one in texts(live):
        name = f"[{one.row.title}](docs/exchanges.md#{one.row.id})"
        seen = f"{one.live.on}" if one.live else "never"
        lines.append(_line([name, *(one.level(fact).en for fact in COLUMNS), seen]))
    used = {one.cell(fact).known for one in texts(live) for fact in COLUMNS}
    meanings = [f"*{KNOWN[known].en}*: {MEANING[known].en}" for known in Known if known in used]
    if live:
        meanings.insert(0, f"*{SEEN.en}*: {SEEN_MEANING.en}")
    last = ". " + NONE_SEEN.en if not live else "."
    return "\n".join([*lines, "", "; ".join(meanings) + last])


def block(live: Live) -> str:
    """What stands in the README, its marker lines with it."""
    return f"{BEGIN}\n{matrix(live)}\n{END}"


def document(live: Live) -> str:
    """The whole page of all exchanges."""
    notice = NOTICE.format(SOME if live else NONE)
    here = matrix(live).replace("docs/exchanges.md#", "#")
    return "\n".join([notice, here, *(_section(one) for one in texts(live))]) + "\n"


def _section(one: ExchangeText) -> str:
    row = one.row
    credentials, environments = _words(row.signing.credentials), _words(row.environments)
    parts = [
        f'\n<a id="{row.id}"></a>\n\n## {row.title}\n',
        f"{one.standing}\n",
        f"Credentials: {credentials}. Environments: {environments}.\n",
        "| fact | reported |\n| --- | --- |",
        *(_line([FACTS[fact].en, one.known(fact)]) for fact in COLUMNS),
        "\n| permission | name at the exchange |\n| --- | --- |",
        *(_line([scope, name]) for scope, name in one.rights.items()),
        "\n**How to create a key**\n",
        *(f"{number}. {step}" for number, step in enumerate(one.steps, 1)),
        _list("Limits and expiry", [*one.expiry, *one.limits]),
        _list("Notes", one.notes),
        _list("Not known", one.doubts),
    ]
    return "\n".join(parts)


def _list(title: str, lines: list[str]) -> str:
    return "\n".join([f"\n**{title}**\n", *(f"- {line}" for line in lines)])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _words(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
