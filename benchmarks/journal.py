"""What the chains of the journal cost: rows a second, growth of a simulated day, checks."""

import asyncio
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from turns import INTERVAL, KEY, START, Engine, Memory, fleet

from bf_reconciler.daemon.cycle import Cycle
from bf_reconciler.document.declared import declared as document_fields
from bf_reconciler.facts import Failure, Observation, Reason, Scope
from bf_reconciler.journal import Journal, chain, database
from bf_reconciler.reload import Reload
from bf_reconciler.spec import Names, Spec
from bf_reconciler.status import ConfigStatus, Record, Status, Transition, judged_again

KEYS = 40
"""Of the simulated day; its figures are for 1,000."""
PARTS = 20
"""So many turns ask everybody once."""
OUTAGES = (timedelta(hours=3), timedelta(hours=15))
OUTAGE = timedelta(minutes=5)
LOST = 0.001
"""Share of probes that time out by themselves."""
WIDER = replace(KEY, granted=KEY.granted | {Scope.TRANSFER}, denied=KEY.denied - {Scope.TRANSFER})
TIMEOUT = Failure(Reason.TIMEOUT, "No answer within 10 s.")
ROWS = 100_000


class Day(Memory):
    """A day in which some of everything happens. Saves to a real journal."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self.journal, self.chance = journal, random.Random(3)  # noqa: S311 # a play, no secrets

    def answer(self, count: int, now: datetime) -> int:
        found = super().answer(count, now)
        since = now - START
        down = any(begin <= since < begin + OUTAGE for begin in OUTAGES)
        for name, seen in self.finished.items():
            wider = int(name.rpartition("-")[2]) % 20 == 0 and since > timedelta(hours=8)
            if down or self.chance.random() < LOST:
                self.finished[name] = Observation(now, seen.entry, TIMEOUT)
            elif wider and since < timedelta(hours=9):
                self.finished[name] = replace(seen, key=WIDER)
        return found

    async def save(self, record: Record, changes: Any = (), names: Any = None) -> None:
        self.journal.save(record, changes, names)

    def later(self, record: Record, names: Any, changes: Any = (), resting: Any = ()) -> None:
        """Nothing rests: what a save costs is what is measured."""
        self.journal.save(record, changes, names | Names(frozenset(resting)))


def declared(spec: Spec, word: str = "") -> Spec:
    """With what stands in the file; ``word``: of a commit that changes one in a hundred."""
    connections = {}
    for index, (name, entry) in enumerate(spec.connections.items()):
        changed = {"account": word} if word and index % 100 == 0 else {}
        connection = entry.connection.model_copy(update=changed)
        connections[name] = replace(
            entry, connection=connection, declared=document_fields(connection)
        )
    strategies = {
        name: replace(entry, declared=document_fields(entry.strategy))
        for name, entry in spec.strategies.items()
    }
    return replace(spec, connections=connections, strategies=strategies, generation=1 + bool(word))


async def day(folder: Path) -> None:
    config = ConfigStatus(last_reload_successful=True)
    with Journal(folder) as journal:
        world = Day(journal)
        cycle = Cycle(
            world, Engine(), world, Record(Status(), {}), lambda *_: None, asyncio.Event()
        )
        cycle.take(Reload(declared(fleet(KEYS)), config))
        now, step = START, INTERVAL / PARTS
        await cycle.turn(now)
        for turn in range(24 * 60 * PARTS):
            now += step
            world.answer(max(KEYS // PARTS, 1), now)
            if turn == 2 * 60 * PARTS:
                start = sizes(folder)
            if turn == 12 * 60 * PARTS:
                cycle.take(Reload(declared(fleet(KEYS), "sub"), config))
            await cycle.turn(now)
    for table, (rows, size) in sizes(folder).items():
        more, bytes_ = rows - start[table][0], size - start[table][1]
        print(
            f"{table}: {more * 1000 // KEYS} rows, {bytes_ * 1000 / KEYS / 1e6:.2f} MB per 1,000"
            " keys and day"
        )


def sizes(folder: Path) -> dict[str, tuple[int, int]]:
    """Rows, and bytes of their content with hash and number."""
    with closing(sqlite3.connect(folder / "journal.db")) as connection:
        return {
            table: connection.execute(
                f"SELECT count(*), total(length(json) + length(name) + 56) FROM {table}"  # noqa: S608 # a name of ours
            ).fetchone()
            for table in chain.TABLES
        }


def a_transition(number: int) -> Transition:
    at = START + timedelta(seconds=number)
    message = "The key now has this permission: transfer."
    return Transition(
        at, "key", f"kucoin-main-{number % 1000}", "", "transfer", Reason.KEY_CHANGED, message,
        3, "4e0b6d1c", what="right_granted",
    )  # fmt: skip


@contextmanager
def timed(what: str, count: int) -> Iterator[None]:
    begun, cpu = time.perf_counter(), time.process_time()
    yield
    took, spent = time.perf_counter() - begun, time.process_time() - cpu
    print(
        f"{what}: {count / took:,.0f} a second, {spent / count * 1e6:.0f} us of CPU each,"
        f" {took:.2f} s"
    )


def expect(good: bool) -> None:  # noqa: FBT001 # as an assertion
    if not good:
        raise SystemExit("not as it was written")


def writing(folder: Path) -> None:
    for size in (1, 20, 500):
        with Journal(folder / str(size)) as journal:
            saves = 200 if size == 1 else 50
            batches = [[a_transition(n) for n in range(size)] for _ in range(saves)]
            with timed(f"rows, {size} a save", saves * size):
                for batch in batches:
                    journal.save(Record(Status(), {}), batch)


def hashing(folder: Path) -> None:
    """The chain alone: the same rows with hashes and without."""
    with Journal(folder) as journal:
        rows = [
            chain.Entry(1.0, "name", json.dumps({"n": n, "x": "x" * 300})) for n in range(20000)
        ]
        with journal._using() as connection:  # noqa: SLF001 # without what is around it
            with timed("appended with hashes", len(rows)), database.transaction(connection):
                chain.append(connection, "transitions", rows)
            query = "INSERT INTO plain (at, name, json) VALUES (?, ?, ?)"
            connection.execute("CREATE TABLE plain (id INTEGER PRIMARY KEY, at, name, json)")
            with timed("appended without", len(rows)), database.transaction(connection):
                connection.executemany(query, rows)


def checking(folder: Path) -> None:
    """A full table: what checking it takes, and bringing it up from the schema before."""
    folder.mkdir()
    with closing(sqlite3.connect(folder / "journal.db")) as connection:
        connection.executescript(database.MIGRATIONS[0])
        text = json.dumps({"x": "x" * 400})
        values = [(START.timestamp() + n, "name", text) for n in range(ROWS)]
        query = "INSERT INTO transitions (at, name, json) VALUES (?, ?, ?)"
        connection.executemany(query, values)
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
    with timed("brought up from schema 1", ROWS):
        journal = Journal(folder)
    with journal, timed("verified", ROWS):
        expect(journal.verify().intact)


def judging(folder: Path) -> None:
    with Journal(folder, readonly=True) as journal:
        found = [judgement for _, judgement in journal.judgements() if judgement is not None]
        with timed("judged again", len(found)):
            expect(all(judged_again(each) == each.outcome for each in found))
        with timed("verified after a day", sum(journal.verify().rows.values())):
            expect(journal.verify().intact)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if sys.argv[1:] else None) as temporary:
        place = Path(temporary)
        writing(place / "writing")
        hashing(place / "hashing")
        checking(place / "checking")
        asyncio.run(day(place / "day"))
        judging(place / "day")
