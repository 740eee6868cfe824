"""Every recorded verdict, judged again: what the rules of today say of what was seen then."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bf_reconciler.cli.api import Api
from bf_reconciler.cli.journals import journal, remote_journal
from bf_reconciler.cli.output import leave, note, print_json
from bf_reconciler.facts import Language, Said

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bf_reconciler.status import Judgement

SAME = Said(
    "Judged again: {} verdicts, all as recorded.",
    "Yeniden değerlendirilen: {} karar, hepsi kayıttaki gibi.",
)
OTHERS = Said(
    "Judged again: {} verdicts, {} otherwise than recorded.",
    "Yeniden değerlendirilen: {} karar, {} tanesi kayıttakinden başka.",
)
SKIPPED = Said(
    "Not judged again: {} (of another version: {}, declared with encrypted fields: {}).",
    "Yeniden değerlendirilmeyen: {} (başka bir sürümden: {}, şifreli alanlarla bildirilmiş: {}).",
)
ALTERED = "The journal is not as it was written: run `bf-reconciler history --verify`."


def show(source: Path | Api, output: Literal["table", "json"], language: Language) -> None:
    """Judge again; the verb ends with 1 where anything differs."""
    counts: Counter[str] = Counter()
    if isinstance(source, Path):
        with journal(source) as found:
            intact = found.verify().intact
            differing = list(_differing(found.judgements(), counts))
    else:
        from bf_reconciler.journal import JUDGEMENT  # noqa: PLC0415 # help needs no models

        with remote_journal(source) as read:
            rows = ((each.row, JUDGEMENT.read(each.text)) for each in read.rows("judgements"))
            differing = list(_differing(rows, counts))
            intact = read.verified().intact
    if not intact:
        note(ALTERED)
    if output == "json":
        data = {name: counts[name] for name in ("judged", "unreadable", "withheld")}
        print_json({**data, "intact": intact, "differences": differing})
    else:
        _table(counts, differing, language)
    if differing:
        leave(1)


def _differing(
    judgements: "Iterable[tuple[int, Judgement | None]]", counts: Counter[str]
) -> Iterator[dict[str, Any]]:
    for row, judgement in judgements:
        differs = _differs(judgement, counts)
        if judgement is not None and differs:
            yield {
                "row": row,
                "at": judgement.at.isoformat(),
                "name": judgement.name,
                "generation": judgement.generation,
                "revision": judgement.revision,
                "differs": differs,
            }


def _differs(judgement: "Judgement | None", counts: Counter[str]) -> list[dict[str, str]]:
    """What differs; nothing where it cannot be judged again, which is counted."""
    from bf_reconciler.status import differences, judged_again  # noqa: PLC0415 # help needs none

    if judgement is not None and judgement.withheld:
        counts["withheld"] += 1
        return []
    try:
        again = judged_again(judgement) if judgement is not None else None
    except ValueError:  # what was declared then is no declaration today
        again = None
    if judgement is None or again is None:
        counts["unreadable"] += 1
        return []
    counts["judged"] += 1
    found = differences(judgement.outcome, again)
    return [{"what": what, "recorded": was, "now": is_now} for what, was, is_now in found]


def _table(counts: Counter[str], differing: list[dict[str, Any]], language: Language) -> None:
    from rich.text import Text  # noqa: PLC0415 # JSON needs no rich

    from bf_reconciler.cli import tables  # noqa: PLC0415

    judged, others = counts["judged"], len(differing)
    head = (
        OTHERS.in_(language).format(judged, others) if others else SAME.in_(language).format(judged)
    )
    shown: list[Any] = [Text(head, style="bold red" if others else "bold green")]
    skipped = counts["unreadable"] + counts["withheld"]
    if skipped:
        words = SKIPPED.in_(language).format(skipped, counts["unreadable"], counts["withheld"])
        shown.append(Text(words, style="yellow"))
    if others:
        lines = [
            (str(each["row"]), tables.moment(each["at"]), each["name"], *difference.values())
            for each in differing
            for difference in each["differs"]
        ]
        columns = ("Row", "Time", "Name", "Condition", "Recorded", "Now")
        shown.append(tables.table(columns, lines, language))
    tables.show(*shown)
