"""A preview for people: as text, and as Markdown for a pull request."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from bf_reconciler.facts import Json, Problem, printable
from bf_reconciler.preview import Change, Entry, Preview, Right, Switch

SIGNS: Final = {
    "add": "+",
    "change": "~",
    "remove": "-",
    "hold": "=",
    "invalid": "!",
    "unknown": "?",
}
ACTIONS: Final = {
    "add": "added",
    "change": "changed",
    "remove": "removed",
    "hold": "missing, kept in force",
    "invalid": "invalid",
    "unknown": "not compared",
}
HALTS: Final = {
    "pulled": "The file halts every strategy.",
    "released": "The file no longer sets a halt.",
    "changed": "The file changes its halt.",
}
HELD: Final = {
    True: "the key has it",
    False: "not among the key's known permissions",
    None: "unknown",
}
REFUSED: Final = "The file is rejected: nothing would change."
NOTHING: Final = "No connection or strategy would change."
BEYOND: Final = "Policy, defaults and runtimes are not compared."
UNCOMPARED: Final = "not compared (needs --decrypt and the journal)"
COMPARED: Final = {"changed": "changed", "unknown": UNCOMPARED}
LONGEST: Final = 160
MOST: Final = 100
"""Lines of one part of Markdown: a comment has a limit."""
SPECIAL: Final = re.compile(r"[\\`*_\[\]#!|~<>&@]")
ENTITIES: Final = {"@": "&#64;", "<": "&lt;", ">": "&gt;", "&": "&amp;"}


def text(found: Preview | None) -> str:
    """For a terminal: no colour, so that it can be kept."""
    if found is None:
        return f"{REFUSED}\n"
    lines: list[str] = []
    for heading, kind in (("Connections", "connections"), ("Strategies", "strategies")):
        entries = [entry for entry in found.entries if entry.kind == kind]
        lines += _part(heading, (line for entry in entries for line in _entry(entry)))
    lines += _part("On or off", (_switch(switch) for switch in found.switches))
    lines += _part("New permissions needed", (_right(right) for right in found.rights))
    lines += _part("Notes", _notes(found))
    return "\n".join([*lines, _summary(found)]) + "\n"


def _part(heading: str, rows: Iterable[str]) -> list[str]:
    shown = [f"  {row}" for row in rows]
    return [heading, *shown, ""] if shown else []


def _entry(entry: Entry) -> Iterator[str]:
    yield f"{SIGNS[entry.action]} {clean(entry.name)}{_place(entry)}: {ACTIONS[entry.action]}"
    for change in entry.changes:
        yield f"    {clean(change.field)}: {_values(change)}"
    if entry.credentials != "same":
        yield f"    credentials: {COMPARED[entry.credentials]}"


def _place(entry: Entry) -> str:
    line = f"line {entry.line}" if entry.line else ""
    place = ", ".join(part for part in (clean(entry.file), line) if part)
    return f" ({place})" if place else ""


def _values(change: Change) -> str:
    if not change.known:
        return "not compared: encrypted, or not reported by the daemon"
    return f"{value(change.before)} → {value(change.after)}"


def value(found: Json) -> str:
    """A value on one line, not too long, and nothing in it moves the cursor."""
    if found is None:
        return "default"
    return clean(json.dumps(found, ensure_ascii=False))


def clean(told: str) -> str:
    plain = printable(told)
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"


def _switch(switch: Switch) -> str:
    way = f"{switch.before} → {switch.after}" if switch.before != switch.after else "stays off"
    return f"{switch.name}: {way}  {switch.reason}: {clean(switch.message)}"


def _right(right: Right) -> str:
    return f"{right.connection}: {right.right} ({right.scope}); {HELD[right.held]}"


def _notes(found: Preview) -> Iterator[str]:
    if found.halt is not None:
        yield HALTS[found.halt]
    if found.removals.message:
        gone = " and ".join(
            f"{count} of {found.removals.total[kind]} {kind}"
            for kind, count in found.removals.vanished.items()
            if count
        )
        yield f"{gone}: {found.removals.message}."
    if found.uncompared:
        count = len(found.uncompared)
        yield f"Credentials of {count} unchanged connection(s): {UNCOMPARED}."
    yield BEYOND


def _summary(found: Preview) -> str:
    if found.empty:
        return NOTHING
    counts = dict.fromkeys(SIGNS, 0)
    for entry in found.entries:
        counts[entry.action] += 1
    ways = [switch.after for switch in found.switches if switch.before != switch.after]
    told = [f"{counts[action]} {words}" for action, words in ACTIONS.items() if counts[action]]
    told += [
        f"{ways.count(power)} {words}"
        for power, words in (
            ("on", "turned on"),
            ("off", "turned off"),
            ("unknown", "undetermined"),
        )
        if power in ways
    ]
    return f"Plan: {', '.join(told) or 'see above'}."


def markdown(found: Preview | None, problems: Sequence[Problem], file: str) -> str:
    """For a pull request. Words of the file stand in code, or are escaped."""
    lines = ["<!-- bf-reconciler plan -->", f"### Plan for {code(file)}", ""]
    lines.append(f"**{escaped(_summary(found)) if found else REFUSED}**")
    errors = [problem for problem in problems if problem.severity == "error"]
    lines += _list("Problems", (code(problem.render(file)) for problem in errors))
    if found is None:
        return "\n".join(lines) + "\n"
    for heading, kind in (("Connections", "connections"), ("Strategies", "strategies")):
        entries = [entry for entry in found.entries if entry.kind == kind]
        lines += _list(heading, (row for entry in entries for row in _marked(entry)))
    lines += _list("On or off", (_marked_switch(switch) for switch in found.switches))
    lines += _list("New permissions needed", (_marked_right(right) for right in found.rights))
    lines += _list("Notes", (escaped(each) for each in _notes(found)))
    return "\n".join(lines) + "\n"


def _list(heading: str, rows: Iterable[str]) -> list[str]:
    shown = [row if row.startswith("  ") else f"- {row}" for row in rows]
    if not shown:
        return []
    rest = len(shown) - MOST
    return ["", f"#### {heading}", "", *shown[:MOST], *([f"- and {rest} more"] if rest > 0 else [])]


def _marked(entry: Entry) -> Iterator[str]:
    where = f" ({code(entry.file)})" if entry.file else ""
    yield f"{code(entry.name)}{where} {ACTIONS[entry.action]}"
    for change in entry.changes:
        if change.known:
            yield f"  - {code(change.field)}: {code(value(change.before))} → " + code(
                value(change.after)
            )
        else:
            yield f"  - {code(change.field)}: {_values(change)}"
    if entry.credentials != "same":
        yield f"  - credentials: {COMPARED[entry.credentials]}"


def _marked_switch(switch: Switch) -> str:
    way = f"{switch.before} → **{switch.after}**" if switch.before != switch.after else "stays off"
    return f"{code(switch.name)}: {way}, {switch.reason}: {escaped(clean(switch.message))}"


def _marked_right(right: Right) -> str:
    return (
        f"{code(right.connection)}: **{escaped(right.right)}** ({right.scope}); "
        + (HELD[right.held])
    )


def code(told: str) -> str:
    """A code span around anything."""
    plain = clean(told)
    longest = max((len(run) for run in re.findall("`+", plain)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {plain} {fence}" if longest else f"{fence}{plain}{fence}"


def escaped(told: str) -> str:
    """Text that stays text: no mark-up, no link, nobody called."""
    return SPECIAL.sub(lambda found: ENTITIES.get(found[0], f"\\{found[0]}"), told)
