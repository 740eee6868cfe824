"""What a dialect is made of, and how each of them answers a request."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil

from bf_reconciler.simulator.faults import Faults
from bf_reconciler.simulator.key import Credentials, Key
from bf_reconciler.simulator.wire import READS, Answer, Request, as_json, as_page

PUBLIC = None
"""The rights of a route that needs no key."""
ANY_KEY: tuple[str, ...] = ()
"""The rights of a route that every key may call."""


@dataclass(frozen=True, slots=True)
class Words:
    """How an everyday right is spelled: granting adds `grant`, withdrawing drops `revoke`, too."""

    grant: tuple[str, ...]
    revoke: tuple[str, ...] = ()

    def toggle(self, permissions: list[str], *, on: bool) -> list[str]:
        """Turn the right on or off; words that belong to other rights stay as they are."""
        if on:
            return permissions + [word for word in self.grant if word not in permissions]
        return [word for word in permissions if word not in (*self.grant, *self.revoke)]

    def held(self, permissions: list[str]) -> bool:
        return any(word in permissions for word in (*self.grant, *self.revoke))


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a refused request is told; the dialect's `refusal` makes the body of it."""

    status: int
    code: int | str
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


Refused = Refusal | Answer
"""An answer is for what is not worded as the exchange words its refusals."""


@dataclass(frozen=True, slots=True)
class Route:
    """One call that the exchange offers.

    In `path`, `{id}` is any one segment and `{number}` one of digits. `rights` are the words of
    which one is enough. `reply` gives the data of a success, a refusal, or a whole answer.
    `harmless` is a call that is no read and yet changes nothing; `about_key` is one that
    `hide_key_info` refuses.
    """

    method: str
    path: str
    rights: tuple[str, ...] | None
    reply: Callable[["Call"], object] = field(repr=False)
    harmless: bool = False
    about_key: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A request and its route. `claimed` is the key it names; None where the exchange has none."""

    request: Request
    route: Route
    claimed: Key | None

    @property
    def key(self) -> Key:
        """The claimed key; for whatever comes after the check that there is one."""
        if self.claimed is None:
            raise LookupError("the key is used before it was checked that there is one")
        return self.claimed


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a call with a key needs, and what it is told where it falls short."""

    conditions: tuple[Callable[[Call], bool], ...]
    otherwise: Refused | Callable[[Call], Refused]


Outage = Refused | Callable[[Request, Faults], object]


@dataclass(frozen=True, slots=True)
class Outages:
    """What a request is told that does not get as far as the exchange's routes."""

    rate_limited: Outage
    banned: Outage
    maintenance: Outage
    failing: Outage
    region: Outage


@dataclass(frozen=True)
class Dialect:
    """One exchange.

    `invent` makes credentials of its shape, always the same for one name. `claimed_key` is the API
    key that a request names; nothing is verified yet. `requirements` hold for every route that is
    not public, in this order. `success` and `refusal` make the bodies.
    """

    words: Mapping[str, Words]
    invent: Callable[[str], Credentials]
    claimed_key: Callable[[Request], str | None]
    routes: tuple[Route, ...]
    requirements: tuple[Requirement, ...]
    unknown_call: Refused
    success: Callable[[Request, object], object]
    refusal: Callable[[Request, Refusal], object]
    outages: Outages

    def answer(self, request: Request, key: Key | None) -> Answer:
        """Answer a request. `key` is the one that was claimed, None where unknown."""
        route = self.route(request)
        if route is None:
            return self.render(request, self.unknown_call)
        call = Call(request, route, key)
        refused = None if route.rights is PUBLIC else self._refuse(call)
        return self.render(request, route.reply(call) if refused is None else refused)

    def render(self, request: Request, result: object) -> Answer:
        """Put the exchange's own body around data or a refusal."""
        if isinstance(result, Answer):
            return result
        if isinstance(result, Refusal):
            return as_json(self.refusal(request, result), result.status, result.headers)
        return as_json(self.success(request, result))

    def changes(self, request: Request) -> bool:
        """Would this change anything? All but reads and the harmless routes would."""
        if request.method in READS:
            return False
        route = self.route(request)
        return route is None or not route.harmless

    def route(self, request: Request) -> Route | None:
        method, path = request.method, request.path
        if (exact := self._exact.get((method, path))) is not None:
            return exact
        matching = (route for pattern, route in self._patterns if pattern.fullmatch(path))
        return next((route for route in matching if route.method == method), None)

    def _refuse(self, call: Call) -> Refused | None:
        for each in self.requirements:
            if not all(condition(call) for condition in each.conditions):
                return each.otherwise(call) if callable(each.otherwise) else each.otherwise
        return None

    @cached_property
    def _exact(self) -> Mapping[tuple[str, str], Route]:
        return {(each.method, each.path): each for each in self.routes if "{" not in each.path}

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], Route]]:
        return [(_pattern(each.path), each) for each in self.routes if "{" in each.path]


def require(
    *conditions: Callable[[Call], bool], otherwise: Refused | Callable[[Call], Refused]
) -> Requirement:
    """All of these conditions must hold."""
    return Requirement(conditions, otherwise)


def always(data: object) -> Callable[[Call], object]:
    """A reply that is the same for everybody."""
    return lambda _: data


def open_orders(
    row: Callable[[str], object], separator: str = "", *, lower: bool = False
) -> Callable[[Call], list[object]]:
    """A list of the open orders that somebody else placed: each symbol to a row."""

    def reply(call: Call) -> list[object]:
        symbols = [pair.replace("/", separator) for pair in call.key.open_pairs]
        return [row(symbol.lower() if lower else symbol) for symbol in symbols]

    return reply


def plain(_: Request, data: object) -> object:
    """The body of a success where the exchange puts nothing around the data."""
    return data


def failing(title: str, *worded: Refused) -> Outage:
    """The refusal of the status that fails, or a gateway's page where the exchange has none."""
    by_status = {each.status: each for each in worded}

    def page(_: Request, faults: Faults) -> Refused:
        status = faults.status or 500
        return by_status.get(status) or as_page(status, f"{status} {title}")

    return page


def retry_after(faults: Faults) -> Mapping[str, str]:
    """The header that says in whole seconds when to come back."""
    return {"Retry-After": str(ceil(faults.retry_after))}


def _pattern(path: str) -> re.Pattern[str]:
    escaped = re.escape(path).replace(r"\{id\}", "[^/]*").replace(r"\{number\}", "[0-9]+")
    return re.compile(escaped)
