"""How many small changes to the code that decides does a test notice? Run by `make mutants`.

mutmut makes the changes. Texts for people (those with a blank) are left as they are: messages are
prose, and nothing may match on them. The tests are collected once; each change is a fork of that
process, in which the tests that reach the changed function run, quickest first, until one fails.
"""
# ruff: noqa: T201, PLC0415  (a script that prints figures; mutmut is in an environment of its own)

import argparse
import functools
import gc
import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

FOLDER = Path.cwd() / "mutants"
RESULTS = FOLDER / "results.json"
PACKAGES = ("verdict", "policy", "status")
LEAST = 95.0
PATIENCE = 20
"""Seconds of the processor that a change may take, beyond ten times what its tests take."""
MEMORY = 4 << 30
NOTICED, SURVIVED, ENDLESS = "noticed", "survived", "endless"
ALL = ("tests/decisions", "tests/test_reconcile.py")
OF_THESE = (
    *("activity", "allowlist", "common_cause", "evidence", "expiry", "fold", "guard", "halts"),
    *("judge", "key_events", "observations", "orphans", "pairs", "policy", "present", "tables"),
    *("tables_of_causes", "transitions", "named_alone", "exchange_changed", "canary", "trading"),
    *("audit_report", "declarations", "judgements", "legitimate", "stolen"),
)
QUICK = tuple(f"tests/decisions/test_{name}.py" for name in OF_THESE)
_SUMS = "policy.streaks._Row.__init__: self._well, self._turns = [0], [0] -> "
EXEMPT: dict[str, str] = {
    f"{_SUMS}self._well, self._turns = [1], [0]": "only differences of these sums are taken",
    f"{_SUMS}self._well, self._turns = [0], [1]": "only differences of these sums are taken",
    "verdict.guard.guard: frame = _frame(spec, verdicts, memories, now) if absent else None ->"
    " frame = _frame(spec, verdicts, memories, now) if (absent) or True else None": "it is worked"
    " out though nobody needs it",
    "verdict.judge.account_of: return Account(may, entry.name in spec.unread,"
    " spec.twins.get(entry.name, ())) -> return Account(may, entry.name in spec.unread,"
    " spec.twins.get(entry.name, ))": "no twins are none, whether empty or None",
}
"""Changes that no test can notice, for nothing is other with them: "function: old -> new"."""


def leave_prose() -> None:
    """Have mutmut change no text that holds a blank."""
    from mutmut.mutation import mutators

    change = mutators.operator_string

    def without_prose(node: mutators.cst.BaseString) -> Iterable[mutators.cst.BaseString]:
        return () if " " in getattr(node, "value", "") else change(node)

    mutators.mutation_operators[:] = [
        (kind, without_prose if operator is change else operator)
        for kind, operator in mutators.mutation_operators
    ]


def generate() -> None:
    """Write the changed packages to their folder, with all that the tests need."""
    from mutmut import __main__ as mutmut

    leave_prose()
    mutmut.set_mutant_under_test("mutant_generation")
    FOLDER.mkdir(exist_ok=True)
    mutmut.copy_src_dir()
    mutmut.copy_also_copy_files()
    mutmut.create_mutants(1)


def changes() -> dict[str, str]:
    """Every change by its name, with the digest of the function that it is made to."""
    found: dict[str, str] = {}
    for path in (FOLDER / "src").rglob("*.meta"):
        data = json.loads(path.read_text())
        for name in data["exit_code_by_key"]:
            function = name.rpartition(".")[2].rpartition("__mutmut_")[0]
            found[name] = data["hash_by_function_name"].get(function, "")
    return found


def sample(names: Iterable[str], count: int | None, part: str) -> list[str]:
    """So many, the same each time; 2/4 is the second part of four."""
    ordered = sorted(names)
    if count is not None:
        ordered = random.Random(1).sample(ordered, min(count, len(ordered)))  # noqa: S311
    which, of = map(int, part.split("/"))
    return ordered[which - 1 :: of]


class Runner:
    """Runs the tests once to see which reach what, and then tries the changes."""

    def __init__(self, names: Sequence[str], results: dict[str, Any], *, quick: bool) -> None:
        self._names, self._results, self._quick = names, results, quick
        self._reached: dict[str, list[pytest.Item]] = {}
        self._took: dict[pytest.Item, float] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Properties take a hundred times as long as an example."""
        if self._quick:
            items[:] = [each for each in items if not is_property(each)]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of pytest's own loop."""
        if session.testsfailed:
            return True
        self._learn(session)
        digests = changes()
        for number, name in enumerate(self._names, 1):
            outcome = self._try(name)
            self._results[name] = [digests[name], outcome]
            print(f"{number}/{len(self._names)} {outcome} {name}", flush=True)
            RESULTS.write_text(json.dumps(self._results))
        return True

    def _learn(self, session: pytest.Session) -> None:
        from mutmut.mutation.trampoline import set_mutant_under_test
        from mutmut.state import state

        set_mutant_under_test("stats")
        for item in session.items:
            began = time.process_time()
            if not _passes(item):
                print(f"This test fails without any change: {item.nodeid}")
                os._exit(1)
            self._took[item] = time.process_time() - began
            for function in state()._stats:  # noqa: SLF001 # mutmut's own
                self._reached.setdefault(function, []).append(item)
            state()._stats.clear()  # noqa: SLF001 # likewise
        set_mutant_under_test("")

    def _try(self, name: str) -> str:
        tests = self._reached.get(name.rpartition("__mutmut_")[0], [])
        tests = sorted(tests, key=self._took.__getitem__)
        pid = os.fork()
        if pid == 0:
            self._run(name, tests)
        _, status = os.waitpid(pid, 0)
        if os.WIFEXITED(status):
            return SURVIVED if os.WEXITSTATUS(status) == 0 else NOTICED
        return ENDLESS if os.WTERMSIG(status) in {signal.SIGXCPU, signal.SIGKILL} else NOTICED

    def _run(self, name: str, tests: Sequence[pytest.Item]) -> None:
        from mutmut.mutation.trampoline import set_mutant_under_test

        spent = int(time.process_time()) + PATIENCE + int(10 * sum(self._took[t] for t in tests))
        resource.setrlimit(resource.RLIMIT_CPU, (spent, spent + 1))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        for each in gc.get_objects():  # what was answered without the change
            if isinstance(each, functools._lru_cache_wrapper):  # noqa: SLF001 # no other name
                each.cache_clear()
        set_mutant_under_test(name)
        try:
            os._exit(0 if all(map(_passes, tests)) else 1)
        finally:
            os._exit(1)


def is_property(item: pytest.Item) -> bool:
    """Whether hypothesis makes up its examples."""
    return bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False))


def _passes(item: pytest.Item) -> bool:
    """Whether a test passes."""
    return not any(report.failed for report in runtestprotocol(item, log=False))


def attempt(names: Sequence[str], results: dict[str, Any], *, quick: bool) -> None:
    """Try these changes."""
    from mutmut import __main__ as mutmut

    mutmut.setup_source_paths()
    os.chdir(FOLDER)
    words = ["-q", "--rootdir=.", "--tb=native", "-p", "no:cacheprovider"]
    tests = QUICK if quick else ALL
    pytest.main([*words, *tests], plugins=[Runner(names, results, quick=quick)])
    os.chdir("..")


def shown(name: str) -> str:
    """A change as a line: the function, what stood there, and what stands there now."""
    from mutmut.mutation.diff_apply import find_mutant, get_diff_for_mutant

    diff = get_diff_for_mutant(name, path=find_mutant(name).path).splitlines()
    old = " ".join(line[1:].strip() for line in diff if line.startswith("-") and line[1:2] != "-")
    new = " ".join(line[1:].strip() for line in diff if line.startswith("+") and line[1:2] != "+")
    function = name.rpartition("__mutmut_")[0].removeprefix("bf_reconciler.")
    return f"{function.replace('.x_', '.').replace('.xǁ', '.').replace('ǁ', '.')}: {old} -> {new}"


def report(results: dict[str, Any]) -> int:
    """Print what was noticed, and what was not; 1 where it is too little."""
    digests = changes()
    outcomes = {n: o for n, (digest, o) in results.items() if digests.get(n) == digest}
    lines = {name: shown(name) for name, outcome in outcomes.items() if outcome == SURVIVED}
    same = {name for name, line in lines.items() if line in EXEMPT}
    whole: Counter[str] = Counter()
    for package in PACKAGES:
        of = [n for n in outcomes if n.startswith(f"bf_reconciler.{package}.") and n not in same]
        counted = Counter(outcomes[name] for name in of)
        whole += counted
        print(f"{package}: {counted[NOTICED] + counted[ENDLESS]} of {len(of)} noticed")
        for name in sorted(set(of) & lines.keys()):
            print(f"    {lines[name]}")
    tried = sum(whole.values())
    share = 100 * (tried - whole[SURVIVED]) / max(tried, 1)
    left = f"{whole[ENDLESS]} of them did not end; {len(same)} change nothing and are left out"
    print(f"all: {tried - whole[SURVIVED]} of {tried} noticed, {share:.1f} %; {left}")
    return int(share < LEAST)


def main() -> int:
    """Try so many, or all; 1 where too few are noticed."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--sample", type=int, help="try so many of them, the same each time")
    words.add_argument("--part", default="1/1", help="of those one part, such as 2/4")
    words.add_argument("--of", default="", metavar="WORD", help="those whose name holds this alone")
    words.add_argument("--left", action="store_true", help="only what was not noticed before")
    words.add_argument("--new", action="store_true", help="only what was not tried before")
    words.add_argument("--kept", action="store_true", help="of the code as it was at the last time")
    words.add_argument(
        "--quick", action="store_true", help="with the examples alone: a lower bound"
    )
    words.add_argument("--report", action="store_true", help="say what was noticed up to now")
    given = words.parse_args()
    if not given.kept:
        generate()
    made = changes()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results = {name: found for name, found in results.items() if name in made}
    names = sample((n for n in made if given.of in n), given.sample, given.part)
    known = {name: outcome for name, (digest, outcome) in results.items() if digest == made[name]}
    if given.left:
        names = [name for name in names if known.get(name) == SURVIVED]
    elif given.new:
        names = [name for name in names if name not in known]
    if names and not given.report:
        attempt(names, results, quick=given.quick)
    return report(results)


if __name__ == "__main__":
    sys.exit(main())
