"""A preview for people: as text, and as Markdown for a pull request."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from bf_reconciler.facts import Json, Language, Problem, Said, message_in, printable
from bf_reconciler.preview import Change, Entry, Preview, Right, Switch, Widening

SIGNS: Final = {
    "add": "+",
    "change": "~",
    "remove": "-",
    "hold": "=",
    "invalid": "!",
    "unknown": "?",
}
ACTIONS: Final = {
    "add": Said("added", "eklenir"),
    "change": Said("changed", "değişir"),
    "remove": Said("removed", "kaldırılır"),
    "hold": Said("missing, kept in force", "dosyada yok, yürürlükte kalır"),
    "invalid": Said("invalid", "geçersiz"),
    "unknown": Said("not compared", "karşılaştırılmadı"),
}
HALTS: Final = {
    "pulled": Said("The file halts every strategy.", "Dosya tüm stratejileri durdurur."),
    "released": Said("The file no longer sets a halt.", "Dosya artık durdurma içermez."),
    "changed": Said("The file changes its halt.", "Dosyadaki durdurma değişir."),
}
HELD: Final = {
    True: Said("the key has it", "anahtarda var"),
    False: Said("not among the key's known permissions", "anahtarın bilinen izinleri arasında yok"),
    None: Said("unknown", "bilinmiyor"),
}
POWERS: Final = {
    "on": Said("on", "açık"),
    "off": Said("off", "kapalı"),
    "unknown": Said("unknown", "bilinmiyor"),
}
TURNS: Final = {
    "on": Said("turned on", "açılır"),
    "off": Said("turned off", "kapatılır"),
    "unknown": Said("undetermined", "belirsiz"),
}
KINDS: Final = {
    "connections": Said("connections", "bağlantı"),
    "strategies": Said("strategies", "strateji"),
}
CONNECTIONS: Final = Said("Connections", "Bağlantılar")
STRATEGIES: Final = Said("Strategies", "Stratejiler")
ON_OR_OFF: Final = Said("On or off", "Açık ya da kapalı")
RIGHTS: Final = Said("New permissions needed", "Gereken yeni izinler")
WIDENED: Final = Said("Widened", "Genişleyenler")
POLICY: Final = Said("policy", "politika")
POLICY_PART: Final = Said("Policy", "Politika")
POLICY_CHANGES: Final = Said("policy changed", "politika değişir")
NOTES: Final = Said("Notes", "Notlar")
PROBLEMS: Final = Said("Problems", "Sorunlar")
PLAN_FOR: Final = Said("Plan for {}", "{} için plan")
PLAN: Final = Said("Plan: {}.", "Plan: {}.")
SEE_ABOVE: Final = Said("see above", "yukarıya bakın")
MORE: Final = Said("and {} more", "ve {} tane daha")
STAYS_OFF: Final = Said("stays off", "kapalı kalır")
LINE: Final = Said("line", "satır")
DEFAULT: Final = Said("default", "varsayılan")
SECRETS: Final = Said("credentials", "kimlik bilgileri")
HIDDEN: Final = Said(
    "not compared: encrypted, or not reported by the daemon",
    "karşılaştırılmadı: şifreli ya da daemon bildirmiyor",
)
GONE: Final = Said("{} of {} {}", "{1} {2} kaydından {0} tanesi")
AND: Final = Said(" and ", " ve ")
UNCHECKED: Final = Said(
    "Credentials of {} unchanged connection(s): {}.",
    "Değişmeyen {} bağlantının kimlik bilgileri: {}.",
)
REFUSED: Final = Said(
    "The file is rejected: nothing would change.", "Dosya reddedilir: hiçbir şey değişmez."
)
NOTHING: Final = Said(
    "No connection or strategy would change.", "Hiçbir bağlantı ya da strateji değişmez."
)
BEYOND: Final = Said(
    "Policy, defaults and runtimes are not compared.",
    "Politika, varsayılanlar ve çalışma ortamları karşılaştırılmaz.",
)
BEYOND_POLICY: Final = Said(
    "Defaults and runtimes are not compared.",
    "Varsayılanlar ve çalışma ortamları karşılaştırılmaz.",
)
UNCOMPARED: Final = Said(
    "not compared (needs --decrypt and the journal)",
    "karşılaştırılmadı (--decrypt ve günlük gerekir)",
)
COMPARED: Final = {"changed": Said("changed", "değişir"), "unknown": UNCOMPARED}
LONGEST: Final = 160
MOST: Final = 100
"""Lines of one part of Markdown: a comment has a limit."""
SPECIAL: Final = re.compile(r"[\\`*_\[\]#!|~<>&@]")
ENTITIES: Final = {"@": "&#64;", "<": "&lt;", ">": "&gt;", "&": "&amp;"}


def text(found: Preview | None, lang: Language = "en") -> str:
    """For a terminal: no colour, so that it can be kept."""
    if found is None:
        return f"{REFUSED.in_(lang)}\n"
    lines: list[str] = []
    for heading, kind in ((CONNECTIONS, "connections"), (STRATEGIES, "strategies")):
        entries = [entry for entry in found.entries if entry.kind == kind]
        rows = (line for entry in entries for line in _entry(entry, lang))
        lines += _part(heading.in_(lang), rows)
    rules = (f"{clean(each.field)}: {_values(each, lang)}" for each in found.policy or ())
    lines += _part(POLICY_PART.in_(lang), rules)
    lines += _part(ON_OR_OFF.in_(lang), (_switch(switch, lang) for switch in found.switches))
    lines += _part(RIGHTS.in_(lang), (_right(right, lang) for right in found.rights))
    lines += _part(WIDENED.in_(lang), (_widened(each, lang) for each in found.widened))
    lines += _part(NOTES.in_(lang), _notes(found, lang))
    return "\n".join([*lines, _summary(found, lang)]) + "\n"


def _part(heading: str, rows: Iterable[str]) -> list[str]:
    shown = [f"  {row}" for row in rows]
    return [heading, *shown, ""] if shown else []


def _entry(entry: Entry, lang: Language) -> Iterator[str]:
    word = ACTIONS[entry.action].in_(lang)
    yield f"{SIGNS[entry.action]} {clean(entry.name)}{_place(entry, lang)}: {word}"
    for change in entry.changes:
        yield f"    {clean(change.field)}: {_values(change, lang)}"
    if entry.credentials != "same":
        yield f"    {SECRETS.in_(lang)}: {COMPARED[entry.credentials].in_(lang)}"


def _place(entry: Entry, lang: Language) -> str:
    line = f"{LINE.in_(lang)} {entry.line}" if entry.line else ""
    place = ", ".join(part for part in (clean(entry.file), line) if part)
    return f" ({place})" if place else ""


def _values(change: Change, lang: Language) -> str:
    if not change.known:
        return HIDDEN.in_(lang)
    return f"{value(change.before, lang)} → {value(change.after, lang)}"


def value(found: Json, lang: Language = "en") -> str:
    """A value on one line, not too long, and nothing in it moves the cursor."""
    if found is None:
        return DEFAULT.in_(lang)
    return clean(json.dumps(found, ensure_ascii=False))


def clean(told: str) -> str:
    plain = printable(told)
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"


def _switch(switch: Switch, lang: Language) -> str:
    before, after = POWERS[switch.before].in_(lang), POWERS[switch.after].in_(lang)
    way = f"{before} → {after}" if switch.before != switch.after else STAYS_OFF.in_(lang)
    return f"{switch.name}: {way}  {switch.reason}: {_told(switch, lang)}"


def _told(each: Switch | Widening, lang: Language) -> str:
    return clean(message_in(each.message, lang))


def _right(right: Right, lang: Language) -> str:
    return f"{right.connection}: {right.right} ({right.scope}); {HELD[right.held].in_(lang)}"


def _widened(each: Widening, lang: Language) -> str:
    return f"{each.connection or POLICY.in_(lang)}: {_told(each, lang)} ({clean(each.field)})"


def _notes(found: Preview, lang: Language) -> Iterator[str]:
    if found.halt is not None:
        yield HALTS[found.halt].in_(lang)
    if found.removals.message:
        gone = AND.in_(lang).join(
            GONE.in_(lang).format(count, found.removals.total[kind], KINDS[kind].in_(lang))
            for kind, count in found.removals.vanished.items()
            if count
        )
        yield f"{gone}: {message_in(found.removals.message, lang)}."
    if found.uncompared:
        count = len(found.uncompared)
        yield UNCHECKED.in_(lang).format(count, UNCOMPARED.in_(lang))
    yield (BEYOND if found.policy is None else BEYOND_POLICY).in_(lang)


def _summary(found: Preview, lang: Language) -> str:
    if found.empty:
        return NOTHING.in_(lang)
    counts = dict.fromkeys(SIGNS, 0)
    for entry in found.entries:
        counts[entry.action] += 1
    ways = [switch.after for switch in found.switches if switch.before != switch.after]
    told = [
        f"{counts[action]} {words.in_(lang)}" for action, words in ACTIONS.items() if counts[action]
    ]
    told += [POLICY_CHANGES.in_(lang)] if any(each.known for each in found.policy or ()) else []
    told += [
        f"{ways.count(power)} {words.in_(lang)}" for power, words in TURNS.items() if power in ways
    ]
    return PLAN.in_(lang).format(", ".join(told) or SEE_ABOVE.in_(lang))


def markdown(
    found: Preview | None, problems: Sequence[Problem], file: str, lang: Language = "en"
) -> str:
    """For a pull request. Words of the file stand in code, or are escaped."""
    title = PLAN_FOR.in_(lang).format(code(file))
    lines = ["<!-- bf-reconciler plan -->", f"### {title}", ""]
    lines.append(f"**{escaped(_summary(found, lang)) if found else REFUSED.in_(lang)}**")
    errors = [problem for problem in problems if problem.severity == "error"]
    lines += _list(PROBLEMS, (code(problem.render(file)) for problem in errors), lang)
    if found is None:
        return "\n".join(lines) + "\n"
    for heading, kind in ((CONNECTIONS, "connections"), (STRATEGIES, "strategies")):
        entries = [entry for entry in found.entries if entry.kind == kind]
        lines += _list(heading, (row for entry in entries for row in _marked(entry, lang)), lang)
    rules = (_marked_change(change, lang) for change in found.policy or ())
    lines += _list(POLICY_PART, rules, lang)
    lines += _list(ON_OR_OFF, (_marked_switch(switch, lang) for switch in found.switches), lang)
    lines += _list(RIGHTS, (_marked_right(right, lang) for right in found.rights), lang)
    lines += _list(WIDENED, (_marked_widened(each, lang) for each in found.widened), lang)
    lines += _list(NOTES, (escaped(each) for each in _notes(found, lang)), lang)
    return "\n".join(lines) + "\n"


def _list(heading: Said, rows: Iterable[str], lang: Language) -> list[str]:
    shown = [row if row.startswith("  ") else f"- {row}" for row in rows]
    if not shown:
        return []
    rest = len(shown) - MOST
    more = [f"- {MORE.in_(lang).format(rest)}"] if rest > 0 else []
    return ["", f"#### {heading.in_(lang)}", "", *shown[:MOST], *more]


def _marked(entry: Entry, lang: Language) -> Iterator[str]:
    where = f" ({code(entry.file)})" if entry.file else ""
    yield f"{code(entry.name)}{where} {ACTIONS[entry.action].in_(lang)}"
    for change in entry.changes:
        yield f"  - {_marked_change(change, lang)}"
    if entry.credentials != "same":
        yield f"  - {SECRETS.in_(lang)}: {COMPARED[entry.credentials].in_(lang)}"


def _marked_change(change: Change, lang: Language) -> str:
    if not change.known:
        return f"{code(change.field)}: {_values(change, lang)}"
    before, after = value(change.before, lang), value(change.after, lang)
    return f"{code(change.field)}: {code(before)} → {code(after)}"


def _marked_switch(switch: Switch, lang: Language) -> str:
    before, after = POWERS[switch.before].in_(lang), POWERS[switch.after].in_(lang)
    way = f"{before} → **{after}**" if switch.before != switch.after else STAYS_OFF.in_(lang)
    return f"{code(switch.name)}: {way}, {switch.reason}: {escaped(_told(switch, lang))}"


def _marked_right(right: Right, lang: Language) -> str:
    held = HELD[right.held].in_(lang)
    return f"{code(right.connection)}: **{escaped(right.right)}** ({right.scope}); {held}"


def _marked_widened(each: Widening, lang: Language) -> str:
    what = code(each.connection or POLICY.in_(lang))
    return f"{what}: **{escaped(_told(each, lang))}** ({code(each.field)})"


def code(told: str) -> str:
    """A code span around anything."""
    plain = clean(told)
    longest = max((len(run) for run in re.findall("`+", plain)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {plain} {fence}" if longest else f"{fence}{plain}{fence}"


def escaped(told: str) -> str:
    """Text that stays text: no mark-up, no link, nobody called."""
    return SPECIAL.sub(lambda found: ENTITIES.get(found[0], f"\\{found[0]}"), told)
