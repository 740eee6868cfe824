"""How many small changes to the code that decides does a test notice? Run by `make mutants`.

mutmut makes the changes, one at a time. Texts for people (those with a blank) are left as they are:
messages are prose, and nothing may match on them. Each change is met first by the tests that take
no time, and by all others only where none of those noticed it.
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
QUICK = 3.0
"""Seconds: tests that take no longer come first, and most changes are noticed by one of them."""


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


class Patience:
    """Has mutmut run the quick tests alone, until they are no longer enough."""

    def __init__(self) -> None:
        from mutmut.runners.harness import PytestRunner  # noqa: PLC0415 # likewise

        self.quick_alone = True
        run_tests = PytestRunner.run_tests

        def chosen(runner: PytestRunner, *, mutant_name: str | None, tests: Iterable[str]) -> int:
            tests = self._chosen(list(tests))
            return int(run_tests(runner, mutant_name=mutant_name, tests=tests))

        PytestRunner.run_tests = chosen

    def _chosen(self, tests: list[str]) -> list[str]:
        from mutmut.state import state  # noqa: PLC0415 # likewise

        took = state().duration_by_test
        quick = [each for each in tests if took.get(each, 0) < QUICK]
        return quick if self.quick_alone and quick else tests


def results(folder: Path = FOLDER) -> dict[str, bool | None]:
    """Whether each change was noticed; None is not tried."""
    return {
        name: None if code is None else code in KILLED
        for path in folder.rglob("*.meta")
        for name, code in json.loads(path.read_text())["exit_code_by_key"].items()
    }


def sample(count: int, part: str) -> list[str]:
    """Names of so many changes, the same each time; 2/4 is the second part of four."""
    names = sorted(results())
    chosen = random.Random(1).sample(names, min(count, len(names)))  # noqa: S311 # no secret
    which, of = map(int, part.split("/"))
    return chosen[which - 1 :: of]


def main() -> int:
    """Try so many, or all; 1 where too few are noticed."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--sample", type=int, help="try so many of them, the same each time")
    words.add_argument("--part", default="1/1", help="of those one part, such as 2/4")
    words.add_argument("--left", action="store_true", help="try what was not noticed once more")
    words.add_argument("--quick", action="store_true", help="with the quick tests alone")
    words.add_argument("--show", metavar="NAME", help="show a change that was made")
    words.add_argument("--report", action="store_true", help="say what was noticed up to now")
    given = words.parse_args()
    leave_prose()
    if given.show:
        return run("show", given.show)
    if not given.report:
        attempt(given)
    return report()


def attempt(given: argparse.Namespace) -> None:
    """Try each with the quick tests, and those that none of them noticed with all tests."""
    patience = Patience()
    if not FOLDER.exists():
        run("run", "--max-children", "1", "none-of-them")
    names = sample(given.sample, given.part) if given.sample else list(results())
    names = [name for name in names if not given.left or results()[name] is False]
    if names:
        run("run", "--max-children", "1", *names)
    found = results()
    left = [name for name in names if found[name] is False]
    if left and not given.quick:
        patience.quick_alone = False
        run("run", "--max-children", "1", *left)


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
    """Print what was noticed, and name what was not."""
    whole: Counter[bool | None] = Counter()
    for name in PACKAGES:
        found = results(FOLDER / name)
        counted = Counter(found.values())
        whole += counted
        print(f"{name}: {counted[True]} of {counted[True] + counted[False]} noticed")
        print("\n".join(f"    {each}" for each in sorted(found) if found[each] is False))
    tried = whole[True] + whole[False]
    share = 100 * whole[True] / max(tried, 1)
    print(f"all: {whole[True]} of {tried}, {share:.1f} %; not tried: {whole[None]}")
    return int(share < LEAST)


if __name__ == "__main__":
    sys.exit(main())
