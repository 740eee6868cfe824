"""What a fuzzer found stays mended: every kept input passes the checks. `make fuzz` finds more."""

from pathlib import Path

import pytest

from fuzz import answers, loader

HERE = Path(__file__).parent / "corpus"
TARGETS = {"answers": answers, "loader": loader}


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_found_stays_mended(name):
    kept = sorted((HERE / name).iterdir())
    assert kept
    for path in kept:
        TARGETS[name].check(path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_and_some_changes_of_it_keep_the_laws(name):
    target = TARGETS[name]
    for number, seed in enumerate(target.seeds()):
        target.check(seed)
        target.check(target.mutate(seed, 1 << 15, number) or seed)
