"""The shape of an exchange row: named calls, tables of words and codes, strict parsers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from bf_reconciler.facts import Balance, Json, KeyFacts, Orders, Reason, Said, Scope

API_KEY: Final = "{api_key}"
SYMBOL: Final = "{symbol}"


class Unexpected(Exception):  # noqa: N818 # it names a shape, and is caught by name
    """An answer whose shape no document describes. Holds the name of the field, never a value."""


class Unusable(Exception):  # noqa: N818 # it names the secret, and is caught by name
    """A secret of a form the exchange never gave. Its text is our own, and holds no value."""


def as_it_is(_api_key: str, secret: str) -> str:
    return secret


@dataclass(frozen=True, slots=True)
class Call:
    """One read on an exchange: the implicit method of ccxt, and its parameters.

    A parameter value of ``API_KEY`` or ``SYMBOL`` stands for the connection's key or one of its
    markets in the exchange's own spelling.

    Attributes:
        method: The implicit method.
        params: Its parameters.
        posts: The path of a read that the exchange serves by POST alone. A POST goes out to this
            very path or not at all; "" is a GET.
    """

    method: str
    params: Mapping[str, str] = field(default_factory=dict)
    posts: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an error body says: the exchange's code, and its text to look for words in."""

    code: str
    text: str


Kind = Literal["spot", "futures"]
"""Kinds of markets that have lists of their own."""


def kind_of(pair: str) -> Kind:
    """The kind of a pair of ccxt form."""
    return "futures" if ":" in pair else "spot"


def any_pair(_pair: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Listing:
    """A public call that lists all markets of a kind; nobody needs a key for it.

    Attributes:
        call: The call.
        read: Body to pairs, in ccxt form but with the exchange's own names of currencies, and
            whether each trades now.
        covers: Whether a pair would stand there if the exchange had it.
    """

    call: Call
    read: Callable[[Json], Mapping[str, bool]]
    covers: Callable[[str], bool] = any_pair


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment of an exchange: what is other there than in `live`.

    Attributes:
        base: Base URL of its calls; None is where ccxt sends them anyway.
        headers: Sent with every signed call.
        key: The key question, where it is another one there.
        read_key: The reader of that question's answer.
        kinds: Kinds whose lists of markets its base serves.
    """

    base: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    key: Call | None = None
    read_key: Callable[[Json, datetime], KeyFacts] | None = None
    kinds: tuple[Kind, ...] = ("spot", "futures")


@dataclass(frozen=True, slots=True)
class Expiry:
    """A published rule by which live keys end that are bound to no address.

    Every rule known spares keys that are bound to addresses.

    Attributes:
        after: How long a key lives.
        counts: From its creation, or from its last use.
        source: Where the exchange publishes the rule, for people.
        scopes: The rule is for keys with one of these rights; empty is any key.
        told: The exchange tells the date wherever the rule applies: none is ever worked out.
        probes_count: Whether a probe of ours is use; None where no document says.
    """

    after: timedelta
    counts: Literal["creation", "idle"]
    source: str
    scopes: frozenset[Scope] = frozenset()
    told: bool = False
    probes_count: bool | None = None


@dataclass(frozen=True, slots=True)
class First:
    """A call before the key question, where that takes a value which the file does not hold.

    Attributes:
        call: Goes out first; where it is refused, so is the key question.
        param: The parameter of the key question that takes the value.
        read: Body to the value.
    """

    call: Call
    param: str
    read: Callable[[Json], str]


@dataclass(frozen=True, slots=True)
class More:
    """A second call of the key question, where the first one does not describe a key whole.

    Attributes:
        call: Goes out once the first one has a good answer.
        read: What the first one told, the body of this one, and the API key, to facts.
    """

    call: Call
    read: Callable[[KeyFacts, Json, str], KeyFacts]


LIVE: Final = Environment()
QUESTIONS: Final = 4


@dataclass(frozen=True, slots=True)
class Exchange:
    """One exchange: facts and parsing, no calls made.

    Attributes:
        id: Our name, as the file has it.
        title: The name people know.
        ccxt: Name of the ccxt class.
        credentials: Fields of ``credentials`` that must be there; any other is superfluous.
        window: Seconds our clock may differ before signed calls are refused; None where signed
            calls carry no time.
        ahead: Likewise, ahead of the exchange, where that is less: it tells such a call by a code.
        rate: Requests per second we allow ourselves, per egress address.
        hosts: Hosts of its own that its signature names, where it has more than one.
        time, key, balance, orders: The four questions.
        read_secret: API key and secret of the file to the secret as ccxt takes it, or Unusable.
        read_time: Body of the time answer to epoch milliseconds.
        read_key: Body of the key answer, and the time of asking, to facts.
        read_balance, read_orders: Bodies to facts; empty is not unreadable.
        refusal: The code and text of an error body, or None where the body is no error. A body
            that is no JSON is given as text.
        codes: Error code to reason.
        phrases: (code, words in the text, reason): looked at before ``codes``; the code "" is any
            code, and letters match whatever their case.
        client_ip: Finds our egress address in an error text, where the exchange tells it.
        retry_header: Header of its own that says when to come back, and its unit in seconds;
            Retry-After is known to all.
        symbol: A pair of ccxt form in the exchange's spelling.
        needs: What each right of ours is called there, for people.
        notes: What the exchange cannot tell, for people.
        worlds: Its environments, by the value of ``environment`` in the file.
        world: The environment this row speaks of; ``within`` gives the row of another one.
        expiry: The published rule by which keys end, where there is one.
        markets: The lists of its markets, by kind; where there is none, pairs are not checked.
        first: What the key question needs before its own call.
        more: What the key question needs after its own call.
        instead: Codes by which the key question is refused to accounts of another kind, and the row
            that asks those; the key question goes out before balance and orders, then.
        in_turn: Signed calls carry a number that must grow from one to the next, so of one key
            they go out one after another.
        pauses: Code to the seconds we stay away after it, where the answer itself says nothing.
        confirm: Times in a row, at least, that a refusal must be met before it is believed: more
            than one where good keys are known to be refused now and then.
    """

    id: str
    title: str
    ccxt: str
    credentials: tuple[str, ...]
    window: float | None
    rate: float
    time: Call
    key: Call
    balance: Call
    orders: Call
    read_time: Callable[[Json], int]
    read_key: Callable[[Json, datetime], KeyFacts]
    read_balance: Callable[[Json], Balance]
    read_orders: Callable[[Json], Orders]
    refusal: Callable[[Json], Refusal | None]
    codes: Mapping[str, Reason]
    phrases: tuple[tuple[str, str, Reason], ...]
    client_ip: Callable[[str], str | None]
    symbol: Callable[[str], str]
    needs: Mapping[Scope, Said]
    notes: tuple[Said, ...] = ()
    worlds: Mapping[str, Environment] = field(default_factory=lambda: {"live": LIVE})
    world: Environment = LIVE
    retry_header: tuple[str, float] | None = None
    read_secret: Callable[[str, str], str] = as_it_is
    hosts: tuple[str, ...] = ()
    expiry: Expiry | None = None
    markets: Mapping[Kind, Listing] = field(default_factory=dict)
    first: First | None = None
    more: More | None = None
    instead: Mapping[str, "Exchange"] = field(default_factory=dict)
    in_turn: bool = False
    pauses: Mapping[str, float] = field(default_factory=dict)
    ahead: float | None = None
    confirm: int = 1

    @property
    def requests(self) -> int:
        """The most requests that one probe makes."""
        both = (self.first is not None) + (self.more is not None)
        return QUESTIONS + both + bool(self.instead)

    @property
    def environments(self) -> tuple[str, ...]:
        """Values of ``environment`` the exchange has."""
        return tuple(self.worlds)

    def within(self, environment: str) -> "Exchange":
        """The row as it stands in one of the exchange's environments."""
        world = self.worlds[environment]
        return replace(
            self,
            world=world,
            key=world.key or self.key,
            read_key=world.read_key or self.read_key,
            markets={kind: found for kind, found in self.markets.items() if kind in world.kinds},
            instead={code: row.within(environment) for code, row in self.instead.items()},
        )
