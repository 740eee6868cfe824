"""Regenerate docs/exchanges.md and the table in the README from rows and guides."""
# ruff: noqa: INP001  (a script, not a package)

from pathlib import Path

from bf_reconciler.cli.exchange_docs import BEGIN, END, block, document

HOME = Path(__file__).resolve().parents[1]


def readme(text: str) -> str:
    """Return the README with the current table."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + block() + after


if __name__ == "__main__":
    path = HOME / "README.md"
    path.write_text(readme(path.read_text(encoding="utf-8")), encoding="utf-8")
    (HOME / "docs" / "exchanges.md").write_text(document(), encoding="utf-8")
