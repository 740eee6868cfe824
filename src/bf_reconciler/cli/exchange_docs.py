"""Generates docs/exchanges.md and the table in the README from rows and guides."""

from collections.abc import Iterable

from bf_reconciler.cli.exchange_text import FACTS, KNOWN, MEANING, NEVER_SEEN, ExchangeText
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
}
NOTICE = """\
# Exchanges

What each exchange reports about a key, what it does not report, and what is not known. Generated
from the rows and guides of the program by `python docs/exchanges.py`. `bf-reconciler exchanges ID`
prints the same, in English or Turkish (`--lang tr`).

**Nothing has been tested against a live exchange yet.** Support for each exchange is based on its
documentation and on responses that others published, and is tested against a simulator that speaks
the same protocol. Open points are listed under "Not known"; there the result is Unknown. Anybody
with a key can help: `bf-reconciler test FILE NAME --capture DIR` saves the responses without keys,
addresses, amounts, account names and account numbers. Review them, and attach them to a report.
"""


def texts() -> list[ExchangeText]:
    """Every exchange, in the order of the table."""
    return [ExchangeText(row, "en") for row in EXCHANGES.values()]


def matrix() -> str:
    """Exchange by fact, and what the words mean."""
    head = ["exchange", *COLUMNS.values()]
    lines = [_line(head), _line("---" for _ in head)]
    for one in texts():
        name = f"[{one.row.title}](docs/exchanges.md#{one.row.id})"
        lines.append(_line([name, *(KNOWN[one.cell(fact).known].en for fact in COLUMNS)]))
    used = {one.cell(fact).known for one in texts() for fact in COLUMNS}
    meanings = [f"*{KNOWN[known].en}*: {MEANING[known].en}" for known in Known if known in used]
    return "\n".join([*lines, "", "; ".join(meanings) + f". {NEVER_SEEN.en}"])


def block() -> str:
    """What stands in the README, its marker lines with it."""
    return f"{BEGIN}\n{matrix()}\n{END}"


def document() -> str:
    here = matrix().replace("docs/exchanges.md#", "#")
    return "\n".join([NOTICE, here, *(_section(one) for one in texts())]) + "\n"


def _section(one: ExchangeText) -> str:
    row = one.row
    credentials, environments = _words(row.signing.credentials), _words(row.environments)
    parts = [
        f'\n<a id="{row.id}"></a>\n\n## {row.title}\n',
        "Never seen live: based on documentation and on responses that others published.\n",
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
