"""Declared engines: local processes, webhooks, and bots behind an API of their own."""

from datetime import timedelta
from typing import Annotated, ClassVar, Literal, cast, get_args

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from bf_reconciler.spec.handling import (
    ALL_PASSED_ON,
    FIELDS,
    IGNORED,
    Handled,
    Handling,
    enforced,
)
from bf_reconciler.spec.strategy import Action
from bf_reconciler.spec.types import (
    Declared,
    Duration,
    Endpoint,
    EngineUrl,
    Lease,
    Name,
    Secret,
    Text,
    within,
)

LEAST_SECRET = 16
MASK = str(SecretStr("secret"))


def _long(value: SecretStr) -> SecretStr:
    secret = value.get_secret_value()
    if len(secret) < LEAST_SECRET and secret != MASK:  # the journal has the mask in its place
        raise PydanticCustomError("runtime", f"must have at least {LEAST_SECRET} characters")
    return value


Signal = Literal["SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH"]
StopTime = Annotated[Duration, AfterValidator(within(timedelta(seconds=1), timedelta(minutes=10)))]
RequestTimeout = Annotated[
    Duration, AfterValidator(within(timedelta(milliseconds=100), timedelta(seconds=30)))
]
BOT = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
OBJECT = r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$"
ObjectName = Annotated[str, Field(pattern=OBJECT)]
"""A DNS subdomain, as Kubernetes names objects."""
HookSecret = Annotated[Secret, AfterValidator(_long)]
Window = Annotated[Duration, AfterValidator(within(timedelta(seconds=1), timedelta(days=1)))]


def _absolute(value: str) -> str:
    if not value.startswith("/") or ".." in value.split("/"):
        raise PydanticCustomError("runtime", "must be an absolute path")
    return value


def _program(command: tuple[str, ...]) -> tuple[str, ...]:
    _absolute(command[0])
    if "{" in command[0]:
        raise PydanticCustomError("runtime", "the program itself cannot depend on the strategy")
    return command


AT_START = Handled("passed_on", "BF_STRATEGY_FILE at its start")


def _table(when_off: str, rest: Handled) -> Handling:
    """The runtime itself enforces that it is off; all other fields are treated alike."""
    return cast("Handling", {**dict.fromkeys(FIELDS, rest), "when_off": enforced(when_off)})


class Engine(Declared):
    """An engine is the same one with another password: it is no move when that is rotated."""

    def _public(self) -> tuple[object, ...]:
        values = (getattr(self, name) for name in type(self).model_fields)
        return tuple(value for value in values if not isinstance(value, SecretStr))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._public() == other._public()

    def __hash__(self) -> int:
        return hash((type(self), *self._public()))


class ProcessRuntime(Engine):
    """One local process per strategy. It needs `run --process-root`."""

    handling: ClassVar[Handling] = _table("a signal to the process", AT_START)
    exclusive: ClassVar[bool] = False

    name: Name
    """Unique DNS label."""
    type: Literal["process"]
    """process."""
    command: Annotated[
        tuple[Text, ...],
        Field(min_length=1, max_length=100, strict=False),
        AfterValidator(_program),
    ]
    """Program and arguments, never a shell; {name} in an argument is the name of the strategy."""
    directory: Annotated[Text, AfterValidator(_absolute)] | None = None
    """Working directory; default: where the program lies."""
    stop_time: StopTime = timedelta(seconds=10)
    """How long it may take to end after SIGTERM; then it is killed."""
    pause_signal: Signal | None = None
    """Makes it stop opening positions; without it a process cannot pause."""
    resume_signal: Signal | None = None
    """Makes it open positions again; needed with pause_signal."""
    restarts: Annotated[int, Field(ge=0, le=50)] = 5
    """How often it is started again after it ended by itself, within restarts_within."""
    restarts_within: Window = timedelta(minutes=10)
    """After this time an end by itself no longer counts."""
    on_change: Literal["keep", "restart"] = "keep"
    """Whether a process is restarted when its declared strategy changed."""
    survive: bool = False
    """false: it ends with the daemon, however that ends; true: it runs on and is found again."""

    @property
    def actions(self) -> frozenset[Action]:
        """What it can do to turn a strategy off."""
        return frozenset({"stop", "pause"} if self.pause_signal else {"stop"})

    @model_validator(mode="after")
    def _both_signals(self) -> "ProcessRuntime":
        if (self.pause_signal is None) is not (self.resume_signal is None):
            raise PydanticCustomError("runtime", "pause_signal and resume_signal need each other")
        if self.pause_signal is not None and self.pause_signal == self.resume_signal:
            raise PydanticCustomError("runtime", "pause_signal and resume_signal must differ")
        return self


class WebhookRuntime(Engine):
    """Anything that takes a signed POST per order."""

    handling: ClassVar[Handling] = ALL_PASSED_ON
    exclusive: ClassVar[bool] = False
    actions: ClassVar[frozenset[Action]] = frozenset(get_args(Action))

    name: Name
    """Unique DNS label."""
    type: Literal["webhook"]
    """webhook."""
    url: Endpoint
    """Where orders are sent."""
    status_url: Endpoint | None = None
    """Where to read back what runs; without it nothing is ever confirmed."""
    secret: HookSecret
    """Signs every request (HMAC-SHA256)."""
    lease: Lease | None = None
    """How long an order holds without a renewal; default: 3 intervals, at least 2m."""
    timeout: RequestTimeout = timedelta(seconds=5)
    """Deadline of one request."""


class HummingbotRuntime(Engine):
    """One bot behind a hummingbot-api."""

    handling: ClassVar[Handling] = _table("hummingbot's stop", IGNORED)
    exclusive: ClassVar[bool] = True
    actions: ClassVar[frozenset[Action]] = frozenset({"close"})

    name: Name
    """Unique DNS label."""
    type: Literal["hummingbot-api"]
    """hummingbot-api."""
    url: Endpoint
    """Base URL of the API."""
    username: Text
    """User of the API."""
    password: Secret
    """Password of the API."""
    bot: Annotated[str, Field(pattern=BOT)]
    """Name of the bot, as the API's /bot-orchestration/status has it."""
    script: Text | None = None
    """Script to start it with; default: the one that it was deployed with."""
    conf: Text | None = None
    """Configuration to start it with."""
    timeout: RequestTimeout = timedelta(seconds=5)
    """Deadline of one request."""


class FreqtradeExpectation(Declared):
    """What a freqtrade must be before anything is turned on in it."""

    exchange: Text | None = None
    """exchange.name of its configuration; default: that of the strategy's connection."""
    strategy: Text | None = None
    """Its strategy class."""
    dry_run: bool | None = None
    """true: it trades with play money; false: with real money."""
    bot_name: Text | None = None
    """bot_name of its configuration."""
    trading_mode: Literal["spot", "futures"] | None = None
    """Default: by the market of the strategy."""


FREQTRADE: Handling = _table("freqtrade's pause, stop and forceexit", IGNORED) | {
    "market": enforced("freqtrade's trading_mode"),
    "base_order": enforced("freqtrade's stake_amount and stake_currency"),
    "order_types": enforced("freqtrade's order_types"),
    "margin_limit": enforced("freqtrade's available_capital, where it is an amount"),
    "margin_mode": enforced("freqtrade's margin_mode, on futures"),
    "max_open_trades": enforced("freqtrade's max_open_trades"),
    "safety_orders": enforced("freqtrade's max_entry_position_adjustment: max alone"),
    "stop_loss_pct": enforced("freqtrade's stoploss"),
}
"""Its configuration is its own: it must say what the strategy declares, or it is not started."""


class FreqtradeRuntime(Engine):
    """One freqtrade, by its REST API."""

    handling: ClassVar[Handling] = FREQTRADE
    exclusive: ClassVar[bool] = True
    actions: ClassVar[frozenset[Action]] = frozenset(get_args(Action))

    name: Name
    """Unique DNS label."""
    type: Literal["freqtrade"]
    """freqtrade."""
    url: EngineUrl
    """Where its API listens, without /api/v1."""
    username: Text
    """api_server.username of its configuration."""
    password: Secret
    """api_server.password of its configuration."""
    expect: FreqtradeExpectation = FreqtradeExpectation()
    """What it must be; nothing is turned on in an engine that says otherwise."""
    timeout: RequestTimeout = timedelta(seconds=3)
    """Deadline of one request."""


class KubernetesRuntime(Engine):
    """The scale of one Deployment or StatefulSet: 1 runs, 0 is stopped."""

    handling: ClassVar[Handling] = _table("the scale", IGNORED)
    exclusive: ClassVar[bool] = True
    actions: ClassVar[frozenset[Action]] = frozenset({"stop"})

    name: Name
    """Unique DNS label."""
    type: Literal["kubernetes"]
    """kubernetes."""
    namespace: Name
    """Namespace of the workload."""
    deployment: ObjectName | None = None
    """Name of the Deployment."""
    stateful_set: ObjectName | None = None
    """Name of the StatefulSet, in place of a Deployment."""
    timeout: RequestTimeout = timedelta(seconds=5)
    """Deadline of one request."""

    @model_validator(mode="after")
    def _one_workload(self) -> "KubernetesRuntime":
        if (self.deployment is None) is (self.stateful_set is None):
            raise PydanticCustomError("runtime", "needs either deployment or stateful_set")
        return self
