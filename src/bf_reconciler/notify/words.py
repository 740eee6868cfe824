"""A message in words, in English or Turkish; pure. The reasons have those of facts/advice."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from bf_reconciler.facts import (
    ADVICE,
    CONFIG_ADVICE,
    Language,
    Reason,
    Said,
    printable,
)
from bf_reconciler.notify.values import Change, Message
from bf_reconciler.status import KEY_WORDS, STATE_WORDS

Advised = Mapping[str, Mapping[Language, tuple[str, str, str]]]
OF_REASONS: Final[Advised] = {str(reason): ADVICE[reason] for reason in Reason}
OF_CONFIG: Final[Advised] = {
    str(reason): {
        language: (advice.title, advice.cause, advice.remedy) for language, advice in each.items()
    }
    for reason, each in CONFIG_ADVICE.items()
}
LONGEST_DETAIL: Final = 500
UNITS: Final = ((86_400, Said("d", "gün")), (3600, Said("h", "sa")), (60, Said("min", "dk")))
TITLES: Final[Mapping[str, Said]] = {
    "failure": Said("{state}: {what} ({why})", "{state}: {what} ({why})"),
    "recovery": Said("Over: {what} ({why})", "Bitti: {what} ({why})"),
    "key": Said("Key changed: {what}", "Anahtar değişti: {what}"),
    "config": Said("File rejected ({why})", "Dosya reddedildi ({why})"),
    "config over": Said("File in force again", "Dosya yeniden yürürlükte"),
    "halt": Said("Halted by {by}", "{by} durdurdu"),
    "halt over": Said("Resumed", "Sürdürüldü"),
    "announced": Said("Maintenance announced: {what}", "Bakım duyuruldu: {what}"),
    "under_way": Said("Under maintenance: {what}", "Bakımda: {what}"),
}
CONNECTIONS: Final = Said("{} connections", "{} bağlantı")
STRATEGIES: Final = Said("{} strategies", "{} strateji")
EGRESS: Final = Said("outbound network ({})", "dış ağ bağlantısı ({})")
RUNTIME: Final = Said("runtime {}", "çalışma ortamı {}")
WAS: Final = Said("It was {} before.", "Önceki durum: {}.")
WAS_LONG: Final = Said("It was {} before, for {}.", "Önceki durum: {}, {} sürdü.")
LASTED: Final = Said("It was {} for {}.", "{} durumu {} sürdü.")
NOW: Final = Said("It is {} now.", "Şimdiki durum: {}.")
HALT_LASTED: Final = Said("The halt lasted {}.", "Durdurma {} sürdü.")
FILE_LASTED: Final = Said("It was rejected for {}.", "Dosya {} boyunca reddedildi.")
LISTED: Final = Said("Connections: {}", "Bağlantılar: {}")
FOLLOW: Final = Said("Strategies: {}", "Stratejiler: {}")
LEFT: Final = Said("Still failing: {}", "Hâlâ sorunlu: {}")
MORE: Final = Said("and {} more", "ve {} tane daha")
FROM_TO: Final = Said("From {} to {}.", "{} ile {} arasında.")
FROM: Final = Said("From {}; its end is not told.", "{} anından itibaren; bitişi bildirilmedi.")
QUIET: Final = Said(
    "What fails meanwhile as an exchange does in maintenance is told only if it overruns.",
    "Bu sırada bakımdan kaynaklanan hatalar yalnızca bakım uzarsa bildirilir.",
)
OVERRAN: Final = Said(
    "Its announced maintenance was to end at {}, and has overrun.",
    "Duyurulan bakım {} anında bitecekti; uzadı.",
)
TO_DO: Final = Said("What to do: {}", "Yapılacak: {}")


class Text(NamedTuple):
    """A message as a person reads it; ``remedy`` is the last line of the body, too."""

    title: str
    body: str
    remedy: str


def text_of(message: Message, language: Language, page: str = "") -> Text:
    """The words. ``page``: where the page can be opened; "" is nowhere."""
    quiet = message.event in {"recovery", "announcement"}
    remedy = "" if quiet else _advice(message, language)[2]
    lines = [*_lines(message, language)]
    if remedy:
        lines.append(TO_DO.in_(language).format(remedy))
    if page:
        lines.append(page)
    return Text(_clean(_title(message, language)), "\n".join(map(_clean, lines)), remedy)


def duration(seconds: float, language: Language) -> str:
    """The two largest units of a duration."""
    left, parts = round(seconds), []
    for length, unit in UNITS:
        count, left = divmod(left, length)
        if count:
            parts.append(f"{count} {unit.in_(language)}")
    if not parts or (len(parts) == 1 and seconds < UNITS[1][0] and left):
        parts.append(f"{left} {'sn' if language == 'tr' else 's'}")
    return " ".join(parts[:2])


def state_word(state: str, language: Language) -> str:
    pair = STATE_WORDS.get(state)
    return state if pair is None else pair[language == "tr"]


def _clean(text: str) -> str:
    return printable(text)


def _title(message: Message, language: Language) -> str:
    over = message.event == "recovery"
    form: str = message.event
    if message.kind in {"config", "halt"}:
        form = f"{message.kind} over" if over else message.kind
    elif message.event == "change":
        form = "key"
    elif message.event == "announcement":
        form = message.state
    return (
        TITLES[form]
        .in_(language)
        .format(
            state=state_word(message.state, language),
            what=_what(message, language),
            why=_advice(message, language)[0],
            by=message.by,
        )
    )


def _what(message: Message, language: Language) -> str:
    """Whom it concerns, in a few words."""
    if message.kind == "egress":
        return EGRESS.in_(language).format(message.name)
    count = CONNECTIONS if message.connections else STRATEGIES
    many = count.in_(language).format(message.count)
    if message.kind == "runtime":
        return f"{RUNTIME.in_(language).format(message.name)}, {many}"
    if message.kind in {"outage", "change"}:
        alone = message.count == 1 and message.connections
        return f"{message.name}, {message.connections[0] if alone else many}"
    if message.name:
        return message.name
    return f"{message.exchange}, {many}" if message.exchange else many


def _lines(message: Message, language: Language) -> Iterator[str]:
    if message.event == "failure":
        yield from _of_failure(message, language)
    elif message.event == "recovery":
        yield from _of_recovery(message, language)
    elif message.event == "announcement":
        yield from _of_notice(message, language)
    for change in message.changes:
        yield _change(change, language)
    if message.count > 1 and message.connections:
        yield LISTED.in_(language).format(_listed(message.connections, message.count, language))
    if message.strategies and message.strategies != (message.name,):
        yield FOLLOW.in_(language).format(", ".join(message.strategies))
    if message.left:
        yield LEFT.in_(language).format(", ".join(message.left))


def _of_failure(message: Message, language: Language) -> Iterator[str]:
    if message.kind == "halt":
        if message.detail:
            yield message.detail
        return
    _, cause, _ = _advice(message, language)
    yield cause
    if message.until is not None:
        yield OVERRAN.in_(language).format(_minute(message.until))
    if message.detail:
        yield message.detail[:LONGEST_DETAIL]
    if message.previous and message.lasted is not None:
        word = state_word(message.previous, language)
        yield WAS_LONG.in_(language).format(word, duration(message.lasted, language))
    elif message.previous:
        yield WAS.in_(language).format(state_word(message.previous, language))


def _of_notice(message: Message, language: Language) -> Iterator[str]:
    begins = _minute(message.since)
    if message.until is not None:
        yield FROM_TO.in_(language).format(begins, _minute(message.until))
    else:
        yield FROM.in_(language).format(begins)
    if message.detail:
        yield message.detail[:LONGEST_DETAIL]
    yield QUIET.in_(language)


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _of_recovery(message: Message, language: Language) -> Iterator[str]:
    lasted = duration(message.lasted or 0.0, language)
    if message.kind == "halt":
        yield HALT_LASTED.in_(language).format(lasted)
    elif message.kind == "config":
        yield FILE_LASTED.in_(language).format(lasted)
    else:
        yield LASTED.in_(language).format(state_word(message.previous, language), lasted)
        if message.state:
            yield NOW.in_(language).format(state_word(message.state, language))


def _change(change: Change, language: Language) -> str:
    return KEY_WORDS[language][change.what].format(change.after or change.before)


def _listed(names: tuple[str, ...], count: int, language: Language) -> str:
    more = count - len(names)
    shown = ", ".join(names)
    return f"{shown} {MORE.in_(language).format(more)}" if more > 0 else shown


def _advice(message: Message, language: Language) -> tuple[str, str, str]:
    """Title, cause and remedy of its reason; one of another version is shown as it is."""
    table = OF_CONFIG if message.kind == "config" else OF_REASONS
    found = table.get(message.reason)
    return (message.reason, "", "") if found is None else found[language]
