"""The closed list of reasons: why a condition stands as it does. Public API."""

from enum import StrEnum


class Reason(StrEnum):
    """One word per cause; every picture (metric, page, log, journal) uses it as it is."""

    CONNECTED = "Connected"
    # a canary
    AS_EXPECTED = "AsExpected"
    CANARY_FAILED = "CanaryFailed"
    # the key
    INVALID_KEY = "InvalidKey"
    INVALID_SIGNATURE = "InvalidSignature"
    INVALID_PASSPHRASE = "InvalidPassphrase"  # noqa: S105 # the name of a reason, no secret
    KEY_EXPIRED = "KeyExpired"
    KEY_EXPIRING = "KeyExpiring"
    KEY_TOO_OLD = "KeyTooOld"
    KEY_CHANGED = "KeyChanged"
    KEY_OR_IP_REJECTED = "KeyOrIPRejected"
    WRONG_ENVIRONMENT = "WrongEnvironment"
    DUPLICATE_KEY = "DuplicateKey"
    # where it may be used from
    IP_NOT_ALLOWED = "IPNotAllowed"
    IP_NOT_RESTRICTED = "IPNotRestricted"
    ALLOWLIST_TOO_WIDE = "AllowlistTooWide"
    REGION_RESTRICTED = "RegionRestricted"
    # what it may do
    NO_READ_PERMISSION = "NoReadPermission"
    NO_TRADE_PERMISSION = "NoTradePermission"
    NO_FUTURES_PERMISSION = "NoFuturesPermission"
    FUTURES_API_UNAVAILABLE = "FuturesApiUnavailable"
    WITHDRAW_ENABLED = "WithdrawEnabled"
    WITHDRAW_UNVERIFIABLE = "WithdrawUnverifiable"
    EXCESS_PERMISSION = "ExcessPermission"
    UNKNOWN_PERMISSION = "UnknownPermission"
    UNVERIFIABLE = "Unverifiable"
    # what it reads
    BALANCE_UNREADABLE = "BalanceUnreadable"
    BALANCE_EMPTY = "BalanceEmpty"
    ORDERS_UNREADABLE = "OrdersUnreadable"
    UNEXPECTED_ASSET = "UnexpectedAsset"
    UNEXPECTED_ORDER = "UnexpectedOrder"
    ACCOUNT_SUSPENDED = "AccountSuspended"
    # the exchange and the way to it
    EXCHANGE_UNAVAILABLE = "ExchangeUnavailable"
    MAINTENANCE = "Maintenance"
    RATE_LIMITED = "RateLimited"
    TIMEOUT = "Timeout"
    NETWORK_ERROR = "NetworkError"
    UNEXPECTED_RESPONSE = "UnexpectedResponse"
    EXCHANGE_CHANGED = "ExchangeChanged"
    CLOCK_SKEW = "ClockSkew"
    INVALID_NONCE = "InvalidNonce"
    # what the file and its people say
    NOT_PROBED = "NotProbed"
    SUSPENDED = "Suspended"
    HALTED = "Halted"
    DISABLED = "Disabled"
    REMOVED = "Removed"
    MASS_REMOVAL_HELD = "MassRemovalHeld"
    ENTRY_INVALID = "EntryInvalid"
    LIMIT_EXCEEDED = "LimitExceeded"
    PAIR_NOT_TRADABLE = "PairNotTradable"
    # a strategy and its engine
    GRACE_EXPIRED = "GraceExpired"
    CONNECTION_NOT_READY = "ConnectionNotReady"
    AWAITING_MANUAL_RESUME = "AwaitingManualResume"
    RUNTIME_UNAVAILABLE = "RuntimeUnavailable"
    ENGINE_MISMATCH = "EngineMismatch"
    ENGINE_REFUSED = "EngineRefused"
    ENGINE_STOPPED_ITSELF = "EngineStoppedItself"
    STILL_RUNNING = "StillRunning"
    NOT_CONFIRMED = "NotConfirmed"
    ORPHAN_STOPPED = "OrphanStopped"


TRANSIENT = frozenset(
    {
        Reason.EXCHANGE_UNAVAILABLE,
        Reason.MAINTENANCE,
        Reason.RATE_LIMITED,
        Reason.TIMEOUT,
        Reason.NETWORK_ERROR,
        Reason.UNEXPECTED_RESPONSE,
        Reason.CLOCK_SKEW,
        Reason.INVALID_NONCE,
    }
)
"""Failures that pass by themselves; every other failure needs a person."""
