"""A new connection: from what a person gives to an entry in the encrypted file."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bf_reconciler import sops
from bf_reconciler.authoring.templates import EXAMPLE
from bf_reconciler.document import Parsed, values
from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import ConfigError, Json, Problem, Rules
from bf_reconciler.loader import load
from bf_reconciler.seals import sealed
from bf_reconciler.sops import SopsSettings

BEYOND: Final = 1_000_000
"""An index beyond the end of every list: sops appends."""
ORDER: Final = ("name", "exchange", "environment", "region", "account", "markets", "credentials")
Fields = Mapping[str, Any]


class EntryError(Exception):
    """What was given cannot be used; the message is for a person and holds no value."""


@dataclass(frozen=True, slots=True)
class Added:
    """A file before and after, read as the daemon does. ``replaced``: the example is gone."""

    name: str
    before: Parsed
    after: Parsed
    content: bytes = field(repr=False)
    replaced: bool = False


def given_fields(given: bytes, exchange: str) -> dict[str, Any]:
    """The fields of a connection from standard input. Three forms are taken.

    A line for each credential; a mapping of them, as YAML or JSON; or a file with one connection.

    Raises:
        EntryError: it is none of these.
    """
    words = EXCHANGES[exchange].signing.credentials
    lines = _lines(given)
    if len(lines) == len(words) and not any(_mapping(line) for line in lines):
        return {"credentials": dict(zip(words, lines, strict=True))}
    found = values(given)
    if isinstance(found, Problem):
        raise EntryError(f"line {found.line}: {found.message}")
    if isinstance(found, dict) and "connections" in found:
        return _only(found["connections"], exchange)
    if isinstance(found, dict) and set(found) <= {"api_key", "secret", "passphrase"}:
        return {"credentials": found}
    raise EntryError(f"expected {len(words)} lines: {', '.join(words)}; or a mapping of these")


def entry(exchange: str, fields: Fields) -> dict[str, Any]:
    """The entry as it is to stand in the file: known fields in their usual order, then the rest."""
    whole = {"exchange": exchange, **fields}
    first = {name: whole[name] for name in ORDER if name in whole}
    return first | {name: value for name, value in whole.items() if name not in first}


async def add(content: bytes, new: Fields, settings: SopsSettings, rules: Rules) -> Added:
    """The encrypted file with one more connection, sealed. Comments and order stay.

    Raises:
        ConfigError: it cannot be decrypted or written, or the entry is wrong.
    """
    before = await load(content, settings, rules, allow_plaintext=False)
    if before.refused:
        raise _wrong(before.errors)
    if _is_example(before):
        with suppress(ConfigError):
            added = await _instead_of_example(content, before, new, settings, rules)
            if _names(added.after) == [new["name"]] and _strategies(added.after) == _strategies(
                before
            ):
                return added
    changed = await _set(content, ("connections", BEYOND), dict(new), settings)
    return await _sealed(new, before, changed, settings, rules)


def _is_example(parsed: Parsed) -> bool:
    return _names(parsed) == [EXAMPLE] and parsed.connections[0][0].suspend is not None


async def _instead_of_example(
    content: bytes, before: Parsed, new: Fields, settings: SopsSettings, rules: Rules
) -> Added:
    """Put it in the example's place. Whether that was its place, the caller looks.

    In lists sops counts comments as items.
    """
    changed = await _set(content, ("connections", 0), dict(new), settings)
    for index in range(len(before.strategies)):
        place = ("strategies", index, "connection")
        changed = await _set(changed, place, new["name"], settings)
    return replace(await _sealed(new, before, changed, settings, rules), replaced=True)


async def _sealed(
    new: Fields, before: Parsed, changed: bytes, settings: SopsSettings, rules: Rules
) -> Added:
    content = await sealed(changed, settings, rules)
    after = await load(content, settings, rules, allow_plaintext=False)
    known = {(problem.path, problem.message) for problem in before.errors}
    if wrong := [p for p in after.errors if (p.path, p.message) not in known]:
        raise _wrong(wrong)
    return Added(new["name"], before, after, content)


async def _set(
    content: bytes, place: Sequence[str | int], value: Json, settings: SopsSettings
) -> bytes:
    return await asyncio.to_thread(sops.set_value, content, place, value, settings)


def _wrong(problems: Sequence[Problem]) -> ConfigError:
    told = (f"{p.path}: {p.message}" if p.path else p.message for p in problems)
    return ConfigError(problems[0].reason, "; ".join(told))


def _strategies(parsed: Parsed) -> list[str]:
    return [strategy.name for strategy, _ in parsed.strategies]


def _names(parsed: Parsed) -> list[str]:
    return [connection.name for connection, _ in parsed.connections]


def _only(connections: Json, exchange: str) -> dict[str, Any]:
    if not isinstance(connections, list) or len(connections) != 1:
        raise EntryError("expected exactly one connection")
    found = connections[0]
    if not isinstance(found, dict) or found.get("exchange") != exchange:
        raise EntryError(f"the connection is not one of {exchange}")
    return found


def _lines(given: bytes) -> list[str]:
    """Lines of text; those of a PEM are one."""
    found: list[str] = []
    inside = False
    for line in given.decode(errors="replace").splitlines():
        if inside:
            found[-1] += f"\n{line}"
        elif line.strip():
            found.append(line.strip())
        inside = (inside or "-----BEGIN " in line) and "-----END " not in line
    return found


def _mapping(line: str) -> bool:
    word, colon, _ = line.partition(":")
    return line.startswith("{") or (bool(colon) and word in {"api_key", "secret", "passphrase"})
