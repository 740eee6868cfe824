"""What a row and its guide tell of an exchange, sentence by sentence, in one language."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections.abc import Mapping
from dataclasses import dataclass

from bf_reconciler.cli.seen_live import SeenLive
from bf_reconciler.exchanges import Exchange
from bf_reconciler.exchanges.guide import EVERYWHERE, Cell, Fact, Known
from bf_reconciler.exchanges.guides import guide
from bf_reconciler.facts import QUESTIONS, Language, Said

FACTS: Mapping[Fact, Said] = {
    Fact.READ: Said("can read", "okuma izni"),
    Fact.SPOT: Said("can trade spot", "spot işlem izni"),
    Fact.FUTURES: Said("can trade futures", "vadeli işlem izni"),
    Fact.WITHDRAW: Said("can withdraw", "para çekme izni"),
    Fact.IP_LIST: Said("IP list", "IP listesi"),
    Fact.OWN_ADDRESS: Said("our own address", "kendi adresimiz"),
    Fact.EXPIRY: Said("expiry", "bitiş tarihi"),
    Fact.CREATION: Said("creation", "oluşturulma tarihi"),
    Fact.CLOCK: Said("clock", "saat"),
    Fact.ASSETS: Said("names of the assets held", "tutulan varlıkların adları"),
    Fact.ORDERS: Said("pairs of open orders", "açık emirlerin pariteleri"),
}
KNOWN: Mapping[Known, Said] = {
    Known.DOCUMENTED: Said("documented", "belgelenmiş"),
    Known.PARTLY: Said("in part", "kısmen"),
    Known.RULE: Said("by rule", "kurala göre"),
    Known.ATTESTABLE: Said("attestable", "beyan edilebilir"),
    Known.UNTOLD: Said("not reported", "bildirilmez"),
}
MEANING: Mapping[Known, Said] = {
    Known.DOCUMENTED: Said(
        "by its documents, the exchange reports it", "belgelerine göre borsa bildirir"
    ),
    Known.PARTLY: Said(
        "reported for some keys or accounts, or only in part",
        "bazı anahtar veya hesaplarda ya da bir bölümüyle bildirir",
    ),
    Known.RULE: Said(
        "not reported; derived from a rule that the exchange publishes",
        "bildirmez; borsanın yayımladığı bir kuraldan çıkar",
    ),
    Known.ATTESTABLE: Said(
        "not reported; a person can attest it in the file, with name and date",
        "bildirmez; bir kişi dosyada adıyla ve tarihiyle beyan edebilir",
    ),
    Known.UNTOLD: Said("the result is Unknown", "sonuç bilinmiyor (Unknown) olur"),
}
LAST: Said = Said(
    "Run `bf-reconciler add EXCHANGE`: it asks for the values, tests them, and writes them "
    "encrypted.",
    "`bf-reconciler add EXCHANGE` çalıştırın: değerleri sorar, sınar ve şifreli olarak yazar.",
)
SEEN: Said = Said("seen live", "canlı görüldü")
SEEN_MEANING: Said = Said(
    "read from the answers to a live key", "canlı bir anahtara verilen yanıtlardan okundu"
)
NONE_SEEN: Said = Said(
    "No live exchange has been tested yet: all of this comes from documents and from responses "
    "that others published.",
    "Hiçbir canlı borsaya soru sorulmadı: buradaki her şey belgelerden ve başkalarının "
    "yayımladığı yanıtlardandır.",
)
NEVER: Said = Said(
    "Never seen live: based on documentation and on responses that others published.",
    "Canlı görülmedi: belgelere ve başkalarının yayımladığı yanıtlara dayanır.",
)
SEEN_ON: Said = Said(
    "Seen live on {}. What is only documented was not in those answers.",
    "Canlı görüldü: {}. Yalnızca belgelenmiş olanlar o yanıtlarda yoktu.",
)


@dataclass(frozen=True, slots=True)
class ExchangeText:
    """One exchange in one language."""

    row: Exchange
    language: Language
    live: SeenLive | None = None

    @property
    def standing(self) -> str:
        """Whether it was seen live, and when."""
        if self.live is None:
            return NEVER.in_(self.language)
        return SEEN_ON.in_(self.language).format(self.live.on)

    def level(self, fact: Fact) -> Said:
        """How sure one can be of a fact, in a word or two."""
        known = self.cell(fact).known
        seen = self.live is not None and fact in self.live.facts
        return SEEN if seen and known is Known.DOCUMENTED else KNOWN[known]

    def cell(self, fact: Fact) -> Cell:
        return cell(self.row, fact)

    def known(self, fact: Fact) -> str:
        """How sure one can be of a fact, and what is to be said of it."""
        found = self.cell(fact)
        level = self.level(fact).in_(self.language)
        return f"{level} ({found.but.in_(self.language)})" if found.but else level

    @property
    def steps(self) -> list[str]:
        steps = [said.in_(self.language) for said in guide(self.row.id).steps]
        return [*steps, LAST.in_(self.language).replace("EXCHANGE", self.row.id)]

    @property
    def doubts(self) -> list[str]:
        return [said.in_(self.language) for said in guide(self.row.id).doubts]

    @property
    def notes(self) -> list[str]:
        return [note.in_(self.language) for note in self.row.people.notes]

    @property
    def rights(self) -> dict[str, str]:
        return {
            str(scope): name.in_(self.language) for scope, name in self.row.people.needs.items()
        }

    @property
    def limits(self) -> list[str]:
        """What the exchange allows, and what we allow ourselves."""
        told = [said.in_(self.language) for said in guide(self.row.id).limits]
        return [*told, *(said.in_(self.language) for said in pace(self.row))]

    @property
    def expiry(self) -> list[str]:
        """The published rule by which keys end."""
        return [said.in_(self.language) for said in rule(self.row)]


def cell(row: Exchange, fact: Fact) -> Cell:
    return guide(row.id).facts.get(fact) or EVERYWHERE[fact]


def pace(row: Exchange) -> tuple[Said, ...]:
    """What a probe asks for, and how fast."""
    requests = row.calls.requests
    most_en, most_tr = ("at most ", "en çok ") if requests > len(QUESTIONS) else ("", "")
    return (
        Said(
            f"A test makes {most_en}{requests} requests; at most "
            f"{row.pace.rate:g} a second are sent from one address.",
            f"Bir test {most_tr}{requests} istek gönderir; bir adresten toplamda saniyede en "
            f"çok {row.pace.rate:g} istek gönderilir.",
        ),
        clock_window(row),
    )


def clock_window(row: Exchange) -> Said:
    """How far our clock may be off."""
    window, ahead = row.pace.window, row.pace.ahead
    if window is None:
        return Said(
            "No signed call carries the time, so none is rejected for a wrong clock.",
            "Hiçbir imzalı çağrı saati taşımaz: saat sapsa da bu yüzden çağrı reddedilmez.",
        )
    if ahead is not None:
        return Said(
            f"Our clock may be {window:g} s behind the exchange's, or {ahead:g} s ahead of "
            "it, before signed calls are rejected.",
            f"Saatimiz borsanınkinden en çok {window:g} sn geri ya da {ahead:g} sn ileri "
            "olabilir; fazlasında imzalı çağrılar reddedilir.",
        )
    return Said(
        f"Our clock may be off by {window:g} s before signed calls are rejected.",
        f"Saatimiz en çok {window:g} sn sapabilir; fazlasında imzalı çağrılar reddedilir.",
    )


def rule(row: Exchange) -> tuple[Said, ...]:
    found = row.expiry
    if found is None:
        return ()
    days = found.after.days
    whose = (
        Said(
            "A key that can do more than read and is not bound to an address",
            "Okumaktan fazlasını yapabilen ve adrese bağlı olmayan bir anahtar",
        )
        if found.scopes
        else Said("A key that is not bound to an address", "Adrese bağlı olmayan bir anahtar")
    )
    if found.counts == "creation":
        return (
            Said(
                f"{whose.en} expires {days} days after its creation ({found.source}).",
                f"{whose.tr} oluşturulduktan {days} gün sonra sona erer ({found.source}).",
            ),
        )
    use = (
        Said("every test counts as use", "her test kullanım sayılır")
        if found.probes_count
        else Said(
            "it is not documented whether a test counts as use",
            "testin kullanım sayılıp sayılmadığı belgelenmemiştir",
        )
    )
    return (
        Said(
            f"{whose.en} expires after {days} days without use ({found.source}); {use.en}.",
            f"{whose.tr} {days} gün kullanılmazsa sona erer ({found.source}); {use.tr}.",
        ),
    )
