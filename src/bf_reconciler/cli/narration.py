"""Tells the demo as it plays, on standard output."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from bf_reconciler.cli import tables
from bf_reconciler.cli.words import heading, title, translated
from bf_reconciler.demo import Step
from bf_reconciler.facts import Language
from bf_reconciler.status import activity

SAYS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "begin": "Page: {page}   Exchanges: {simulator}",
        "seen": "Detected after {seconds:.1f} s.",
        "end": "All steps passed. The page stays at {page} until you press Ctrl-C.",
        "cut": "Stopped after {played} of {total} steps.",
    },
    "tr": {
        "begin": "Sayfa: {page}   Borsalar: {simulator}",
        "seen": "{seconds:.1f} sn sonra algılandı.",
        "end": "Tüm adımlar başarılı. Sayfa, Ctrl-C'ye basana kadar açık: {page}",
        "cut": "{total} adımın {played} tanesinden sonra durduruldu.",
    },
}


class Narrator:
    """Narrates in one language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def begin(self, page: str, simulator: str) -> None:
        self._say("begin", page=page, simulator=simulator)

    def step(self, number: int, total: int, step: Step) -> None:
        text = f"{number}/{total}  {step.says[self._language]}"
        tables.show(Text(), Text(text, style="bold"))

    def seen(
        self, rows: Sequence[Mapping[str, Any]], config: Mapping[str, Any], seconds: float
    ) -> None:
        parts: list[RenderableType] = [self._table(translated(list(rows), self._language))]
        if not config["last_reload_successful"]:
            told = translated(config, self._language)
            file = heading("The file", self._language)
            parts.append(
                Text(f"{file}: {told['reason']}: {told['message']}. {told['remedy']}", style="red")
            )
        tables.show(*parts)
        self._say("seen", style="dim", seconds=seconds)

    def end(self, page: str) -> None:
        tables.show(Text())
        self._say("end", page=page)

    def cut(self, played: int, total: int) -> None:
        tables.show(Text())
        self._say("cut", played=played, total=total)

    def _say(self, words: str, *, style: str = "", **values: object) -> None:
        tables.show(Text(SAYS[self._language][words].format(**values), style=style))

    def _table(self, rows: Sequence[Mapping[str, Any]]) -> RenderableType:
        heads = [(row, row["conditions"][0]) for row in rows]
        return tables.table(
            ("Name", "Status", "Running", "Reason", "What to do"),
            (
                (
                    *(row["name"], row["status"], self._running(row)),
                    *(title(head["reason"], self._language), head["remedy"]),
                )
                for row, head in heads
            ),
            self._language,
        )

    def _running(self, row: Mapping[str, Any]) -> str:
        """What the bot of a strategy says that it does."""
        if "running" not in row:
            return ""
        return activity(row["told"], row["running"], self._language).words
