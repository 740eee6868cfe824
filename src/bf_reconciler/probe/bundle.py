"""All answers of one test in one text that may be sent to others, and read again without asking."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bf_reconciler import __version__
from bf_reconciler.exchanges import EXCHANGES, Call, Exchange
from bf_reconciler.facts import (
    Failure,
    KeyFacts,
    Observation,
    Question,
    Seen,
    confirming,
    remember,
)
from bf_reconciler.probe import bodies, capture
from bf_reconciler.probe.budget import Budget
from bf_reconciler.probe.questions import Questions
from bf_reconciler.probe.queue import Queue
from bf_reconciler.probe.sanitizer import Sanitizer, Secrets, credentials
from bf_reconciler.probe.stand_ins import StandIns
from bf_reconciler.probe.transport import Answer, Silence
from bf_reconciler.spec import Connection, ConnectionEntry, Credentials, Market, Policy
from bf_reconciler.spec.connection import ExchangeId

MAX_PAGE: Final = 8192
"""Characters of an answer that is no JSON."""
MAX_BUNDLE: Final = 4 << 20
OK: Final = "ok"
UNHURRIED: Final = 1e6
"""Requests per second of answers that are read from a file."""
NAME: Final = "replayed"
UNSIGNED: Final = "nothing is signed"
Environment = Literal["live", "testnet", "demo"]
Facts = dict[str, Any]


class LeakError(Exception):
    """A bundle in which a secret is left. It is not written, and its text is told to nobody."""


class BundleError(Exception):
    """A text that is no bundle; holds no value of it."""


class Answered(NamedTuple):
    """One answer as it came, and when."""

    question: Question
    call: Call
    answer: Answer
    at: datetime


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class KeptAnswer(_Kept):
    """One answer: JSON as ``body``, or anything else as ``text``."""

    question: Question
    call: str
    at: AwareDatetime
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    http_status: Annotated[int, Field(ge=100, le=999)]
    headers: Mapping[str, str | None]
    """All their names; of most no value."""
    body: Any = None
    text: str | None = None

    def answer(self) -> Answer:
        """As it would come over the wire."""
        sent = json.dumps(self.body) if self.text is None else self.text
        headers = {name: value or "" for name, value in self.headers.items()}
        return Answer(self.http_status, headers, sent.encode(), self.seconds)


class Bundle(_Kept):
    """What an exchange answered to one test of one key, without anything of its owner's."""

    version: Literal[1] = 1
    program: str
    """The version of this program that asked."""
    exchange: ExchangeId
    environment: Environment
    region: str | None
    host: str | None
    """Of the exchange's own that was asked; None is another one: a gateway, or a simulator."""
    markets: tuple[Market, ...]
    api_key: str
    """Stands in place of the key where the exchange told it."""
    answers: Annotated[tuple[KeptAnswer, ...], Field(min_length=1)]
    read: Mapping[str, Any] = Field(default_factory=dict)
    """What the rows made of these answers when they came; see ``outcome``."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        row = EXCHANGES[self.exchange]
        if self.environment not in row.environments:
            raise ValueError("no such environment")
        if self.region is not None and self.region not in row.regions:
            raise ValueError("no such region")
        if self.host is not None and self.host not in row.hosts:
            raise ValueError("no such host of the exchange")
        return self

    @property
    def at(self) -> datetime:
        """When the exchange was asked."""
        return self.answers[0].at

    @property
    def row(self) -> Exchange:
        """The row of the exchange, as it stands in this environment and region."""
        return EXCHANGES[self.exchange].within(self.environment, self.region)

    def text(self) -> str:
        """As it is written to a file."""
        told = self.model_dump(mode="json")
        for answer in told["answers"]:
            del answer["body" if answer["text"] is not None else "text"]
        return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def parse(text: str) -> Bundle:
    """Read a bundle.

    Raises:
        BundleError: It is none.
    """
    if len(text) > MAX_BUNDLE:
        raise BundleError("too large")
    try:
        return Bundle.model_validate(json.loads(text))
    except ValidationError as error:
        found = error.errors(include_input=False, include_context=False, include_url=False)[0]
        place = ".".join(str(step) for step in found["loc"])
        raise BundleError(f"{place}: {found['msg']}" if place else found["msg"]) from None
    except (ValueError, RecursionError):
        raise BundleError("not JSON") from None


async def make(entry: ConnectionEntry, answered: Iterable[Answered]) -> Bundle:
    """The bundle of these answers.

    Raises:
        LeakError: A secret would be left in it.
    """
    connection = entry.connection
    row = EXCHANGES[connection.exchange].within(connection.environment, connection.region)
    secrets = credentials(entry)
    kept = tuple(_kept(each, secrets) for each in answered)
    bundle = Bundle(
        program=__version__,
        exchange=connection.exchange,
        environment=connection.environment,
        region=connection.region,
        host=_host(connection, row),
        markets=connection.markets,
        api_key=StandIns(connection.credentials.api_key.get_secret_value()).own_key,
        answers=kept,
    )
    bundle = bundle.model_copy(update={"read": outcome(await replay(bundle))})
    _search(bundle, secrets)
    return bundle


async def replay(bundle: Bundle) -> Observation:
    """What the rows make of a bundle today. Nobody is asked."""
    recorded = _Recorded(bundle)
    entry = entry_of(bundle)
    questions = Questions(entry, bundle.row, recorded, Queue(Budget(UNHURRIED)), recorded.clock)
    return Sanitizer().observation(entry, await questions.observe())


def memory_of(bundle: Bundle, seen: Observation) -> Seen:
    """As if it had been asked until everything is confirmed."""
    memory = remember(None, seen)
    while confirming(memory.runs, entry_of(bundle).under(Policy()).confirm_after):
        memory = remember(memory, seen)
    return memory


def entry_of(bundle: Bundle) -> ConnectionEntry:
    """A connection that could have been answered so."""
    given = dict.fromkeys(bundle.row.signing.credentials, UNSIGNED) | {"api_key": bundle.api_key}
    connection = Connection(
        name=NAME,
        exchange=bundle.exchange,
        environment=bundle.environment,
        region=bundle.region,
        markets=bundle.markets,
        credentials=Credentials.model_validate(given),
    )
    return ConnectionEntry(
        connection,
        fingerprint=NAME,
        line=0,
        origin="current",
        interval=timedelta(minutes=1),
        timeout=timedelta(minutes=1),
        pair="BTC/USDT",
    )


def outcome(seen: Observation) -> Facts:
    """What was understood: per question "ok" or a reason, and what the key is said to be."""
    found: Facts = {}
    for question, answer in seen.answers.items():
        if answer is not None:
            found[question] = str(answer.reason) if isinstance(answer, Failure) else OK
    key = seen.key
    if isinstance(key, KeyFacts):
        found |= {
            "granted": sorted(map(str, key.granted)),
            "denied": sorted(map(str, key.denied)),
            "unknown_words": list(key.unknown_words),
            "not_understood": [f"{part}: {name}" for part, name in key.unread],
            "ip_bound": key.ip_bound,
            "tells_creation": key.created_at is not None,
            "tells_expiry": key.expires_at is not None,
        }
    return found


def differences(first: Observation, second: Observation) -> list[str]:
    """In what two observations differ, by the names of ``outcome``; words count by number."""
    here, there = (_counted(outcome(seen)) for seen in (first, second))
    return sorted(name for name in here | there if here.get(name) != there.get(name))


def _counted(found: Facts) -> Facts:
    return found | {"unknown_words": len(found.get("unknown_words", ()))}


def _kept(each: Answered, secrets: list[str]) -> KeptAnswer:
    fill = StandIns(secrets[0], exact=each.question == "time")
    value = bodies.parse(each.answer.body, unique=False)
    page = isinstance(value, bodies.Unreadable)
    text = bodies.page(each.answer.body)[:MAX_PAGE]
    if page:
        clean = Secrets(secrets).in_text(text)
        text = fill.shape(text, "") if clean else fill.prose(text)
    return KeptAnswer(
        question=each.question,
        call=each.call.method,
        at=each.at.astimezone(UTC),
        seconds=round(each.answer.seconds, 3),
        http_status=each.answer.status,
        headers=capture.names_of(each.answer.headers, secrets),
        body=None if page else capture.redact(value, secrets, fill),
        text=text if page else None,
    )


def _host(connection: Connection, row: Exchange) -> str | None:
    """The exchange's own host that was asked."""
    base = connection.endpoint or row.environment.base
    host = urlsplit(base).netloc if base is not None else row.live_hosts[0]
    return host if host in row.hosts else None


def _search(bundle: Bundle, secrets: list[str]) -> None:
    """Look for every secret in the finished text, as it is written and as it is read."""
    text = bundle.text()
    if Secrets(secrets).in_text(text) or Secrets(secrets).in_text(json.dumps(text)):
        raise LeakError


@dataclass(slots=True)
class _Recorded:
    """Gives the answers of a bundle, each once, and the time at which it came."""

    bundle: Bundle
    now: datetime = field(init=False)
    left: list[KeptAnswer] = field(init=False)

    def __post_init__(self) -> None:
        self.now, self.left = self.bundle.at, list(self.bundle.answers)

    def clock(self) -> datetime:
        return self.now

    async def ask(self, _: ConnectionEntry, __: Exchange, call: Call) -> Answer | Silence:
        for index, kept in enumerate(self.left):
            if kept.call == call.method:
                del self.left[index]
                self.now = kept.at
                return kept.answer()
        return Silence.TIMEOUT
