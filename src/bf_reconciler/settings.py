"""Process settings from flags and environment, passed down as arguments."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

from bf_reconciler.facts import (
    ALONE,
    DEFAULT_RULES,
    SHARD_MARK,
    Language,
    Rules,
    Shard,
    system_words,
)

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["console", "json"]
HOST = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9.]{0,252})")
MAX_PORT = 65535
MIN_TOKEN = 16
LONGEST_TOKENS = 1 << 16
"""Bytes of a token file that are read."""
RETENTION = timedelta(days=400)
RESERVED_LABELS = frozenset(
    {
        *("job", "instance", "namespace", "pod", "container", "service", "endpoint", "cluster"),
        *("node", "alertname", "alertstate", "severity", "le", "quantile"),
        *("connection", "exchange", "strategy", "runtime", "account", "status", "file"),
        *("environment", "exchange_environment"),
        *("condition", "reason", "permission", "state", "to", "kind", "scope"),
        *("shard", "shards", "egress"),
    }
)
"""Labels that mean something already, in our metrics or to Prometheus and its operators."""
TOKEN_NAME = re.compile(r"[A-Za-z0-9](?:[-_.A-Za-z0-9]{0,30}[A-Za-z0-9])?")
"""Who has the token, or what for: it is shown, logged, and a label of a metric."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the daemon listens. Port 0 takes any that is free."""

    host: str = "127.0.0.1"
    port: int = 9877

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Monitoring:
    """What alerts and dashboards are told: where people look, and whose a connection is."""

    page_url: str = ""
    """Where people open the status page; "" is nowhere they could reach. Likewise the others."""
    shard_url: str = ""
    """The same for each of several daemons: ``{shard}`` stands for its number."""
    dashboard_url: str = ""
    """Where they open the dashboards."""
    runbook_url: str = ""
    """Where they read docs/operations.md."""
    labels: tuple[str, ...] = ()
    """Labels of the file that stand in the metrics of an entry."""
    notify: Path | None = None
    """The file that says who is notified of what."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Where this process proves that it is at work: a dead man's switch of another system.

    The address may be all that it takes to send one, so it is treated as a credential.
    """

    url: str = field(repr=False)
    token: str = field(default="", repr=False)
    """Sent as a bearer token; "" is none."""
    seconds: float = 30.0
    """How often at most."""


def of_shard(monitoring: Monitoring, shard: Shard) -> Monitoring:
    """With the address of this shard's page, where that of each one is known."""
    if SHARD_MARK not in monitoring.page_url:
        return monitoring
    url = monitoring.page_url
    return replace(monitoring, page_url=url.replace(SHARD_MARK, str(shard.index)), shard_url=url)


@dataclass(frozen=True, slots=True)
class Settings:
    """How this process was started. ``sops_binary`` None: found on the PATH or beside Python."""

    file: str
    state_dir: Path
    listen: Listen = Listen()
    token_file: Path | None = None
    read_token_file: Path | None = None
    sops_binary: str | None = None
    allow_plaintext: bool = False
    rules: Rules = DEFAULT_RULES
    trusted_signers: Path | None = None
    log_level: LogLevel = "info"
    log_format: LogFormat = "console"
    language: Language = "en"
    runtime_root: Path | None = None
    """Where folders of strategy files may lie, beside the state folder."""
    process_root: Path | None = None
    """Where commands of the file may lie; without it none is started."""
    monitoring: Monitoring = Monitoring()
    heartbeat: Heartbeat | None = None
    retention: timedelta = RETENTION
    """How long the journal keeps what changed, and what it was judged by."""
    shard: Shard = ALONE
    """Which part of the connections this daemon looks after."""


def parse_listen(text: str) -> Listen:
    """Read ``HOST:PORT``; an IPv6 address stands in brackets.

    Raises:
        ValueError: with a message for the user.
    """
    host, colon, port = text.strip().rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    bracketed = host == f"[{bare}]"
    if not colon or not port.isascii() or not port.isdigit() or int(port) > MAX_PORT:
        raise ValueError(
            "the listen address must be HOST:PORT, such as 127.0.0.1:9877 or [::1]:9877"
        )
    if bracketed and _is_ipv6(bare):
        return Listen(bare, int(port))
    if ":" in host or bracketed:
        raise ValueError("an IPv6 address must be in brackets, such as [::1]:9877")
    if not HOST.fullmatch(host):
        raise ValueError("the listen address needs a host name or an IP address before the port")
    return Listen(host, int(port))


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def default_state_dir(environ: Mapping[str, str]) -> Path:
    """Where the journal lies by default: systemd's StateDirectory, or the XDG state folder."""
    given = environ.get("STATE_DIRECTORY", "").split(":")[0]
    if given:
        return Path(given)
    # The XDG specification has relative paths ignored.
    xdg = Path(environ.get("XDG_STATE_HOME", ""))
    home = Path(environ.get("HOME") or "/")
    base = xdg if xdg.is_absolute() else home / ".local" / "state"
    return base / "bf-reconciler"


def read_tokens(path: Path) -> Mapping[str, str]:
    """The tokens of ``--token-file`` by name: one word, or lines of a name and a word.

    The name of a token that stands alone is empty.

    Raises:
        ValueError: the file cannot be read, or a line is wrong; no token is ever in the message.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_TOKENS + 1)
        text = content.decode("ascii")
    except OSError as error:
        message = f"the token file {path} cannot be read: {system_words(error)}"
        raise ValueError(message) from None
    except UnicodeError:
        raise ValueError(f"the token file {path} cannot be read: it is not ASCII text") from None
    if len(content) > LONGEST_TOKENS:
        raise ValueError(f"the token file {path} is too long")
    lines = [line.split() for line in text.splitlines() if line.strip() and line.strip()[0] != "#"]
    if len(lines) == 1 and len(lines[0]) == 1:
        lines = [["", *lines[0]]]
    tokens = {line[0]: line[1] for line in lines if _names_a_token(line)}
    if not lines or len(tokens) != len(lines) or len(set(tokens.values())) != len(lines):
        raise ValueError(
            f"the token file {path} must contain one word of at least {MIN_TOKEN} characters, or"
            " several lines, each with a name of its own and such a word"
        )
    return tokens


def read_token(path: Path) -> str:
    """The token to send: the only one of the file, or the first of several.

    Raises:
        ValueError: as ``read_tokens``.
    """
    return next(iter(read_tokens(path).values()))


def read_heartbeat_url(path: Path) -> str:
    """The address in a file, on a line of its own.

    Raises:
        ValueError: the file cannot be read; nothing of what it holds is ever in the message.
    """
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        message = f"the file {path} cannot be read: {system_words(error)}"
        raise ValueError(message) from None
    except UnicodeError:
        raise ValueError(f"the file {path} cannot be read: it is not ASCII text") from None


def _names_a_token(line: list[str]) -> bool:
    if len(line) != 2:  # noqa: PLR2004 # a name and a token
        return False
    name, token = line
    return (not name or TOKEN_NAME.fullmatch(name) is not None) and (
        len(token) >= MIN_TOKEN and token.isprintable()
    )
