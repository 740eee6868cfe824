"""What a file of a folder may declare: the base document says so, file by file."""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.spec.connection import Connection
from bf_reconciler.spec.policy import RiskLevel
from bf_reconciler.spec.strategy import Strategy
from bf_reconciler.spec.types import Declared, Text

ANY = "*"
Place = tuple[str | int, ...]


def _known(value: str) -> str:
    if value != ANY and value not in EXCHANGES:
        words = f"unknown exchange; known: {ANY}, {', '.join(sorted(EXCHANGES))}"
        raise PydanticCustomError("exchange", words)
    return value


AnyExchange = Annotated[
    str, AfterValidator(_known), Field(json_schema_extra={"enum": [ANY, *sorted(EXCHANGES)]})
]
Texts = Annotated[tuple[Text, ...], Field(strict=False)]


class Grant(Declared):
    """What some files may declare. What is not listed is not given."""

    files: Annotated[tuple[Text, ...], Field(min_length=1, strict=False)]
    """Which files, relative to the folder: `teams/alpha/*.yaml`; `**` is any number of folders."""
    exchanges: Annotated[tuple[AnyExchange, ...], Field(strict=False)] = ()
    """Exchanges of their connections; `"*"` is any."""
    accounts: Texts = ()
    """Accounts of their connections; `*` stands for any characters."""
    runtimes: Texts = ()
    """Runtimes of their strategies; `*` stands for any characters."""
    risk_levels: Annotated[tuple[RiskLevel, ...], Field(strict=False)] = ()
    """Risk levels of their strategies."""

    def covers(self, file: str) -> bool:
        """Whether it is about this file."""
        return fits(self.files, file)


def is_within(grant: Grant, other: Grant) -> bool:
    """Whether a grant gives nothing that the other does not; patterns are compared as texts."""
    return all(
        {*getattr(grant, field)} <= {*getattr(other, field)}
        or (field != "files" and ANY in getattr(other, field))
        for field in Grant.model_fields
    )


def fits(patterns: Iterable[str], file: str) -> bool:
    """Whether one of the patterns is about this file; ``*`` ends at a slash, ``**`` does not."""
    parts = file.split("/")
    return any(_fits(pattern.split("/"), parts) for pattern in patterns)


def _fits(pattern: Sequence[str], parts: Sequence[str]) -> bool:
    """Step by step through the pattern, with every place in the path that it may have reached."""
    reached = {0}
    for step in pattern:
        if step == "**":
            reached = set(range(min(reached), len(parts) + 1))
        else:
            reached = {i + 1 for i in reached if i < len(parts) and fnmatchcase(parts[i], step)}
        if not reached:
            return False
    return len(parts) in reached


def _named(patterns: Iterable[str], name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def connection_excess(
    connection: Connection, grants: Sequence[Grant]
) -> Iterator[tuple[Place, str]]:
    """Yield (path within the connection, message) for what none of these grants gives."""
    if not grants:
        yield (), "no rule under `allow` is about this file"
        return
    fitting = [g for g in grants if {ANY, connection.exchange} & {*g.exchanges}]
    if not fitting:
        yield ("exchange",), "`allow` does not give this file the exchange"
    elif not any(_named(grant.accounts, connection.account) for grant in fitting):
        yield ("account",), "`allow` does not give this file the account"


def strategy_excess(strategy: Strategy, grants: Sequence[Grant]) -> Iterator[tuple[Place, str]]:
    """Yield (path within the strategy, message) for what none of these grants gives."""
    if not grants:
        yield (), "no rule under `allow` is about this file"
        return
    fitting = [grant for grant in grants if _named(grant.runtimes, strategy.runtime)]
    if not fitting:
        yield ("runtime",), "`allow` does not give this file the runtime"
    elif not any(strategy.risk_level in grant.risk_levels for grant in fitting):
        yield ("risk_level",), "`allow` does not give this file the risk level"
