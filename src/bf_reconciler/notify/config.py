"""The file of `run --notify`: receivers, and which of them is told what."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from bf_reconciler.facts import Language, printable, system_words
from bf_reconciler.notify.digest import Timing
from bf_reconciler.notify.routes import Match
from bf_reconciler.spec.types import Declared, Duration, Name, Secret, is_overheard

MOST_BYTES: Final = 256 * 1024
MANY: Final = 16
"""Receivers at most, and routes."""
LEAST_SECRET: Final = 16
PARTS: Final = re.compile(r"[-\w]{12,}")
"""What of a URL may be a token; without a digit in it, it is a word."""


class NotifyError(ValueError):
    """The file, or one that it names, cannot be used. No value of it stands in the message."""


def _web_address(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in {"http", "https"} or not host or not text.isprintable() or " " in text:
        raise PydanticCustomError("url", "must be a URL that starts with https://")
    if parts.username or parts.password or parts.fragment:
        raise PydanticCustomError("url", "must be a URL without user and fragment")
    if is_overheard(text):
        raise PydanticCustomError("url", "http:// is only allowed on loopback; use https://")
    return value


class Webhook(Declared):
    """An address that takes signed messages. Its URL may be a credential, so it is one."""

    url: Annotated[Secret, AfterValidator(_web_address)]
    secret_file: Path | None = Field(default=None, strict=False)
    """At least 16 characters; they sign every message."""
    timeout: Duration = Field(default="10s", validate_default=True)


class Apprise(Declared):
    """Chat, mail and whatever else the library apprise speaks."""

    urls_file: Path = Field(strict=False)
    """A URL of apprise in each line. They are credentials."""
    timeout: Duration = Field(default="30s", validate_default=True)


class Receiver(Declared):
    """One receiver: a webhook, or apprise."""

    webhook: Webhook | None = None
    apprise: Apprise | None = None
    lang: Language = "en"

    @model_validator(mode="after")
    def _one(self) -> "Receiver":
        if (self.webhook is None) == (self.apprise is None):
            raise PydanticCustomError("receiver", "must have either webhook or apprise")
        return self


class Route(Declared):
    """Who is told of what matches."""

    match: Match = Match()
    to: tuple[Name, ...] = Field(min_length=1, max_length=MANY, strict=False)


class NotifyFile(Declared):
    """Receivers of notifications, and routes to them. Without routes each is told everything."""

    version: Literal[1]
    receivers: dict[Name, Receiver] = Field(min_length=1, max_length=MANY)
    routes: tuple[Route, ...] = Field(default=(), max_length=MANY, strict=False)
    gather: Duration = Field(default="1m", validate_default=True)
    """How long what passes by itself must last until it is told."""
    settle: Duration = Field(default="2m", validate_default=True)
    """How long it must be over until that is told."""

    @model_validator(mode="after")
    def _known(self) -> "NotifyFile":
        named = {name for route in self.routes for name in route.to}
        unknown = sorted(named - set(self.receivers))
        if unknown:
            words = f"a route leads to {unknown[0]}, which is no receiver"
            raise PydanticCustomError("route", "{words}", {"words": words})
        return self

    @property
    def timing(self) -> Timing:
        return Timing(self.gather, self.settle)

    def matches(self, receiver: str) -> tuple[Match, ...]:
        """What this receiver is told."""
        if not self.routes:
            return (Match(),)
        return tuple(route.match for route in self.routes if receiver in route.to)


def schema() -> dict[str, Any]:
    """The JSON Schema of the file."""
    found = NotifyFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def read(path: Path) -> NotifyFile:
    """The file, with the paths in it made absolute: they are relative to where it lies.

    Raises:
        NotifyError: It cannot be read, or is wrong.
    """
    try:
        content = yaml.safe_load(_text(path))
    except (yaml.YAMLError, RecursionError):
        raise NotifyError(f"{path}: it is not valid YAML") from None
    try:
        found = NotifyFile.model_validate(content)
    except ValidationError as error:
        raise NotifyError(f"{path}: {_words(error)}") from None
    receivers = {name: _beside(path, each) for name, each in found.receivers.items()}
    return found.model_copy(update={"receivers": receivers})


def read_secret(path: Path) -> SecretStr:
    """The word in a file that signs messages.

    Raises:
        NotifyError: It cannot be read, or is too short.
    """
    secret = _text(path).strip()
    if len(secret) < LEAST_SECRET or not secret.isprintable():
        raise NotifyError(f"{path}: it must contain one line of at least {LEAST_SECRET} characters")
    return SecretStr(secret)


def read_urls(path: Path) -> tuple[SecretStr, ...]:
    """The URLs in a file, one in a line.

    Raises:
        NotifyError: It cannot be read, or has none.
    """
    lines = (line.strip() for line in _text(path).splitlines())
    found = tuple(SecretStr(line) for line in lines if line and not line.startswith("#"))
    if not found:
        raise NotifyError(f"{path}: it must contain a URL of apprise in each line")
    return found


@dataclass(frozen=True, slots=True)
class Opened:
    """The file with what it names.

    ``secrets`` of a webhook: the one that signs, if any; of apprise: its URLs.
    """

    file: NotifyFile
    secrets: Mapping[str, tuple[SecretStr, ...]]

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that it names."""
        found = (_named(receiver) for receiver in self.file.receivers.values())
        return tuple(path for path in found if path is not None)

    def credentials(self) -> Iterator[str]:
        """Everything that must never be shown."""
        hooks = (receiver.webhook for receiver in self.file.receivers.values())
        urls = [hook.url.get_secret_value() for hook in hooks if hook is not None]
        secrets = [each.get_secret_value() for found in self.secrets.values() for each in found]
        for secret in (*urls, *secrets):
            yield secret
            yield from (part for part in PARTS.findall(secret) if any(map(str.isdigit, part)))


def read_all(path: Path) -> Opened:
    """The file, and what it names.

    Raises:
        NotifyError: Something cannot be read, or is wrong.
    """
    file = read(path)
    return Opened(file, {name: _secrets(each) for name, each in file.receivers.items()})


def _secrets(receiver: Receiver) -> tuple[SecretStr, ...]:
    named = _named(receiver)
    if named is None:
        return ()
    return read_urls(named) if receiver.apprise is not None else (read_secret(named),)


def _named(receiver: Receiver) -> Path | None:
    """The file with its secret, or its URLs."""
    if receiver.apprise is not None:
        return receiver.apprise.urls_file
    return receiver.webhook.secret_file if receiver.webhook is not None else None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise NotifyError(f"{path}: it cannot be read: {system_words(error)}") from None
    if len(data) > MOST_BYTES:
        raise NotifyError(f"{path}: it is larger than {MOST_BYTES // 1024} KiB")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise NotifyError(f"{path}: it is not UTF-8 text") from None


def _words(error: ValidationError) -> str:
    """Where, and what is expected; never what stands there."""
    found = error.errors(include_input=False, include_context=False, include_url=False)
    lines = []
    for each in found[:5]:
        where = ".".join(str(part) for part in each["loc"])
        lines.append(f"{where}: {each['msg']}" if where else each["msg"])
    return printable("; ".join(lines))


def _beside(path: Path, receiver: Receiver) -> Receiver:
    folder = path.absolute().parent
    webhook, apprise = receiver.webhook, receiver.apprise
    if webhook is not None and webhook.secret_file is not None:
        webhook = webhook.model_copy(update={"secret_file": folder / webhook.secret_file})
    if apprise is not None:
        apprise = apprise.model_copy(update={"urls_file": folder / apprise.urls_file})
    return receiver.model_copy(update={"webhook": webhook, "apprise": apprise})
