"""Fuzz for so many seconds: ``run.py loader|answers SECONDS``. Run by `make fuzz`.

Starts from the documents of the tests and from what earlier runs found (corpus/), and keeps the
inputs that reach new code in a folder of its own. `--keep` adds the smallest of those to corpus/.
"""
# ruff: noqa: T201  (a script that prints figures)

import argparse
import contextlib
import hashlib
import importlib
import io
import os
import sys
from pathlib import Path

import atheris

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
LARGEST = 1 << 15
READERS = [
    *("bf_reconciler.document", "bf_reconciler.exchanges", "bf_reconciler.spec"),
    *("bf_reconciler.probe.bodies", "bf_reconciler.probe.classify"),
    *("bf_reconciler.probe.sanitizer", "bf_reconciler.policy"),
]
"""Whose branches guide the search."""
KEPT, SMALL = 100, 4096
"""Inputs that are kept, and their size: what a repository can hold."""


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("target", choices=["loader", "answers"])
    words.add_argument("seconds", type=int)
    words.add_argument("--keep", action="store_true")
    given = words.parse_args()
    folder = Path(os.environ.get("FUZZ_FOLDER", ".venv/fuzz/inputs")) / given.target
    folder.mkdir(parents=True, exist_ok=True)
    if given.keep:
        keep(given.target, folder)
    else:
        fuzz(given.target, folder, given.seconds)


def fuzz(name, folder, seconds):
    """Never returns: libFuzzer ends the process, with 0 where nothing was found."""
    sys.path.insert(0, str(HERE.parent))
    with contextlib.redirect_stderr(io.StringIO()), atheris.instrument_imports(include=READERS):
        target = importlib.import_module(f"fuzz.{name}")
    for seed in target.seeds():
        (folder / hashlib.sha256(seed).hexdigest()).write_bytes(seed)

    def mutate(data, most, seed):
        made = target.mutate(data, most, seed) if seed % 4 else None
        return atheris.Mutate(data, most) if made is None else made

    chance = os.environ.get("FUZZ_SEED", "0")  # 0: another search each time
    options = (
        f"-max_total_time={seconds}",
        f"-max_len={LARGEST}",
        "-timeout=20",
        f"-seed={chance}",
    )
    options = (*options, "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=1")
    found = (f"-artifact_prefix={folder.parent}/{name}-",)
    kept = [str(CORPUS / name)] if (CORPUS / name).is_dir() else []
    atheris.Setup(
        [sys.argv[0], *options, *found, str(folder), *kept],
        target.check,
        custom_mutator=mutate,
    )
    atheris.Fuzz()


def keep(name, folder):
    """Add what reaches most with least bytes to the corpus."""
    sys.path.insert(0, str(HERE.parent))
    target = importlib.import_module(f"fuzz.{name}")
    known = {hashlib.sha256(seed).hexdigest() for seed in target.seeds()}
    found = [path for path in folder.iterdir() if path.name not in known]
    kept = CORPUS / name
    kept.mkdir(exist_ok=True)
    for path in sorted(found, key=lambda path: path.stat().st_size)[:KEPT]:
        if path.stat().st_size <= SMALL:
            (kept / path.name[:16]).write_bytes(path.read_bytes())
    print(f"{len(list(kept.iterdir()))} inputs in {kept}")


if __name__ == "__main__":
    main()
