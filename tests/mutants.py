"""How many small changes to the code that decides does a test notice? Run by `make mutants`.

mutmut makes the changes, one at a time. Texts for people (those with a blank) are left as they are:
messages are prose, and nothing may match on them.
"""
# ruff: noqa: T201  (a script that prints figures)

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path("mutants/src/bf_reconciler")
PACKAGES = ("verdict", "policy", "status")
KILLED = {1, 3, 36, -24, 24, 152, 255}
"""Exit codes of mutmut: a test failed, or it did not end."""
LEAST = 95.0


def leave_prose() -> None:
    """Have mutmut change no text that holds a blank."""
    from mutmut.mutation import mutators  # noqa: PLC0415 # an environment of its own

    change = mutators.operator_string

    def without_prose(node: mutators.cst.BaseString) -> Iterable[mutators.cst.BaseString]:
        return () if " " in getattr(node, "value", "") else change(node)

    mutators.mutation_operators[:] = [
        (kind, without_prose if operator is change else operator)
        for kind, operator in mutators.mutation_operators
    ]


def counts(folder: Path) -> Counter[bool | None]:
    """How many changes in this folder were noticed, and how many were not (None: not tried)."""
    found: Counter[bool | None] = Counter()
    for path in folder.rglob("*.meta"):
        codes = json.loads(path.read_text())["exit_code_by_key"].values()
        found.update(None if code is None else code in KILLED for code in codes)
    return found


def sample(count: int) -> list[str]:
    """Names of so many changes, the same each time."""
    names = sorted(
        name
        for path in FOLDER.rglob("*.meta")
        for name in json.loads(path.read_text())["exit_code_by_key"]
    )
    return random.Random(1).sample(names, min(count, len(names)))  # noqa: S311 # no secret


def main() -> int:
    """Try so many, or all; 1 where too few are noticed."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--sample", type=int, help="try so many of them, the same each time")
    words.add_argument("--show", metavar="NAME", help="show a change that was made")
    given = words.parse_args()
    leave_prose()
    if given.show:
        return run("show", given.show)
    if given.sample and not FOLDER.exists():
        run("run", "--max-children", "1", "none-of-them")
    run("run", "--max-children", "1", *(sample(given.sample) if given.sample else ()))
    return report()


def run(*words: str) -> int:
    """A command of mutmut."""
    from mutmut.__main__ import cli  # noqa: PLC0415 # likewise

    try:
        cli(list(words), standalone_mode=False)
    except (AssertionError, SystemExit) as error:  # so it says that there is none of this name
        print(error)
        return 1
    return 0


def report() -> int:
    """Print what was noticed, and what was not."""
    whole: Counter[bool | None] = Counter()
    for name in PACKAGES:
        found = counts(FOLDER / name)
        whole += found
        print(f"{name}: {found[True]} of {found[True] + found[False]} noticed")
    tried = whole[True] + whole[False]
    share = 100 * whole[True] / max(tried, 1)
    print(f"all: {whole[True]} of {tried}, {share:.1f} %; not tried: {whole[None]}")
    return int(share < LEAST)


if __name__ == "__main__":
    sys.exit(main())
