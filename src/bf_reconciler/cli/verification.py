"""Whether the journal is as it was written, in words."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bf_reconciler.cli.api import Api
from bf_reconciler.cli.journals import journal, remote_journal
from bf_reconciler.cli.output import fail, leave, note, print_json
from bf_reconciler.cli.status_source import FROM_DAEMON
from bf_reconciler.facts import Language, Said

if TYPE_CHECKING:
    from bf_reconciler.journal import Fault, Verified

INTACT = Said("Intact: {} rows.", "Bozulmamış: {} satır.")
BROKEN = Said(
    "Not as it was written: {} rows checked.", "Yazıldığı gibi değil: {} satır denetlendi."
)
NO_FILE = Said(
    "journal-head.json is missing or unreadable, so rows at the end may be missing, too.",
    "journal-head.json yok ya da okunamıyor; sondaki satırlar da eksik olabilir.",
)
KINDS: Mapping[str, Said] = {
    "changed": Said("changed", "değiştirilmiş"),
    "inserted": Said("inserted", "eklenmiş"),
    "missing": Said("missing", "eksik"),
    "truncated": Said("missing at the end", "sonda eksik"),
    "unproven": Said("unproven: what was before it is missing", "kanıtsız: öncesi eksik"),
}
NOT_HELD = Said("Not in this journal: {}", "Bu günlükte yok: {}")


def show(
    source: Path | Api,
    noted: tuple[str, ...],
    output: Literal["table", "json"],
    language: Language,
) -> None:
    """Check the journal in a folder or of a daemon; the verb ends with 1 where it is not intact.

    ``noted``: ends that somebody noted earlier, as TABLE:ROW:HASH; they must still be in it.
    """
    ends = {each: _end(each) for each in noted}
    if isinstance(source, Path):
        with journal(source) as found:
            verified = found.verify()
            lost = [each for each, end in ends.items() if not found.holds(*end)]
    else:
        with remote_journal(source, ends.values()) as read:
            verified = read.verified()
            lost = [each for each, end in ends.items() if end in read.lost]
        note(FROM_DAEMON.in_(language).format(source.url))
    if output == "json":
        print_json(_data(verified, lost))
    else:
        _table(verified, lost, language)
    if not verified.intact or lost:
        leave(1)


def _end(text: str) -> tuple[str, int, bytes]:
    table, row, digest = (*text.split(":"), "", "")[:3]
    try:
        return table, int(row), bytes.fromhex(digest)
    except ValueError:
        fail(f"{text} is no end of a chain: it must be TABLE:ROW:HASH, as --verify prints it")


def _data(verified: "Verified", lost: list[str]) -> dict[str, Any]:
    return {
        "intact": verified.intact and not lost,
        "rows": dict(verified.rows),
        "heads": _ends(verified),
        "head_file": verified.filed,
        "not_held": lost,
        "faults": [_fault(fault) for fault in verified.faults],
    }


def _ends(verified: "Verified") -> list[str]:
    return [f"{table}:{row}:{digest.hex()}" for table, (row, digest) in verified.heads.items()]


def _fault(fault: "Fault") -> dict[str, Any]:
    return {
        "table": fault.table,
        "kind": fault.kind,
        "first": fault.first,
        "last": fault.last,
        "at": fault.at.isoformat() if fault.at else None,
        "name": fault.name,
    }


def _table(verified: "Verified", lost: list[str], language: Language) -> None:
    from rich.text import Text  # noqa: PLC0415 # JSON needs no rich

    from bf_reconciler.cli import tables  # noqa: PLC0415

    good = verified.intact and not lost
    head = (INTACT if good else BROKEN).in_(language).format(sum(verified.rows.values()))
    shown = [Text(head, style="bold green" if good else "bold red")]
    if not verified.filed:
        shown.append(Text(NO_FILE.in_(language), style="red"))
    shown += [Text(NOT_HELD.in_(language).format(each), style="red") for each in lost]
    columns = ("Table", "Row", "Time", "Name", "Result")
    found = [
        tables.table(
            columns,
            [
                (
                    fault.table,
                    str(fault.first)
                    if fault.first == fault.last
                    else f"{fault.first}-{fault.last}",
                    tables.moment(fault.at.isoformat() if fault.at else None),
                    fault.name,
                    KINDS[fault.kind].in_(language),
                )
                for fault in verified.faults
            ],
            language,
        )
    ]
    tables.show(*shown, *(found if verified.faults else ()), *map(Text, _ends(verified)))
