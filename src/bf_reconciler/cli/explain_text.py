"""The chain from the file to the remedy, as people read it."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bf_reconciler.cli import tables
from bf_reconciler.cli.handling_text import of_fields
from bf_reconciler.cli.maintenance_text import maintenance
from bf_reconciler.cli.words import title
from bf_reconciler.facts import Language, Problem, Said
from bf_reconciler.status import activity

Row = dict[str, Any]
Line = str | Text

FILE = Said("File", "Dosya")
SPEC = Said("Spec", "Tanım")
HALT = Said("Halt", "Durdurma")
CONNECTION = Said("Connection", "Bağlantı")
MAINTENANCE = Said("Maintenance", "Bakım")
TESTED = Said("Tested", "Test")
CONDITIONS = Said("Conditions", "Koşullar")
POLICY = Said("Policy", "Politika")
ENGINE = Said("Engine", "Motor")
STRATEGIES = Said("Strategies", "Stratejiler")
TO_DO = Said("What to do", "Yapılacak")

IS = Said("{} is {}: {}", "{}: {}, {}")
FOR = Said(", for {}", ", {} süredir")
COMMIT = Said("commit {}", "commit {}")
GENERATION = Said("generation {}, loaded {}", "nesil {}, yüklendi: {}")
NEVER_LOADED = Said("generation {}", "nesil {}")
REFUSED = Said(
    "A newer version of the file is refused: {}: {}. {}",
    "Dosyanın daha yeni bir sürümü reddedildi: {}: {}. {}",
)
ORIGINS = {
    "last_good": Said(
        "Its entry in the file is invalid: the last good version of it is in force.",
        "Dosyadaki kaydı geçersiz: son geçerli biçimi yürürlükte.",
    ),
    "held": Said(
        "It is no longer in the file; it is held, since too much was removed at once.",
        "Dosyada artık yok; bir kerede çok fazla kayıt silindiği için tutuluyor.",
    ),
    "none": Said(
        "No valid version of its entry is in force.",
        "Kaydının geçerli bir biçimi yürürlükte değil.",
    ),
}
DEFAULTS = Said("all fields have their defaults", "tüm alanlar varsayılan değerde")
HALTED = Said("by {}: {} (since {})", "{}: {} ({} tarihinden beri)")
HALTED_BY_FILE = Said("in the file, by {}: {}", "dosyada, {}: {}")
ON = Said("{} at {} is {}: {}", "{} ({}): {}, {}")
NO_TEST = Said("no test of this key is known", "bu anahtarın bilinen bir testi yok")
AT = Said("{} ago, at {}", "{} önce, {}")
ALIKE = Said("; {} times in a row alike since {}", "; {} kez üst üste aynı, ilk: {}")
BEFORE = Said("before, until {}: {}", "önce, son olarak {}: {}")
ALL_ANSWERED = Said("everything was answered", "her soru yanıtlandı")
NEXT = Said("next test at {}", "sonraki test: {}")
WAITS = Said(
    "the next key {} waits in the file: bf-reconciler rotate {}",
    "yeni anahtar {} dosyada bekliyor: bf-reconciler rotate {}",
)
RESULTS = {
    "answered": Said("answered", "yanıtlandı"),
    "refused": Said("refused", "reddedildi"),
    "failed": Said("failed", "başarısız"),
    "not_asked": Said("not asked", "sorulmadı"),
}
QUESTIONS = {
    "time": Said("time", "saat"),
    "key": Said("key", "anahtar"),
    "balance": Said("balance", "bakiye"),
    "orders": Said("orders", "emirler"),
}
EMPTY = Said("empty", "boş")
CAN = Said("can: {}", "yapabilir: {}")
CANNOT = Said("cannot: {}", "yapamaz: {}")
NOTHING = Said("nothing", "hiçbir şey")
STRANGE = Said("not documented: {}", "belgelenmemiş: {}")
NOT_UNDERSTOOD = Said("not understood: {}", "anlaşılmayan: {}")
BOUND = Said("bound to addresses", "adreslere bağlı")
BOUND_TO = Said("bound to addresses: {}", "bağlı olduğu adres sayısı: {}")
UNBOUND = Said("bound to no address", "adrese bağlı değil")
EXPIRES = Said("expires {}", "bitiş: {}")
DERIVED = Said("Unknown: ", "Bilinmiyor: ")
"""How a condition begins that is unknown only since another answer is missing."""
SAME = Said("for the reason said above: {}", "yukarıdaki nedenle: {}")
GOOD = Said("as they should be: {}", "olması gerektiği gibi: {}")
OF_CONNECTION = Said("of {}", "{} için")
WANTED = {
    True: Said("the file wants it on", "dosya açık olmasını istiyor"),
    False: Said("the file wants it off", "dosya kapalı olmasını istiyor"),
}
RUNTIME = Said("runtime {}", "çalışma ortamı {}")
CONFIRMED = Said("confirmed: {}", "onaylanan: {}")
UNCONFIRMED = Said("not confirmed", "onaylanmadı")
NEVER_TOLD = Said("never told anything", "hiç komut verilmedi")
GRACE_ENDS = Said(
    "it runs on until {} at the latest, unless its connection is known again",
    "bağlantısı yeniden bilinmezse en geç {} anına kadar çalışır",
)
NONE_USE_IT = Said("no strategy uses it", "hiçbir strateji kullanmıyor")
NOTHING_TO_DO = Said("Nothing.", "Bir şey gerekmiyor.")
WHEN_CONVENIENT = Said("Nothing now. When convenient:", "Şimdilik bir şey yok. Uygun olduğunda:")
UNKNOWN_POLICY = Said("not known here; ask the daemon", "burada bilinmiyor; daemon'a sorun")


def text(found: Row, lang: Language) -> Group:
    """The whole chain."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, lines in _links(found, lang):
        shown = [Text(line) if isinstance(line, str) else line for line in lines]
        if shown:
            grid.add_row(Text(name.in_(lang)), Group(*shown))
    return Group(*_headline(found, lang), Text(), grid)


def _links(found: Row, lang: Language) -> Iterator[tuple[Said, Iterable[Line]]]:
    yield FILE, _file(found, lang)
    yield SPEC, [_fields(found["declared"]) or DEFAULTS.in_(lang)]
    yield HALT, _halt(found["halted"], lang)
    if found.get("connection"):
        yield CONNECTION, _connection(found, lang)
    yield MAINTENANCE, [maintenance(each, lang) for each in found["maintenance"]]
    yield TESTED, _tested(found, lang)
    yield CONDITIONS, _conditions(found, lang)
    policy = found["policy"]
    yield POLICY, [_fields(policy) if policy is not None else UNKNOWN_POLICY.in_(lang)]
    if found["kind"] == "strategy":
        yield ENGINE, _engine(found["engine"], lang)
    else:
        yield STRATEGIES, _strategies(found["strategies"], lang)
    yield TO_DO, _remedies(found, lang)


def _headline(found: Row, lang: Language) -> Iterator[RenderableType]:
    what = f"{found['kind']}/{found['name']}"
    head = IS.in_(lang).format(what, found["status"], title(found["reason"] or "", lang))
    if found["since"]:
        head += FOR.in_(lang).format(tables.ago(found["since"], lang))
    style = tables.COLOURS.get(found["status"], "")
    yield Text(head, style=f"bold {style}".strip())
    if found["message"]:
        yield Text(found["message"])


def _file(found: Row, lang: Language) -> Iterator[Line]:
    file = found["file"]
    yield _place(file["path"], file["line"], file["revision"], lang)
    loaded = tables.moment(file["loaded"])
    words = GENERATION if loaded else NEVER_LOADED
    yield words.in_(lang).format(file["generation"], loaded)
    if file["origin"] in ORIGINS:
        yield Text(ORIGINS[file["origin"]].in_(lang), style="yellow")
    for problem in file["problems"]:
        yield _problem(problem, file["path"])
    refused = file["refused"]
    if refused:
        told = REFUSED.in_(lang).format(refused["reason"], refused["message"], refused["remedy"])
        yield Text(told, style="red")


def _place(path: str, line: int | None, revision: str, lang: Language) -> str:
    place = f"{path}:{line}" if path and line else path
    commit = COMMIT.in_(lang).format(revision) if revision else ""
    return ", ".join(filter(None, (place, commit)))


def _problem(told: Row, path: str) -> Text:
    inside = told.get("file", "")  # of an entry that is in force, the path has it already
    file = "" if path.endswith(f"/{inside}") else inside
    problem = Problem(told["line"], told["column"], told["path"], told["message"], file=file)
    return Text(problem.render(path), style="red")


def _fields(declared: Row) -> str:
    """Fields as the file has them; what has fields itself by dots."""
    return ", ".join(f"{name}: {value}" for name, value in _flat(declared, ""))


def _flat(declared: Row, before: str) -> Iterator[tuple[str, str]]:
    for name, value in declared.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        elif isinstance(value, list):
            yield before + name, f"[{', '.join(map(str, value))}]"
        else:
            yield before + name, str(value).lower() if isinstance(value, bool) else str(value)


def _halt(halted: Row | None, lang: Language) -> Iterator[Line]:
    if halted is not None:
        words = HALTED if halted["since"] else HALTED_BY_FILE
        told = words.in_(lang).format(
            halted["by"], halted["reason"], tables.moment(halted["since"])
        )
        yield Text(told, style="bold red")


def _connection(found: Row, lang: Language) -> Iterator[Line]:
    row, file = found["connection"], found["file"]
    told = ON.in_(lang).format(
        row["name"], row["exchange"], row["status"], title(row["reason"] or "", lang)
    )
    yield Text(told, style=tables.COLOURS.get(row["status"], ""))
    if row["message"] and row["message"] != found["message"]:
        yield row["message"]
    if row["line"]:
        yield _place(row["path"], row["line"], file["revision"], lang)
    for problem in row["problems"]:
        yield _problem(problem, file["path"])


def _tested(found: Row, lang: Language) -> Iterator[Line]:
    tested = found["tested"]
    if tested is None:
        yield NO_TEST.in_(lang)
    else:
        yield _when(tested, lang)
        for answer in tested["answers"]:
            yield _answer(answer, lang)
    before = found["before"]
    if before is not None:
        reasons = ", ".join(title(reason, lang) for reason in before["reasons"])
        words = reasons or ALL_ANSWERED.in_(lang)
        yield BEFORE.in_(lang).format(tables.moment(before["at"]), words)
    if found["next_test"]:
        yield NEXT.in_(lang).format(tables.moment(found["next_test"]))
    if found.get("next_key"):
        yield WAITS.in_(lang).format(found["next_key"], found["name"])


def _when(tested: Row, lang: Language) -> str:
    at = AT.in_(lang).format(tables.ago(tested["at"], lang), tables.moment(tested["at"]))
    if tested["count"] == 1:
        return at
    return at + ALIKE.in_(lang).format(tested["count"], tables.moment(tested["since"]))


def _answer(answer: Row, lang: Language) -> Text:
    question = answer["question"]
    name = QUESTIONS[question].in_(lang) if question in QUESTIONS else question
    call = f" {answer['call']}" if answer["call"] else ""
    told = "; ".join(filter(None, _answered(answer, lang)))
    good = answer["result"] == "answered"
    return Text(f"{name}{call}: {told}", style="" if good else "yellow")


def _answered(answer: Row, lang: Language) -> Iterator[str]:
    """A message that is not ours to translate names status and code of the answer itself."""
    result = answer["result"]
    yield RESULTS[result].in_(lang) if result in RESULTS else result
    if answer["key"] is not None:
        yield from _key(answer["key"], lang)
    elif result == "answered":
        yield EMPTY.in_(lang) if answer["message"] else ""
    else:
        yield answer["message"]


def _key(key: Row, lang: Language) -> Iterator[str]:
    yield CAN.in_(lang).format(", ".join(key["granted"]) or NOTHING.in_(lang))
    for words, names in (
        (CANNOT, key["denied"]),
        (STRANGE, key["unknown_words"]),
        (NOT_UNDERSTOOD, key["not_understood"]),
    ):
        if names:
            yield words.in_(lang).format(", ".join(names))
    if key["ip_bound"] is not None:
        many = key["addresses"]
        bound = BOUND_TO.in_(lang).format(many) if many else BOUND.in_(lang)
        yield bound if key["ip_bound"] else UNBOUND.in_(lang)
    if key["expires_at"]:
        yield EXPIRES.in_(lang).format(tables.moment(key["expires_at"]))


def _conditions(found: Row, lang: Language) -> Iterator[Line]:
    head = found["message"] or ""
    yield from _some_conditions(found["conditions"], [head], lang)
    on = found.get("connection")
    if on:
        yield Text(OF_CONNECTION.in_(lang).format(on["name"]) + ":", style="dim")
        yield from _some_conditions(on["conditions"], [head, on["message"] or ""], lang)


def _some_conditions(conditions: Iterable[Row], told: list[str], lang: Language) -> Iterator[Line]:
    """What is not as it should be in full, each sentence once; the rest by name."""
    good: list[str] = []
    same: list[str] = []
    for condition in conditions:
        kind, message = condition["type"], condition["message"]
        bare = message.removeprefix(DERIVED.in_(lang))
        if condition["status"] == "True":
            good.append(kind)
        elif any(bare in each for each in told):
            same.append(kind)
        else:
            told.append(message)
            yield _condition(condition, lang)
    if same:
        yield Text(SAME.in_(lang).format(", ".join(same)), style="yellow")
    if good:
        yield Text(GOOD.in_(lang).format(", ".join(good)), style="dim")


def _condition(condition: Row, lang: Language) -> Text:
    words = f"{condition['type']} {condition['status']} {condition['reason']}"
    since = FOR.in_(lang).format(tables.ago(condition["since"], lang))
    colour = tables.COLOURS.get(condition["status"], "")
    return Text.assemble((words, colour), f"{since}: {condition['message']}")


def _engine(engine: Row, lang: Language) -> Iterator[Line]:
    runtime = RUNTIME.in_(lang).format(engine["runtime"]) if engine["runtime"] else ""
    yield ", ".join(filter(None, (runtime, WANTED[bool(engine["desired"])].in_(lang))))
    if engine["told"] is None:
        told = NEVER_TOLD.in_(lang)
    else:
        told = activity(engine["told"], "unknown", lang).words
    seen = UNCONFIRMED.in_(lang)
    if engine["running"] != "unknown":
        seen = CONFIRMED.in_(lang).format(activity(None, engine["running"], lang).words)
    yield f"{told}; {seen}"
    yield from of_fields(engine["handling"], lang)
    if engine["grace_ends"]:
        yield Text(GRACE_ENDS.in_(lang).format(tables.moment(engine["grace_ends"])), style="yellow")


def _strategies(rows: list[Row], lang: Language) -> Iterator[Line]:
    if not rows:
        yield NONE_USE_IT.in_(lang)
    for row in rows:
        doing = activity(row["told"], row["running"], lang)
        yield Text(f"{row['name']}: {row['status']}, {doing}")


def _remedies(found: Row, lang: Language) -> Iterator[Line]:
    """In order of weight; where all is well, what may be looked at some day."""
    well = any(c["type"] == "Ready" and c["status"] == "True" for c in found["conditions"])
    remedies = found["remedies"]
    if well or not remedies:
        yield (WHEN_CONVENIENT if remedies else NOTHING_TO_DO).in_(lang)
    for number, each in enumerate(remedies, 1):
        mark = f"{number}. " if len(remedies) > 1 else ""
        about = "" if each["reason"] == found["reason"] else ", ".join(each["conditions"])
        style = "bold" if number == 1 and not well else ""
        yield Text.assemble((f"{mark}{each['remedy']}", style), f" ({about})" if about else "")
