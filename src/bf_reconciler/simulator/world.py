"""The state of the simulated exchanges, and every change that may be made to it."""

import re
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from typing import NamedTuple, Self

from bf_reconciler.simulator import checks as check
from bf_reconciler.simulator import listing, trading
from bf_reconciler.simulator.checks import RefusedError
from bf_reconciler.simulator.faults import Faults
from bf_reconciler.simulator.key import DAY_SECONDS, Key
from bf_reconciler.simulator.registry import DIALECTS

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
RIGHTS = ("read", "trade", "futures", "withdraw")
RECENT = 1_000

_KEY_CHECKS: Mapping[str, check.Check] = {
    "api_key": check.text,
    "secret": check.text,
    "passphrase": check.text_or_empty,
    "permissions": check.words,
    "ips": check.addresses,
    "created_at": check.moment,
    "expires_at": check.moment_or_never,
    "remaining_validity": check.days,
    "revoked": check.flag,
    "frozen": check.flag,
    "is_sub": check.flag,
    "hide_key_info": check.flag,
    "environment": check.text,
    "balances": check.amounts,
    "open_pairs": check.spot_pairs,
    **dict.fromkeys(RIGHTS, check.flag),
}
_NEW_KEY_CHECKS: Mapping[str, check.Check] = {"exchange": check.text, **_KEY_CHECKS}
_FAULT_CHECKS: Mapping[str, check.Check] = {
    "latency": check.seconds,
    "status": check.failing_status,
    "maintenance": check.flag,
    "rate_limit": check.flag,
    "ban": check.flag,
    "retry_after": check.seconds,
    "waf": check.flag,
    "region": check.flag,
    "reset": check.flag,
    "garbage": check.flag,
    "slow_body": check.flag,
    "clock_skew_seconds": check.number,
    "client_ip": check.address_or_peer,
    "announced_from": check.number_or_none,
    "announced_until": check.number_or_none,
    "remaining": check.count,
    "paths": check.paths,
}


class Seen(NamedTuple):
    """One request as it is remembered. The path has no query; status 0 is a reset connection."""

    exchange: str
    method: str
    path: str
    key: str | None
    status: int


class Violation(NamedTuple):
    """A call that would place an order, move funds or change a key. There must never be one."""

    exchange: str
    method: str
    path: str
    key: str | None


@dataclass(slots=True)
class World:
    """All keys by name, faults and markets by exchange, and what was asked so far."""

    keys: dict[str, Key] = field(default_factory=dict)
    faults: dict[str, Faults] = field(default_factory=lambda: {each: Faults() for each in DIALECTS})
    markets: dict[str, dict[str, bool]] = field(
        default_factory=lambda: {each: dict(listing.DEFAULT) for each in DIALECTS}
    )
    prices: dict[str, str] = field(default_factory=lambda: dict(trading.PRICES))
    requests: Counter[Seen] = field(default_factory=Counter)
    recent: deque[Seen] = field(default_factory=lambda: deque(maxlen=RECENT))
    violations: list[Violation] = field(default_factory=list)
    # Names of keys by API key, so that not every request searches thousands of keys.
    _hints: dict[tuple[str, str], str] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def from_dict(cls, data: object, *, now: float | None = None) -> Self:
        """Build a world from `{"keys": {NAME: {...}}, "faults": {EXCHANGE: {...}}}`.

        Args:
            data: JSON as the control API takes it; both members may be missing.
            now: epoch seconds from which `remaining_validity` counts, default the clock.

        Raises:
            RefusedError: the data cannot be taken; names the entry and the fields.
        """
        world = cls()
        parts = check.read(data, {"keys": _entries, "faults": _entries})
        for name, body in parts.get("keys", {}).items():
            world.put_key(name, body, now=now)
        for exchange, body in parts.get("faults", {}).items():
            world.put_faults(exchange, body)
        return world

    def find(self, exchange: str, api_key: str | None) -> Key | None:
        """The key an exchange knows under this API key."""
        hint = self.keys.get(self._hints.get((exchange, api_key or ""), ""))
        if hint is not None and hint.exchange == exchange and hint.api_key == api_key:
            return hint
        for key in self.keys.values():
            if key.exchange == exchange and key.api_key == api_key:
                self._hints[exchange, api_key] = key.name
                return key
        return None

    def put_key(self, name: str, body: object, *, now: float | None = None) -> Key:
        """Create or replace a key. Credentials that are not given are invented from its name."""
        if not NAME.fullmatch(name):
            raise RefusedError("a key's name is letters, digits, dots, dashes and underscores")
        values = check.read(body, _NEW_KEY_CHECKS)
        exchange = known_exchange(values.pop("exchange", ""))
        now = time.time() if now is None else now
        invented = DIALECTS[exchange].invent(name)
        key = Key(
            name,
            exchange,
            invented.api_key,
            invented.secret,
            invented.passphrase,
            created_at=now,
        )
        self._change(key, values, now)
        self.keys[name] = key
        return key

    def patch_key(self, name: str, body: object, *, now: float | None = None) -> Key:
        """Replace the named fields of a key; the rest of it stays.

        Raises:
            KeyError: there is no such key.
            RefusedError: a field is unknown or wrong; nothing was changed.
        """
        key = self.keys[name]
        values = check.read(body, _KEY_CHECKS)
        self._change(key, values, time.time() if now is None else now)
        return key

    def trade_away(self, name: str, coin: str, share: str = "0.8") -> None:
        """What a thief does who may trade and not withdraw: swap this share of all into a coin."""
        key = self.keys[name]
        left = {asset: Decimal(amount) for asset, amount in key.balances.items()}
        worth = sum(
            (much * Decimal(share) * trading.price(self.prices, asset, coin))
            for asset, much in left.items()
        )
        kept = {asset: much * (1 - Decimal(share)) for asset, much in left.items()}
        bought = kept | {coin: kept.get(coin, Decimal(0)) + worth}
        key.balances = {asset: trading.text(much) for asset, much in bought.items()}

    def put_faults(self, exchange: str, body: object) -> Faults:
        values = check.read(body, _FAULT_CHECKS)
        self.faults[known_exchange(exchange)] = Faults(**values)
        return self.faults[exchange]

    def patch_faults(self, exchange: str, body: object) -> Faults:
        values = check.read(body, _FAULT_CHECKS)
        faults = self.faults[known_exchange(exchange)]
        for name, value in values.items():
            setattr(faults, name, value)
        return faults

    def put_markets(self, exchange: str, body: object) -> dict[str, bool]:
        """List these pairs and no others: `{"BTC/USDT": trades}`."""
        self.markets[known_exchange(exchange)] = check.pairs(body)
        return self.markets[exchange]

    def patch_markets(self, exchange: str, body: object) -> dict[str, bool]:
        """List these pairs, too; the others stay."""
        self.markets[known_exchange(exchange)] |= check.pairs(body)
        return self.markets[exchange]

    def patch_prices(self, body: object) -> dict[str, str]:
        """Set what these assets cost in USD; the others cost what they did."""
        self.prices |= check.costs(body)
        return self.prices

    def record(self, seen: Seen) -> None:
        self.requests[seen] += 1
        self.recent.append(seen)

    def count(self, **wanted: str | int | None) -> int:
        """How many requests had these values: `world.count(exchange="mexc", status=200)`."""
        return sum(
            number
            for seen, number in self.requests.items()
            if wanted.items() <= seen._asdict().items()
        )

    def forget(self) -> None:
        """Forget all requests and violations."""
        self.requests.clear()
        self.recent.clear()
        self.violations.clear()

    def _change(self, key: Key, values: dict[str, object], now: float) -> None:
        rights = {right: values.pop(right) for right in RIGHTS if right in values}
        if "remaining_validity" in values:
            days = values.pop("remaining_validity")
            values["expires_at"] = None if days is None else now + float(str(days)) * DAY_SECONDS
        if "api_key" in values or key.name not in self.keys:
            self._refuse_twin(key, str(values.get("api_key", key.api_key)))
        for name, value in values.items():
            setattr(key, name, value)
        for right, on in rights.items():
            words = DIALECTS[key.exchange].words[right]
            key.permissions = words.toggle(key.permissions, on=bool(on))

    def _refuse_twin(self, key: Key, api_key: str) -> None:
        twin = self.find(key.exchange, api_key)
        if twin is not None and twin.name != key.name:
            raise RefusedError(f"api_key is the one of {twin.name} already")


def known_exchange(exchange: str) -> str:
    if exchange not in DIALECTS:
        raise RefusedError(f"exchange must be one of {', '.join(DIALECTS)}")
    return exchange


def show_key(key: Key) -> dict[str, object]:
    """A key as the control API shows it: without its secret and passphrase, and its orders."""
    hidden = {"secret", "passphrase", "orders"}
    shown = {each.name: getattr(key, each.name) for each in fields(key) if each.name not in hidden}
    words = DIALECTS[key.exchange].words
    return shown | {right: words[right].held(key.permissions) for right in RIGHTS}


def show_faults(faults: Faults) -> dict[str, object]:
    return asdict(faults)


def _entries(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise RefusedError("must be an object")
    return value
