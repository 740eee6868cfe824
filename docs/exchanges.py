"""Regenerate docs/exchanges.md, the table in the README, and what was seen live."""
# ruff: noqa: INP001  (a script, not a package)

import asyncio
from pathlib import Path

from bf_reconciler.cli import seen_live
from bf_reconciler.cli.exchange_docs import BEGIN, END, block, document
from bf_reconciler.probe import bundle

HOME = Path(__file__).resolve().parents[1]
TESTS = HOME / "tests" / "exchanges"


def bundles(folder: Path) -> list[tuple[Path, bundle.Bundle]]:
    """Those that were dropped into ID/live/ of this folder."""
    found = sorted(folder.glob("*/live/*.json"))
    return [(path, bundle.parse(path.read_text(encoding="utf-8"))) for path in found]


def live(folder: Path) -> seen_live.Live:
    """What those bundles show, read by the rows of today."""
    return seen_live.seen(
        (each.exchange, each.at.date(), bundle.outcome(asyncio.run(bundle.replay(each))))
        for _, each in bundles(folder)
    )


def readme(text: str, seen: seen_live.Live) -> str:
    """Return the README with the current table."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + block(seen) + after


if __name__ == "__main__":
    seen = live(TESTS)
    seen_live.FILE.write_text(seen_live.text(seen), encoding="utf-8")
    path = HOME / "README.md"
    path.write_text(readme(path.read_text(encoding="utf-8"), seen), encoding="utf-8")
    (HOME / "docs" / "exchanges.md").write_text(document(seen), encoding="utf-8")
