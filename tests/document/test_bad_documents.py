"""Every wrong document beside its exact problems.

`BF_GOLDEN=write pytest tests/document/test_bad_documents.py` writes the goldens anew; read each.
"""

import os
from pathlib import Path

import pytest

from bf_reconciler.document import parse
from bf_reconciler.exchanges import EXCHANGES

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))
SENTINEL = "SENTINEL"


EXCHANGE_IDS = ", ".join(sorted(EXCHANGES))
"""The golden file says `{exchanges}`: a new exchange makes no wrong document another one."""


def told(committed):
    found = "".join(p.render("connections.yaml") + "\n" for p in parse(committed, None).problems)
    return found.replace(f"known: {EXCHANGE_IDS}\n", "known: {exchanges}\n")


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_wrong_document_is_told_as_its_golden_file_says(path):
    golden = path.with_suffix(".txt")
    found = told(path.read_bytes())
    if os.environ.get("BF_GOLDEN") == "write":
        golden.write_text(found)
    assert found == golden.read_text()


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_wrong_document_has_problems_and_each_has_a_place(path):
    problems = parse(path.read_bytes(), None).problems
    assert problems
    assert all(problem.line > 0 and problem.column > 0 for problem in problems)


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_no_credential_stands_in_a_problem(path):
    sealed = b"ENC[AES256_GCM,data:QQ==,iv:QQ==,tag:QQ==,type:str]"
    committed = path.read_bytes().replace(sealed, b"SENTINEL-a9f3")
    for allow in (False, True):
        for problem in parse(committed, None, allow_plaintext=allow).problems:
            assert SENTINEL not in problem.render("connections.yaml")


def test_there_are_enough_wrong_documents_and_no_golden_is_left_over():
    assert len(BAD) >= 45
    assert {p.stem for p in BAD} == {p.stem for p in (Path(__file__).parent / "bad").glob("*.txt")}
