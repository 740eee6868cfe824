"""What to do if a key is stolen, as people read it."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from bf_reconciler.cli import tables
from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.exchanges.guides import guide
from bf_reconciler.facts import Language, Said
from bf_reconciler.spec.limits import number

Row = dict[str, Any]
Line = str | Text
NAMED: Final = 8
"""Names of one kind that are shown; the rest are counted."""

HEAD = Said("If the key of {} ({}, {}) is stolen", "{} bağlantısının anahtarı ({}, {}) çalınırsa")
TESTED = Said("As tested {} ago, at {}.", "{} önceki teste göre ({}).")
NEVER = Said(
    "This key was never tested: nothing is known, so a thief may have everything.",
    "Bu anahtar hiç test edilmedi: hiçbir şey bilinmiyor, hırsız her şeyi yapabiliyor olabilir.",
)
REFUSED = Said(
    "The exchange did not accept the key in its last test. It may be dead, or refuse our address "
    "alone: act as if it worked.",
    "Borsa son testte anahtarı kabul etmedi. Anahtar geçersiz olabilir ya da yalnızca bizim "
    "adresimiz reddediliyordur: çalışıyormuş gibi davranın.",
)
EXPIRES = Said("It ends by itself at {}.", "Kendiliğinden şu tarihte sona erer: {}.")

CAN = Said("A thief can", "Hırsız yapabilir")
MAY = Said("A thief may", "Hırsız belki yapabilir")
CANNOT = Said("A thief cannot", "Hırsız yapamaz")
FROM = Said("Works from", "Çalıştığı adres")
TRADES = Said("Can trade", "İşlem alanı")
CAPITAL = Said("Capital", "Sermaye")
TWINS = Said("Same key", "Aynı anahtar")
EGRESS = Said("Same egress", "Aynı çıkış")
STEPS = Said("What to do", "Yapılacak")

ACTS: Final[Mapping[str, Said]] = {
    "withdraw": Said(
        "withdraw everything to an address of their own", "her şeyi kendi adresine çekmek"
    ),
    "pay": Said(
        "take value out by fiat, P2P, cards or payments",
        "değeri itibari para, P2P, kart veya ödemeyle dışarı çıkarmak",
    ),
    "account": Said(
        "change the account, the key or its allowlist, and so get more rights",
        "hesabı, anahtarı veya IP listesini değiştirip daha fazla hak edinmek",
    ),
    "futures": Said(
        "trade futures: with leverage, the whole margin is lost in minutes",
        "vadeli işlem yapmak: kaldıraçla tüm teminat dakikalar içinde kaybedilir",
    ),
    "margin": Said(
        "borrow and trade: lose more than the account holds",
        "borç alıp işlem yapmak: hesaptakinden fazlasını kaybettirmek",
    ),
    "spot": Said(
        "trade spot: swap everything into a coin that they sell themselves",
        "spot işlem yapmak: her şeyi kendi sattığı bir coine çevirmek",
    ),
    "transfer": Said(
        "move funds between the owner's accounts, into reach of other keys",
        "varlıkları sahibin hesapları arasında, başka anahtarların erişimine taşımak",
    ),
    "earn": Said("lock or release funds in earn products", "varlıkları earn ürünlerine kilitlemek"),
    "other": Said(
        "act elsewhere: options, conversions, copy trading",
        "başka yerde işlem yapmak: opsiyon, dönüştürme, kopya işlem",
    ),
    "read": Said("see balances, orders and trades", "bakiye, emir ve işlemleri görmek"),
    "deposit": Said(
        "make addresses for deposits; nothing leaves by them",
        "yatırma adresleri oluşturmak; bunlarla dışarı bir şey çıkmaz",
    ),
}
STRANGE = Said(
    "what nobody knows: no document explains {}", "bilinmeyen şeyler: hiçbir belge açıklamıyor: {}"
)
NOTHING = Said("nothing that is known", "bilinen hiçbir şey")

ORIGINS: Final[Mapping[str, Said]] = {
    "anywhere": Said("anywhere", "her yer"),
    "listed": Said("these addresses alone: {}", "yalnızca şu adresler: {}"),
    "hidden": Said(
        "addresses of its allowlist alone, which the exchange does not show",
        "yalnızca IP listesindeki adresler; borsa listeyi göstermiyor",
    ),
    "unknown": Said(
        "anywhere, maybe: whether it is bound to addresses is not known",
        "belki her yer: adreslere bağlı olup olmadığı bilinmiyor",
    ),
}
OURS = Said("declared as ours: {}", "bizim olarak bildirilen: {}")
ALL_PAIRS = Said(
    "every pair of {} that its rights permit, not only those declared: {}",
    "{} üzerinde haklarının izin verdiği her çift; yalnızca bildirilenler değil: {}",
)
NO_PAIRS = Said("no strategy uses it", "hiçbir strateji kullanmıyor")
NO_TRADING = Said("nothing", "hiçbir şey")
DECLARED = Said(
    "{} declared for its strategies; a thief is bound by no limit",
    "stratejileri için bildirilen: {}; hırsızı hiçbir sınır bağlamaz",
)
RATIO = Said("{} of the balance", "bakiyenin {} kadarı")
UNLIMITED = Said("no limit known, so all of it: {}", "sınırı bilinmiyor, dolayısıyla tamamı: {}")
NO_CAPITAL = Said("none declared; the whole account is at risk", "bildirilmemiş; tüm hesap riskte")
TWINS_TOLD = Said("{}: stolen with it", "{}: onunla birlikte çalındı")
EGRESS_TOLD = Said(
    "{}: stolen, too, if the machine or proxy was broken into",
    "{}: makineye veya proxy'ye girildiyse bunlar da çalınmıştır",
)
MORE = Said("and {} more", "ve {} tane daha")

DOES: Final[Mapping[str, Said]] = {
    "revoke": Said(
        "Delete the key at {exchange}: {page}, the key that ends with {ending}.",
        "Anahtarı {exchange} üzerinde silin: {page}, sonu {ending} olan anahtar.",
    ),
    "halt": Said(
        "Stop what we trade: bf-reconciler halt --reason 'stolen key'.",
        "Bizim işlemlerimizi durdurun: bf-reconciler halt --reason 'çalınan anahtar'.",
    ),
    "cancel_orders": Said(
        "At the exchange, cancel open orders and look at positions and trades that are not ours.",
        "Borsada açık emirleri iptal edin; bize ait olmayan pozisyon ve işlemlere bakın.",
    ),
    "check_withdrawals": Said(
        "Cancel pending withdrawals, remove addresses that are not yours from the address book, "
        "and have the exchange freeze withdrawals.",
        "Bekleyen çekimleri iptal edin, adres defterinden size ait olmayanları silin ve borsaya "
        "çekimleri dondurtun.",
    ),
    "check_payments": Said(
        "Look at P2P orders, fiat payments, cards and gifts; stop what is pending.",
        "P2P emirlerine, itibari ödemelere, kart ve hediyelere bakın; bekleyenleri durdurun.",
    ),
    "check_account": Said(
        "Look for keys, sub-accounts, allowlist entries and withdrawal addresses that are new, "
        "and delete them.",
        "Yeni anahtar, alt hesap, IP listesi kaydı ve çekim adresi arayın ve silin.",
    ),
    "check_transfers": Said(
        "Look into sub-accounts and other wallets: funds may have been moved there; their keys "
        "may be stolen, too.",
        "Alt hesaplara ve diğer cüzdanlara bakın: varlıklar oraya taşınmış, anahtarları da "
        "çalınmış olabilir.",
    ),
    "check_products": Said(
        "Look at earn, options, conversions and copy trading; end what is not yours.",
        "Earn, opsiyon, dönüştürme ve kopya işlemlere bakın; size ait olmayanları sonlandırın.",
    ),
    "check_source": Said(
        "Find where it leaked (bots and their files, backups, logs, the machine) before a new "
        "key goes the same way.",
        "Yeni anahtar da aynı yoldan gitmeden nereden sızdığını bulun (botlar ve dosyaları, "
        "yedekler, günlükler, makine).",
    ),
    "check_bound": Said(
        "It works from the addresses above alone: whoever used it is on one of those machines or "
        "proxies. Take all keys there as stolen, before a new key goes the same way.",
        "Yalnızca yukarıdaki adreslerden çalışır: onu kullanan, o makine ya da proxy'lerden "
        "birindedir. Yeni anahtar da aynı yoldan gitmeden oradaki tüm anahtarları çalınmış sayın.",
    ),
    "rotate": Said(
        "Make a new key without the rights it does not need ({guide}), put it into `next` of the "
        "entry and run bf-reconciler rotate {name}.",
        "Gereksiz hakları olmayan yeni bir anahtar oluşturun ({guide}), kaydın `next` alanına "
        "koyun ve bf-reconciler rotate {name} çalıştırın.",
    ),
    "rotate_twins": Said(
        "Rotate the same key there, too: {twins}.", "Aynı anahtarı orada da değiştirin: {twins}."
    ),
    "resume": Said(
        "Once all of that is done: bf-reconciler resume.",
        "Hepsi bittikten sonra: bf-reconciler resume.",
    ),
}
GUIDE = "bf-reconciler exchanges {}"


def text(found: Row, lang: Language) -> Group:
    """The whole report."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, lines in _parts(found, lang):
        shown = [Text(line) if isinstance(line, str) else line for line in lines]
        if shown:
            grid.add_row(Text(name.in_(lang)), Group(*shown))
    return Group(*_headline(found, lang), Text(), grid)


def _headline(found: Row, lang: Language) -> Iterator[Text]:
    words = HEAD.in_(lang).format(found["name"], _title(found), found["api_key"])
    yield Text(words, style="bold")
    if found["tested_at"] is None:
        yield Text(NEVER.in_(lang), style="yellow")
        return
    at = tables.moment(found["tested_at"])
    yield Text(TESTED.in_(lang).format(tables.ago(found["tested_at"], lang), at))
    if found["accepted"] != "yes":
        yield Text(REFUSED.in_(lang), style="yellow")
    if found["expires_at"]:
        yield Text(EXPIRES.in_(lang).format(tables.moment(found["expires_at"])))


def _parts(found: Row, lang: Language) -> Iterator[tuple[Said, Iterable[Line]]]:
    yield CAN, _can(found, "yes", lang) or [NOTHING.in_(lang)]
    yield MAY, [*_can(found, "may", lang), *_strange(found, lang)]
    yield CANNOT, _can(found, "no", lang)
    yield FROM, _from(found, lang)
    yield TRADES, [_trades(found, lang)]
    yield CAPITAL, _capital(found, lang)
    yield TWINS, _told(TWINS_TOLD, found["twins"], lang)
    yield EGRESS, _told(EGRESS_TOLD, found["same_egress"], lang)
    yield STEPS, _steps(found, lang)


def _can(found: Row, can: str, lang: Language) -> list[Line]:
    style = {"yes": "red", "may": "yellow", "no": ""}[can]
    return [Text(_act(each, lang), style=style) for each in found["rights"] if each["can"] == can]


def _act(right: Row, lang: Language) -> str:
    act = ACTS[right["scope"]].in_(lang) if right["scope"] in ACTS else right["scope"]
    return f"{act} ({right['right']})"


def _strange(found: Row, lang: Language) -> Iterator[Line]:
    if found["unknown_words"]:
        words = STRANGE.in_(lang).format(_few(found["unknown_words"], lang))
        yield Text(words, style="yellow")


def _from(found: Row, lang: Language) -> Iterator[Line]:
    words = ORIGINS[found["works_from"]].in_(lang).format(_few(found["allowlist"], lang))
    yield Text(words, style="red" if found["works_from"] == "anywhere" else "")
    if found["egress_ips"]:
        yield OURS.in_(lang).format(_few(found["egress_ips"], lang))


def _trades(found: Row, lang: Language) -> str:
    trading = {"spot", "margin", "futures"}
    if not any(r["scope"] in trading and r["can"] != "no" for r in found["rights"]):
        return NO_TRADING.in_(lang)
    pairs = _few(found["pairs"], lang) if found["pairs"] else NO_PAIRS.in_(lang)
    return ALL_PAIRS.in_(lang).format(_title(found), pairs)


def _capital(found: Row, lang: Language) -> Iterator[Line]:
    capital = found["capital"]
    parts = [f"{number(each['amount'])} {each['currency']}" for each in capital["sums"]]
    if capital["balance_ratio"]:
        parts.append(RATIO.in_(lang).format(f"{number(capital['balance_ratio'] * 100)} %"))
    if parts:
        yield DECLARED.in_(lang).format(" + ".join(parts))
    if capital["unlimited"]:
        yield UNLIMITED.in_(lang).format(_few(capital["unlimited"], lang))
    if not parts and not capital["unlimited"]:
        yield NO_CAPITAL.in_(lang)


def _told(words: Said, names: list[str], lang: Language) -> Iterator[Line]:
    if names:
        yield words.in_(lang).format(_few(names, lang))


def _steps(found: Row, lang: Language) -> Iterator[Line]:
    known = found["exchange"] in EXCHANGES
    values = {
        "exchange": _title(found),
        "page": guide(found["exchange"]).page.in_(lang) if known else "API",
        "guide": GUIDE.format(found["exchange"]),
        "ending": found["api_key"].lstrip("•") or "?",
        "name": found["name"],
        "twins": _few(found["twins"], lang),
    }
    for position, step in enumerate(found["steps"], 1):
        bound = step == "check_source" and found["works_from"] in {"listed", "hidden"}
        words = DOES["check_bound" if bound else step].in_(lang).format(**values)
        yield Text(f"{position}. {words}", style="bold" if position == 1 else "")


def _title(found: Row) -> str:
    row = EXCHANGES.get(found["exchange"])
    return row.title if row is not None else found["exchange"]


def _few(names: list[str], lang: Language) -> str:
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" {MORE.in_(lang).format(rest)}" if rest > 0 else "")
