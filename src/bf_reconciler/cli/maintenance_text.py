"""One line about a maintenance that an exchange announced."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from typing import Any, Final

from bf_reconciler.cli import tables
from bf_reconciler.facts import Language, Said, printable

PHASES: Final = {
    "announced": Said("{} announces maintenance", "{} bakım duyurdu"),
    "under_way": Said("{} is under maintenance", "{} bakımda"),
    "overrun": Said(
        "The maintenance of {} takes longer than announced", "{} bakımı duyurulandan uzun sürüyor"
    ),
}
OPEN: Final = Said("no end told", "bitişi bildirilmedi")


def maintenance(told: dict[str, Any], language: Language) -> str:
    """As the API has it; a phase of another version is shown as it is."""
    live = told["environment"] == "live"
    where = told["exchange"] if live else f"{told['exchange']} {told['environment']}"
    form = PHASES.get(told["phase"])
    head = form.in_(language).format(where) if form else f"{where}: {told['phase']}"
    end = tables.moment(told["ends"]) if told["ends"] else OPEN.in_(language)
    title = f" ({printable(told['title'])})" if told["title"] else ""
    return f"{head}: {tables.moment(told['begins'])} / {end}{title}"
