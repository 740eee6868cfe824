"""The whole journal as lines of JSON: for an archive, or a program that searches it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bf_reconciler.cli.api import Api
from bf_reconciler.cli.journals import journal, reading_of, remote_journal
from bf_reconciler.cli.output import leave, note, print_line

if TYPE_CHECKING:
    from bf_reconciler.journal import Head, Reading

ALTERED = "The journal is not as it was written: run `bf-reconciler history --verify`."


def show(source: Path | Api, name: str | None) -> None:
    """Print every row, of this name or of all, and where each chain begins and ends.

    The verb ends with 1 where the chains are not as they were written.
    """
    if isinstance(source, Path):
        with journal(source) as found, reading_of(found.page) as read:
            intact = _printed(read, name)
    else:
        with remote_journal(source) as read:
            intact = _printed(read, name)
    if not intact:
        note(ALTERED)
        leave(1)


def _printed(reading: "Reading", name: str | None) -> bool:
    from bf_reconciler.journal import TABLES  # noqa: PLC0415 # as above

    for table in TABLES:
        for row in reading.rows(table):
            if name in {None, row.name}:
                told = {"row": row.row, "at": row.at, "name": row.name, "hash": row.hash}
                record = _record(row.text)
                print_line(
                    {"type": "row", "table": table, **told, "record": record, "json": row.text}
                )
        begin, end = reading.chain_of(table)
        print_line({"type": "chain", "table": table, "pruned": _end(begin), "last": _end(end)})
    return reading.verified().intact


def _record(text: str) -> Any:  # noqa: ANN401 # JSON
    """What stands in a row; None where that is no record."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found[0] if isinstance(found, list) and len(found) == 1 else None


def _end(head: "Head") -> dict[str, Any]:
    return {"row": head.row, "hash": head.digest.hex()}
