"""A declared connection: one key on one exchange."""

import hmac
import json
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from bf_reconciler.exchanges import EXCHANGES, Exchange
from bf_reconciler.spec.expect import Expect
from bf_reconciler.spec.money import MarginLimit
from bf_reconciler.spec.policy import Allowlist, Strictness
from bf_reconciler.spec.types import (
    Address,
    Declared,
    Endpoint,
    Interval,
    Moment,
    Name,
    Proxy,
    Secret,
    Suspend,
    Text,
    Timeout,
    in_force,
    is_loopback,
)

Market = Literal["spot", "margin", "futures"]
ATTESTATION_LIFETIME = timedelta(days=90)
"""How long a person's word counts."""


def _known(value: str) -> str:
    if value not in EXCHANGES:
        near = get_close_matches(value.casefold(), EXCHANGES, n=1)
        more = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(EXCHANGES))}"
        words = f"unknown exchange; {more}"
        raise PydanticCustomError("exchange", words)
    return value


ExchangeId = Annotated[
    str, AfterValidator(_known), Field(json_schema_extra={"enum": sorted(EXCHANGES)})
]


class Credentials(Declared):
    """The key. Encrypted with SOPS in the committed file."""

    api_key: Secret
    """The API key."""
    secret: Secret
    """The secret key."""
    passphrase: Secret | None = None
    """The passphrase, if the exchange uses one."""


class Attestation(Declared):
    """Who said it, and when."""

    by: Text
    """The person who checked."""
    at: Moment
    """When they checked."""

    @property
    def until(self) -> datetime:
        return self.at + ATTESTATION_LIFETIME

    def holds(self, now: datetime) -> bool:
        return self.at <= now < self.until


class Attest(Declared):
    """A person's word where the exchange cannot say; never outweighs an exchange that does."""

    withdraw_disabled: Attestation
    """A person checked that this key cannot withdraw. Valid for 90 days."""
    trade_permitted: Attestation | None = None
    """A person checked that this key may trade the declared markets. Valid for 90 days."""


class Connection(Declared):
    """One key on one exchange, and how to test it."""

    name: Name
    """Unique DNS label; include exchange, account and purpose: kucoin-main-grid."""
    exchange: ExchangeId
    """The exchange."""
    environment: Literal["live", "testnet", "demo"] = "live"
    """Which environment of the exchange the key is for."""
    region: Text | None = None
    """Which legal entity of the exchange the key is from, where it has several."""
    account: Text = "main"
    """Main account, or which sub-account. Free text."""
    markets: Annotated[tuple[Market, ...], Field(min_length=1, strict=False)] = ("spot",)
    """Markets that strategies may use; futures requires the futures permission."""
    credentials: Credentials
    """The key."""
    next: Credentials | None = None
    """The key to rotate to: `bf-reconciler rotate NAME` tests and promotes it."""
    egress_ips: Annotated[tuple[Address, ...], Field(strict=False)] = ()
    """Addresses that the key's allowlist must include."""
    endpoint: Endpoint | None = None
    """Another base URL: regional host, gateway, simulator; http:// only on loopback."""
    proxy: Proxy | None = None
    """HTTP proxy for this exchange."""
    interval: Interval | None = None
    """Time between probes, at least 1s."""
    timeout: Timeout | None = None
    """Timeout of one request."""
    ip_allowlist: Allowlist | None = None
    """Overrides policy.ip_allowlist for this connection."""
    unexpected_trading: Strictness | None = None
    """Overrides policy.unexpected_trading for this connection."""
    margin_limit: MarginLimit | None = None
    """Cap on the sum of what its strategies declare: {amount, currency} or {balance_ratio}."""
    suspend: Suspend | None = None
    """A declared pause: not tested, its strategies are off."""
    attest: Attest | None = None
    """A person's word where the exchange cannot say."""
    expect: Expect | None = None
    """What is expected of it: {status, reason} makes it a canary, that proves the alarm; assets and
    pairs may appear beside those of its strategies."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Free labels."""
    shared_with: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    """Other files of the folder whose strategies may use this connection: `teams/beta/*.yaml`."""

    def suspended(self, now: datetime) -> Suspend | None:
        """The suspension in force."""
        return in_force(self.suspend, now)

    @property
    def canary(self) -> Expect | None:
        """What it must be to be good, where it is a canary."""
        return self.expect if self.expect is not None and self.expect.status else None

    def key_fingerprint(self, pepper: bytes) -> str:
        """A keyed digest of the API key alone: the same where two connections share a key."""
        text = json.dumps(
            [self.exchange, self.environment, self.credentials.api_key.get_secret_value()]
        )
        return _keyed(pepper, text)

    def egress_fingerprint(self, pepper: bytes) -> str:
        """A keyed digest of the proxy: the same where two connections go by one; empty is none."""
        if self.proxy is None:
            return ""
        text = json.dumps(["proxy", self.proxy.get_secret_value()])
        return _keyed(pepper, text)

    def credentials_fingerprint(self, pepper: bytes) -> str:
        """A keyed digest of the whole key: another one where any part of it is another."""
        credentials = self.credentials
        parts = (credentials.api_key, credentials.secret, credentials.passphrase)
        text = json.dumps([part.get_secret_value() if part else None for part in parts])
        return _keyed(pepper, text)

    def fingerprint(self, pepper: bytes) -> str:
        """A keyed digest of what decides the answers: exchange, address and credentials.

        What was seen of a connection stays true as long as this stays the same.
        """
        credentials = self.credentials
        secrets = (credentials.api_key, credentials.secret, credentials.passphrase, self.proxy)
        text = json.dumps(
            [self.exchange, self.environment, self.endpoint]
            + ([self.region] if self.region else [])
            + [secret.get_secret_value() if secret else None for secret in secrets]
        )
        return _keyed(pepper, text)


def _keyed(pepper: bytes, text: str) -> str:
    return hmac.digest(pepper, text.encode(), "sha256").hex()


def _misplaced(connection: Connection, row: Exchange) -> list[tuple[tuple[str, ...], str]]:
    if connection.region not in row.regions:
        known = f"available: {', '.join(row.regions)}" if row.regions else "it has none"
        return [(("region",), f"{row.title} has no such region; {known}")]
    if row.environments[connection.environment].base is not None:
        return [(("region",), f"{connection.environment} is the same in every region; remove it")]
    return []


def _overheard(connection: Connection) -> bool:
    """Whether requests go through another machine unencrypted."""
    plain = urlsplit(connection.endpoint or "").scheme == "http"
    proxy = connection.proxy.get_secret_value() if connection.proxy else None
    return plain and proxy is not None and not is_loopback(urlsplit(proxy).hostname)


def _passphrases(
    field: str, credentials: Credentials, row: Exchange
) -> list[tuple[tuple[str, ...], str]]:
    has = credentials.passphrase is not None
    if has and "passphrase" not in row.signing.credentials:
        return [((field, "passphrase"), f"{row.title} keys have no passphrase; remove it")]
    if not has and "passphrase" in row.signing.credentials:
        return [((field,), f"{row.title} keys need a passphrase; add {field}.passphrase")]
    return []


def misfits(connection: Connection) -> list[tuple[tuple[str, ...], str]]:
    """Where a connection does not fit its exchange, as (path, message)."""
    row = EXCHANGES[connection.exchange]
    found: list[tuple[tuple[str, ...], str]] = []
    found += _passphrases("credentials", connection.credentials, row)
    if connection.next is not None:
        found += _passphrases("next", connection.next, row)
    if connection.environment not in row.environments:
        message = f"{row.title} has no such environment; available: {', '.join(row.environments)}"
        found.append((("environment",), message))
    elif connection.region is not None:
        found += _misplaced(connection, row)
    if _overheard(connection):
        message = "a proxy off this machine would read the key; use an https:// endpoint"
        found.append((("proxy",), message))
    if len(set(connection.markets)) < len(connection.markets):
        found.append((("markets",), "duplicate market"))
    expect = connection.expect
    if expect is not None and expect.reason is not None and expect.status is None:
        found.append((("expect", "reason"), "needs expect.status"))
    return found
