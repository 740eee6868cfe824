"""What the tests know of each exchange of the table: its folder here, read once.

No table of the shared tests names an exchange: they run over ``CASES``. A new exchange is a new
folder.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path

from bf_reconciler.exchanges import EXCHANGES, Exchange

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Reads:
    """`reads.json`: every call that may go out.

    Each is there because somebody has read in the documents that it changes nothing.

    Attributes:
        questions: Implicit method of ccxt to the path it goes to.
        markets: Likewise, by the kind of market, for the one call of each public list.
        announced: Likewise, the public call that tells maintenance; empty where there is none.
        constants: Parameters that say always the same; none names anything that could be changed.
        posted: Method to the whole `path` of a read that the exchange serves by POST alone, and
            `why` it is a read.
    """

    questions: Mapping[str, str]
    markets: Mapping[str, Mapping[str, str]]
    announced: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    posted: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """`facts.json`: what the documents say, written down apart from the row.

    Attributes:
        error: Fields of an error body: its code and its text.
        ahead: Seconds a call may be ahead of the exchange's clock, where that has its own limit.
        expiry: The published rule by which keys end: `days`, and what it `counts` from.
        tells_withdraw: Whether the exchange says if a key may withdraw. Where it does not, only a
            person's word enables.
        explicit_no: Whether it says no to each right by name: an unknown one overrules none, then.
        secret_has_form: Whether a secret of any other form is told before it signs.
        in_turn: Whether signed calls carry a number that must grow from one to the next.
    """

    error: tuple[str, str] = ("code", "msg")
    ahead: float | None = None
    expiry: Mapping[str, int | str] | None = None
    tells_withdraw: bool = True
    explicit_no: bool = False
    secret_has_form: bool = False
    in_turn: bool = False


@dataclass(frozen=True, eq=False)
class Case:
    """An exchange: its row, and what its folder holds.

    `nearly.py` has ``NEARLY`` (bodies that are nearly documented descriptions of a key),
    ``says_no`` (whether one denies withdrawals, by the documents), ``wrapped`` (what the exchange
    puts around an answer), ``FIELDS`` and ``WORDS`` (of all its answers, to make others of). Where
    there are several kinds of account, ``INSTEAD`` has the first two for each code of the row's.
    """

    row: Exchange

    @property
    def folder(self):
        return HERE / self.row.id

    def read(self, name):
        return json.loads((self.folder / name).read_text())

    @cached_property
    def reads(self):
        return Reads(**self.read("reads.json"))

    @cached_property
    def facts(self):
        return Facts(**self.read("facts.json"))

    @cached_property
    def keys(self):
        """Documented descriptions of keys, by the name of their file."""
        return {path.stem: self.read(path.name) for path in sorted(self.folder.glob("key-*.json"))}

    @cached_property
    def forms(self):
        """Good answers, and which of their fields inform and which decide."""
        path = self.folder / "forms.json"
        return json.loads(path.read_text()) if path.exists() else []

    @cached_property
    def answers(self):
        """Answers that were seen or are described, and what is right to say of them."""
        path = self.folder / "answers.json"
        return json.loads(path.read_text()) if path.exists() else []

    @cached_property
    def errors(self):
        """Documented errors: body, reason or None, our address in it or None."""
        return self.read("errors.json")

    def market(self, kind):
        """A documented list of markets."""
        return self.read(f"markets-{kind}.json")

    @cached_property
    def nearly(self):
        return import_module(f"exchanges.{self.row.id}.nearly")

    def error(self, code, text):
        """An error in the exchange's own shape."""
        code_field, text_field = self.facts.error
        return {code_field: code, text_field: text}

    @property
    def accounts(self):
        """Each kind of account: its name, its row, near misses of its keys, and what says no."""
        yield self.row.id, self.row, self.nearly.NEARLY, self.nearly.says_no
        for code, row in self.row.instead.items():
            yield f"{self.row.id}-{code}", row, *self.nearly.INSTEAD[code]


CASES = {row.id: Case(row) for row in EXCHANGES.values()}
KEYS = [(case, name) for case in CASES.values() for name in case.keys]
KEY_IDS = [f"{case.row.id}-{name}" for case, name in KEYS]
