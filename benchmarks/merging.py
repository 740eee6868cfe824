"""What a commit of one file of a folder costs by itself: no sops, no disk, no turn.

    python benchmarks/merging.py [--files 200] [--entries 50] [--output table|json]

Milliseconds of CPU, medians: to ``read`` the changed file, ``merge`` all of them, ``adopt``, find
which ``probes`` to ask at once, the ``declarations`` for the journal, and the ``secrets`` that logs
hide. ``cold merge`` and ``cold adopt``: where nothing is in force yet. The command fails where a
commit takes longer than the target, reading the file apart.
"""

import argparse
import gc
import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from statistics import median
from typing import TypeVar

import yaml
from folder import document

from bf_reconciler.document import (
    Document,
    Merged,
    Parsed,
    adopt,
    merge_again,
    read_document,
    standing,
)
from bf_reconciler.facts import Seen
from bf_reconciler.reload import secrets
from bf_reconciler.schedule import request_changed
from bf_reconciler.spec import Spec
from bf_reconciler.status import DeclaredEntry, declarations, declared

T = TypeVar("T")
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SEALED = "ENC[AES256_GCM,data:QQ==,iv:QQ==,tag:QQ==,type:str]"
LIMIT = 150.0
"""Milliseconds of a commit of one file among 200."""
COMMITS = 7
PARTS = ("merge", "adopt", "probes", "declarations", "secrets")


class Clock:
    """What each part took, in milliseconds of CPU."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = {}

    def of(self, part: str, function: Callable[[], T]) -> T:
        """Call it, and note what it took."""
        begun = time.process_time()
        found = function()
        self.spent.setdefault(part, []).append((time.process_time() - begun) * 1e3)
        return found


def read(number: int, entries: int, pair: str) -> Document:
    """One file, as if sops had decrypted it."""
    plain = document(1, range(number * entries, (number + 1) * entries), 60, pair)
    sealed = re.sub(r'("(?:api_key|secret|passphrase)": )"[^"]*"', rf'\1"{SEALED}"', plain)
    found = read_document(sealed.encode(), yaml.safe_load(plain), in_folder=True)
    if not isinstance(found, Document):
        raise TypeError(found)
    return found


class Fleet:
    """What is in force of a folder, and what is known of it."""

    def __init__(self, files: int, entries: int) -> None:
        self.clock = Clock()
        self.entries = entries
        self.documents = {name(n): read(n, entries, "BTC/USDT") for n in range(files)}
        self.merged = Merged(Parsed())
        self.spec: Spec | None = None
        self.declared: Mapping[str, DeclaredEntry] = {}

    def take(self, prefix: str, number: int) -> Spec:
        """Put what stands in the files in force."""
        standing_now, before = standing(self.spec), self.spec
        last = self.merged.parsed if before is not None else None
        self.merged = self.clock.of(
            f"{prefix}merge",
            lambda: merge_again(self.documents, {}, standing_now, self.merged.files),
        )
        options = {"revision": "", "digest": f"sha256:{number}", "pepper": b"pepper"}
        self.spec, _ = self.clock.of(
            f"{prefix}adopt", lambda: adopt(before, self.merged.parsed, last=last, **options)
        )
        return self.spec

    def commit(self, number: int, seen: Mapping[str, Seen]) -> None:
        """Change the pairs of every strategy in the last file."""
        last, pair = len(self.documents) - 1, f"ETH{number}/USDT"
        changed = self.clock.of("read", lambda: read(last, self.entries, pair))
        self.documents = self.documents | {name(last): changed}
        before, spec = self.spec, self.take("", number)
        self.clock.of("probes", lambda: request_changed(before, spec, seen))
        self.clock.of("declarations", lambda: self._declare(spec, before))
        self.clock.of("secrets", lambda: sum(1 for _ in secrets(spec, before)))

    def _declare(self, spec: Spec, before: Spec | None) -> None:
        was, self.declared = self.declared, declared(spec, self.declared, before)
        list(declarations(was, self.declared, spec, None, NOW))


def measured(files: int, entries: int) -> dict[str, float]:
    """All figures."""
    gc.disable()  # the daemon collects garbage apart, too
    fleet = Fleet(files, entries)
    spec = fleet.take("cold ", 0)
    fleet.declared = declared(spec)
    seen = {n: Seen(e.fingerprint) for n, e in spec.connections.items()}
    request_changed(None, spec, seen)
    for number in range(1, COMMITS + 1):
        fleet.commit(number, seen)
    spent = {part: median(taken) for part, taken in fleet.clock.spent.items()}
    return spent | {"commit": sum(spent[part] for part in PARTS)}


def name(number: int) -> str:
    """Of a file."""
    return f"team-{number:04}.yaml"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--entries", type=int, default=50)
    parser.add_argument("--output", choices=["table", "json"], default="table")
    given = parser.parse_args()
    found = measured(given.files, given.entries)
    if given.output == "json":
        print(json.dumps(found))
    else:
        for name, spent in found.items():
            print(f"{name:<14}{spent:9.1f} ms")
    return 1 if found["commit"] > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
