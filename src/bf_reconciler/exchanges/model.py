"""What a row is made of: calls and their readers, refusals, pace, markets, words for people."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, Final, Generic, Literal, TypeVar
from urllib.parse import urlsplit

from bf_reconciler.facts import (
    QUESTIONS,
    Announcements,
    Balance,
    Failure,
    Json,
    KeyFacts,
    Orders,
    Question,
    Reason,
    Said,
    Scope,
)

API_KEY: Final = "{api_key}"
SYMBOL: Final = "{symbol}"

R_co = TypeVar("R_co", bound=Callable[..., object], covariant=True)


class Unexpected(Exception):  # noqa: N818 # it names a shape, and is caught by name
    """An answer whose shape no document describes. Holds the name of the field, never a value."""


class Unusable(Exception):  # noqa: N818 # it names the secret, and is caught by name
    """A secret of a form the exchange never gave. Its text is our own, and holds no value."""


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
        headers: Sent with it, where an exchange answers it otherwise then.
    """

    method: str
    params: Mapping[str, str] = field(default_factory=dict)
    posts: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Query(Generic[R_co]):
    """A call, and the reader of its answer."""

    call: Call
    read: R_co


TimeQuery = Query[Callable[[Json], int]]
"""Body to epoch milliseconds."""
KeyQuery = Query[Callable[[Json, datetime], KeyFacts]]
"""Body, and the time of asking, to facts."""
BalanceQuery = Query[Callable[[Json], Balance]]
OrdersQuery = Query[Callable[[Json], Orders]]
"""Body to facts; empty is not unreadable."""
AnnouncedQuery = Query[Callable[[Json], Announcements]]
"""Body to what it tells of maintenance."""


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


@dataclass(frozen=True, slots=True)
class OtherBalance:
    """A second balance question, for accounts of which the usual one finds nothing.

    It never makes things worse: where it gets no good answer, the usual one stands.

    Attributes:
        query: The call, and the reader of its answer.
        first: What it needs before its own call.
        codes: Codes by which the usual one is refused to such accounts.
    """

    query: BalanceQuery
    first: First | None = None
    codes: frozenset[str] = frozenset()

    def wanted(self, key: KeyFacts | Failure, usual: Balance | Failure) -> bool:
        """Whether to ask it, by what the key and the usual question told."""
        unified = isinstance(key, KeyFacts) and key.unified
        if isinstance(usual, Failure):
            return usual.code in self.codes or (unified and usual.terminal)
        return unified and usual.empty


@dataclass(frozen=True, slots=True)
class Calls:
    """The four questions, and how they are asked.

    Attributes:
        time, key, balance, orders: The four questions. The first takes no key, and its answer is
            the same for all keys, so those who ask by the same egress share it.
        first: What the key question needs before its own call.
        own: Body of the key question and API key to the part that is this key's, where an answer
            may hold several keys: it is read alone, then.
        more: What the key question needs after its own call.
        instead: Codes by which the key question is refused to accounts of another kind, and the
            calls for those; the key question goes out before balance and orders, then.
        other_balance: Asked after the others, where the usual balance question finds nothing.
        key_ages: What the key question is answered means another thing at another time: days that
            are left, for one.
        in_turn: Signed calls carry a number that must grow from one to the next, so of one key
            they go out one after another.
        announced: What it tells of its maintenance, in public; None where it tells nothing. No part
            of a probe.
    """

    time: TimeQuery
    key: KeyQuery
    balance: BalanceQuery
    orders: OrdersQuery
    first: First | None = None
    own: Callable[[Json, str], Json] | None = None
    more: More | None = None
    instead: Mapping[str, "Calls"] = field(default_factory=dict)
    other_balance: OtherBalance | None = None
    key_ages: bool = False
    in_turn: bool = False
    announced: AnnouncedQuery | None = None

    @property
    def requests(self) -> int:
        """The most requests that one probe makes, but for ``other_balance``, which is rare."""
        both = (self.first is not None) + (self.more is not None)
        return len(QUESTIONS) + both + bool(self.instead)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an error body says: the exchange's code, and its text to look for words in."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Refusals:
    """How an exchange says no.

    Attributes:
        read: The code and text of an error body, or None where the body is no error. A body that
            is no JSON is given as text.
        codes: Error code to reason.
        phrases: (code, words in the text, reason): looked at before ``codes``; the code "" is any
            code, and letters match whatever their case.
        pauses: Code to the seconds we stay away after it, where the answer itself says nothing.
        confirm: Times in a row, at least, that a refusal must be met before it is believed: more
            than one where good keys are known to be refused now and then.
        client_ip: Its first group is our egress address in an error text, where one tells it.
        others_lists: Codes of an address that is refused, maybe by a list which the exchange keeps
            for an application: the key has none of its own, then.
        ends: Its first group is the end of a ban in an error text, in epoch milliseconds.
        retry_header: Header of its own that says when to come back, and its unit in seconds;
            Retry-After is known to all.
        reset_header: Header of its own with the clock time at which a limit begins anew, in epoch
            seconds or milliseconds.
    """

    read: Callable[[Json], Refusal | None]
    codes: Mapping[str, Reason]
    phrases: tuple[tuple[str, str, Reason], ...] = ()
    pauses: Mapping[str, float] = field(default_factory=dict)
    confirm: int = 1
    client_ip: re.Pattern[str] | None = None
    others_lists: frozenset[str] = frozenset()
    ends: re.Pattern[str] | None = None
    retry_header: tuple[str, float] | None = None
    reset_header: str | None = None

    def address(self, text: str) -> str | None:
        """Our egress address, where the text of a refusal tells it."""
        match = self.client_ip.search(text) if self.client_ip else None
        try:
            return str(ip_address(match[1])) if match else None
        except ValueError:
            return None

    def ban_end(self, text: str) -> int | None:
        """When a ban ends, epoch milliseconds, where the text of a refusal tells it."""
        match = self.ends.search(text) if self.ends else None
        return int(match[1]) if match else None


@dataclass(frozen=True, slots=True)
class Signing:
    """What a signature takes.

    Attributes:
        credentials: Fields of ``credentials`` that must be there; any other is superfluous.
        read_secret: API key and secret of the file to the secret as ccxt takes it, or Unusable.
        hosts: Hosts of its own that its signature names, where it has more than one.
        claims: What a token is to claim, from what ccxt makes it claim; None leaves that as it is.
    """

    credentials: tuple[str, ...]
    read_secret: Callable[[str, str], str] = lambda _, secret: secret
    hosts: tuple[str, ...] = ()
    claims: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """How much may be asked in a window, as the exchange documents it.

    Attributes:
        amount: Requests, or whatever weight the exchange counts in.
        seconds: The window.
        per: Who has it: all that come from one address, or one account.
        costs: What a probe takes of it, by question; a question that is not in it takes nothing.
    """

    amount: float
    seconds: float
    per: Literal["address", "account"]
    costs: Mapping[Question, float]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast, and how exactly on time, calls may come.

    Attributes:
        rate: Requests per second we allow ourselves, per egress address.
        window: Seconds our clock may differ before signed calls are refused; None where signed
            calls carry no time.
        limits: What the exchange lets us ask.
        ahead: Likewise, ahead of the exchange, where that is less: it tells such a call by a code.
        by_weight: The rate was worked out from what a whole probe weighs there: a light call that
            is saved makes no room for a heavy one.
    """

    rate: float
    window: float | None
    limits: tuple[Limit, ...]
    ahead: float | None = None
    by_weight: bool = False


Kind = Literal["spot", "futures"]
"""Kinds of markets that have lists of their own."""


def host_of(url: str) -> str:
    """The host of a URL in small letters, without the last dot."""
    return (urlsplit(url).hostname or "").rstrip(".")


def kind_of(pair: str) -> Kind:
    """The kind of a pair of ccxt form."""
    return "futures" if ":" in pair else "spot"


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
    covers: Callable[[str], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class Spelling:
    """How an exchange writes a spot pair.

    Attributes:
        separator: Between base and quote.
        lower: In small letters.
        usual: Asked for in place of a futures pair, whose own may not exist on spot.
    """

    separator: str
    lower: bool = False
    usual: str = "BTC/USDT"

    def symbol(self, pair: str) -> str:
        """A pair of ccxt form in the exchange's spelling."""
        spot = pair if kind_of(pair) == "spot" else self.usual
        spelled = spot.replace("/", self.separator)
        return spelled.lower() if self.lower else spelled


@dataclass(frozen=True, slots=True)
class MarketLists:
    """What an exchange says of its markets in public.

    Attributes:
        spelling: How it writes a pair.
        lists: The lists of its markets, by kind; where there is none, pairs are not checked.
    """

    spelling: Spelling
    lists: Mapping[Kind, Listing]


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment of an exchange: what is other there than in `live`.

    Attributes:
        base: Base URL of its calls; None is where ccxt sends them anyway.
        headers: Sent with every signed call.
        key: The key question, where it is another one there.
        balance: Likewise, the balance question.
        kinds: Kinds of markets whose lists can be read there.
        bases: Base URL of the list of a kind, where another host serves it than the other calls.
        lists: Lists of markets that are asked for otherwise there.
        rate: Requests per second that we allow ourselves, where that is another.
        limits: What the exchange lets us ask, where that is another.
        announces: Whether maintenance is told there.
    """

    base: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    key: KeyQuery | None = None
    balance: BalanceQuery | None = None
    kinds: tuple[Kind, ...] = ("spot", "futures")
    bases: Mapping[Kind, str] = field(default_factory=dict)
    lists: Mapping[Kind, Listing] = field(default_factory=dict)
    rate: float | None = None
    limits: tuple[Limit, ...] = ()
    announces: bool = True

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts of all its bases."""
        own = (self.base,) if self.base is not None else ()
        return frozenset(host_of(base) for base in (*own, *self.bases.values()))

    def narrowed(self, place: "Environment") -> "Environment":
        """This one, as a region has it."""
        return Environment(
            base=place.base or self.base,
            headers={**self.headers, **place.headers},
            key=place.key or self.key,
            balance=place.balance or self.balance,
            kinds=tuple(kind for kind in self.kinds if kind in place.kinds),
            bases=place.bases if place.base else {**self.bases, **place.bases},
            lists={**self.lists, **place.lists},
            rate=place.rate or self.rate,
            limits=place.limits or self.limits,
            announces=place.announces and self.announces,
        )


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
class People:
    """What a person is told of an exchange.

    Attributes:
        needs: What each right of ours is called there.
        notes: What the exchange cannot tell.
    """

    needs: Mapping[Scope, Said]
    notes: tuple[Said, ...]

    def right(self, scope: Scope) -> str:
        """What the exchange calls a right; our own word where it has none."""
        return self.needs[scope].en if scope in self.needs else str(scope)


@dataclass(frozen=True, slots=True)
class CaptureFields:
    """What a capture of an answer may keep, beside what it keeps of every exchange.

    Fields are written in small letters.

    Attributes:
        rights: Fields that hold words of rights.
        states: Fields that hold the word of a state.
        digits: Fields in which one digit is a kind, not an amount; a negative one is "never".
        codes: Fields that hold the code of an error.
        prose: Fields that hold the text of an error.
        names: Names of fields in capitals that are no coins.
        words: Words of error texts that say nothing of anybody, beside those of the row's codes
            and phrases.
    """

    rights: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    digits: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    prose: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


LIVE: Final = Environment()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One exchange: facts and parsing, no calls made.

    Attributes:
        id: Our name, as the file has it.
        title: The name people know.
        ccxt: Name of the ccxt class.
        live_hosts: Hosts of its API that it documents, regional ones included.
        signing: What a signature takes.
        calls: What is asked, and how the answers are read.
        refusals: How it says no.
        pace: How fast, and how exactly on time, calls may come.
        markets: What it says of its markets in public.
        people: What a person is told of it.
        capture: What a capture of its answers may keep.
        environments: Its environments, by the value of ``environment`` in the file.
        regions: Its legal entities with a host or header of their own, by the value of ``region``
            in the file. A key of one does not exist at another.
        environment: The one this row speaks of; ``within`` gives the row of another one.
        expiry: The published rule by which keys end, where there is one.
        moves_value: Rights, beside withdraw, by which value can leave the owner's accounts or the
            key its own guard, and where the exchange says so.
        fee_assets: Coins that pay its fees, or come back from them: any account may hold them.
        unreported: What it reports of no key. A rule on that can never be shown to be met.
    """

    id: str
    title: str
    ccxt: str
    live_hosts: tuple[str, ...]
    signing: Signing
    calls: Calls
    refusals: Refusals
    pace: Pace
    markets: MarketLists
    people: People
    capture: CaptureFields = CaptureFields()
    environments: Mapping[str, Environment] = field(default_factory=lambda: {"live": LIVE})
    regions: Mapping[str, Environment] = field(default_factory=dict)
    environment: Environment = LIVE
    expiry: Expiry | None = None
    moves_value: Mapping[Scope, str] = field(default_factory=dict)
    fee_assets: frozenset[str] = frozenset()
    unreported: frozenset[Literal["withdraw", "allowlist", "creation"]] = frozenset()

    @property
    def hosts(self) -> frozenset[str]:
        """Every documented host of its API, those of its other environments included."""
        places = (*self.environments.values(), *self.regions.values())
        return frozenset(self.live_hosts).union(*(there.hosts for there in places))

    @property
    def instead(self) -> Mapping[str, "Exchange"]:
        """Code by which the key question is refused, to the row for such an account."""
        return {code: replace(self, calls=calls) for code, calls in self.calls.instead.items()}

    def within(
        self, environment: str, region: str | None = None, endpoint: str | None = None
    ) -> "Exchange":
        """The row as it stands in one of the exchange's environments, or in a region of it.

        An endpoint that is the base of a region names that region, too.
        """
        there = self.environments[environment]
        host = host_of(endpoint or "")
        named = region or next(
            (name for name, at in self.regions.items() if host in at.hosts), None
        )
        if named is not None and (region is not None or there.base is None):
            there = there.narrowed(self.regions[named])
        offered = {**self.markets.lists, **there.lists}
        lists = {kind: found for kind, found in offered.items() if kind in there.kinds}
        calls = self.calls
        return replace(
            self,
            environment=there,
            calls=replace(
                calls,
                key=there.key or calls.key,
                balance=there.balance or calls.balance,
                announced=calls.announced if there.announces else None,
            ),
            markets=replace(self.markets, lists=lists),
            pace=replace(
                self.pace,
                rate=there.rate or self.pace.rate,
                limits=there.limits or self.pace.limits,
            ),
        )

    def base(self, endpoint: str | None, kind: Kind | None = None) -> str | None:
        """Base URL of the calls, or of the list of a kind; None is where ccxt sends them.

        Hosts of the exchange do not serve each other's lists. A gateway or a simulator is taken
        for all of them.
        """
        apart = self.environment.bases.get(kind) if kind is not None else None
        if endpoint is None:
            return apart or self.environment.base
        return apart if apart and host_of(endpoint) in self.hosts else endpoint
