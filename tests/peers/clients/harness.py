"""What every program here shares: a job comes in as JSON, and a report goes out as JSON.

A program runs in the environment of its client, and knows nothing of this project. It asks what our
rows ask, through the client's own calls, and says what the client made of it.
"""

import asyncio
import contextlib
import inspect
import json
import logging
import re
import sys
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version

TEXT = 2_000
"""Letters of an error that a report holds."""


class RefusedError(Exception):
    """The code by which the exchange refused."""


@dataclass(frozen=True)
class Ask:
    """One call of a client.

    `path` is where it goes to; `inner` is where in the answer the client's model begins, and
    `fields` are the names of that model, nested. `ask` returns what the client read, as JSON.
    `connect` is for a call of a second client, and `key` names the key that asks.
    """

    path: str
    ask: Callable
    fields: Mapping | None = None
    inner: str = ""
    connect: Callable | None = None
    key: str = "good"


@dataclass(frozen=True)
class Client:
    """One client: how it connects, what it asks, how it tells a refusal, and how it signs.

    `sign` is given a request of ours and its credentials, and returns what the client's signing
    function makes of the same inputs: pairs of what we sent and what it would have sent.
    """

    packages: tuple[str, ...]
    connect: Callable
    asks: Mapping[str, Ask]
    code: Callable[[BaseException], str]
    sign: Callable


def run(client: Client) -> None:
    """Do the job of standard input; clients print, so the report has standard output alone."""
    job, out = json.load(sys.stdin), sys.stdout
    warned = Warned()
    logging.getLogger().addHandler(warned)
    with contextlib.redirect_stdout(sys.stderr):
        report = {
            "versions": {name: version(name) for name in client.packages},
            "answers": {name: answered(client, job, ask) for name, ask in client.asks.items()},
            "refusals": {case: refused(client, **where) for case, where in job["refused"].items()},
            "signatures": {each["name"]: signed(client, each) for each in job["signed"]},
            "accepted": {case: accepted(client, **where) for case, where in job["good"].items()},
        }
    report["warnings"] = warned.messages
    json.dump(report, out, default=str)


class Warned(logging.Handler):
    """What clients log of answers that did not fit their models."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.messages = []

    def emit(self, record):
        if "pars" in record.getMessage():
            self.messages.append(record.getMessage()[:TEXT])


def answered(client: Client, job: Mapping, ask: Ask) -> dict:
    connect = ask.connect or client.connect
    try:
        told = settle(ask.ask, connect, job["base"], job["keys"][ask.key])
    except Exception as error:  # noqa: BLE001 # the report tells it
        told = {"error": f"{type(error).__name__}: {error}"[:TEXT]}
    return {"path": ask.path, "inner": ask.inner, "fields": ask.fields, "told": told}


def accepted(client: Client, base: str, key: Mapping) -> bool:
    settle(client.asks["key"].ask, client.connect, base, key)
    return True


def refused(client: Client, base: str, key: Mapping) -> str:
    try:
        settle(client.asks["key"].ask, client.connect, base, key)
    except Exception as error:  # noqa: BLE001 # each client has its own
        return error.args[0] if isinstance(error, RefusedError) else str(client.code(error))
    return "accepted"


def signed(client: Client, request: Mapping) -> list:
    """Pairs of what was sent and what the client would send; equal where we agree."""
    return [[str(ours), str(theirs)] for ours, theirs in client.sign(request, request["key"])]


def settle(ask: Callable, connect: Callable, base: str, key: Mapping) -> object:
    """Connect and ask; a client that awaits is made in its loop."""
    if not inspect.iscoroutinefunction(ask):
        return ask(connect(base, key))

    async def settled():
        return await ask(connect(base, key))

    return asyncio.run(settled())


def typed(path: str, call: Callable, model: object, connect: Callable, inner: str = "") -> Ask:
    """A call of one of the typed clients, which check each answer against their models."""

    async def ask(client):
        async with client:
            await call(client)
            return "valid"

    return Ask(path, ask, fields_of(model), inner, connect)


def first_match(pattern: str) -> Callable[[BaseException], str]:
    """The first group of this pattern in the text of an error."""
    return lambda error: (re.search(pattern, str(error)) or {1: f"{error!r}"})[1]


def fields_of(kind: object) -> dict | None:
    """The names in a typed model, nested; None is a leaf, "*" any name, "name?" may be absent."""
    if hasattr(kind, "__optional_keys__"):  # a TypedDict of typing, or of its extensions
        hints = typing.get_type_hints(kind)
        optional = kind.__optional_keys__
        return {f"{n}?" if n in optional else n: fields_of(hint) for n, hint in hints.items()}
    if hasattr(kind, "model_fields"):
        if "actual_instance" in kind.model_fields:  # one of several models
            return None
        return {
            each.alias or name: fields_of(each.annotation)
            for name, each in kind.model_fields.items()
            if name not in {"common_response", "additional_properties"}
        }
    if typing.get_origin(kind) is dict:
        inner = fields_of(typing.get_args(kind)[1])
        return None if inner is None else {"*": inner}
    if hasattr(kind, "__value__"):
        return fields_of(kind.__value__)
    inner = [fields_of(each) for each in typing.get_args(kind)]
    return next((each for each in inner if each), None)
