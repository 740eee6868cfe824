"""Binance: how to create its key, what its limits are, and what is not known of it."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from bf_reconciler.exchanges.guide import Cell, Fact, Guide, Known
from bf_reconciler.facts import Said

GUIDE = Guide(
    page=Said("API Management", "API Yönetimi"),
    steps=(
        Said(
            (
                "Log in to Binance. A sub-account of its own keeps other funds out of reach of the "
                "strategy."
            ),
            (
                "Binance'te oturum açın. Ayrı bir alt hesap, diğer varlıkları stratejinin "
                "erişiminden uzak tutar."
            ),
        ),
        Said(
            (
                "Where `markets` has futures, open the futures account first: an older key cannot "
                "use it."
            ),
            (
                "`markets` içinde futures varsa önce vadeli işlem hesabını açın: daha eski bir "
                "anahtar onu kullanamaz."
            ),
        ),
        Said(
            "Open API Management and create an API key; name it like the connection.",
            (
                "API Yönetimi sayfasında bir API anahtarı oluşturun; adı bağlantının adıyla aynı "
                "olsun."
            ),
        ),
        Said(
            (
                "Restrict it to the IP addresses of the server first: without that the right to "
                "trade lapses in time."
            ),
            (
                "Önce anahtarı sunucunun IP adresleriyle kısıtlayın: kısıtlama yoksa işlem izni "
                "bir süre sonra kendiliğinden kapanır."
            ),
        ),
        Said(
            (
                "Permissions: Enable Reading and Enable Spot & Margin Trading. Enable Futures only "
                "where `markets` has futures, Enable Margin Loan, Repay & Transfer only where it "
                "has margin."
            ),
            (
                "İzinler: Enable Reading ve Enable Spot & Margin Trading. Enable Futures yalnızca "
                "`markets` içinde futures, Enable Margin Loan, Repay & Transfer yalnızca margin "
                "varsa."
            ),
        ),
        Said(
            "Leave Enable Withdrawals, Permits Universal Transfer and internal transfer off.",
            "Enable Withdrawals, Permits Universal Transfer ve iç transfer kapalı kalsın.",
        ),
        Said(
            (
                "Confirm, and copy API key and secret at once: many exchanges show the secret only "
                "now."
            ),
            (
                "Onaylayın; API anahtarını ve gizli anahtarı hemen kopyalayın: birçok borsa gizli "
                "anahtarı yalnızca şimdi gösterir."
            ),
        ),
    ),
    facts={
        Fact.READ: Cell(Known.DOCUMENTED),
        Fact.SPOT: Cell(Known.DOCUMENTED),
        Fact.FUTURES: Cell(Known.DOCUMENTED),
        Fact.WITHDRAW: Cell(Known.DOCUMENTED),
        Fact.IP_LIST: Cell(
            Known.PARTLY,
            Said(
                "whether there is one, not what is on it",
                "olup olmadığı bildirilir, içeriği bildirilmez",
            ),
        ),
        Fact.EXPIRY: Cell(
            Known.PARTLY,
            Said(
                "only where the key's answer has a date",
                "yalnızca anahtarın yanıtında tarih varsa",
            ),
        ),
        Fact.CREATION: Cell(Known.DOCUMENTED),
        Fact.ORDERS: Cell(
            Known.PARTLY,
            Said("of the one pair that is asked for", "yalnızca sorulan paritenin"),
        ),
    },
    limits=(
        Said(
            (
                "Three rules were published for keys without IP addresses: the right to trade ends "
                "after 30 days (2021), a key not used for 30 days is deleted, and (2026) any key "
                "that can do more than read will be deleted, no day told. Bind the key."
            ),
            (
                "IP adresine bağlı olmayan anahtarlar için üç kural yayımlandı: işlem izni 30 gün "
                "sonra kapanır (2021), 30 gün kullanılmayan anahtar silinir ve (2026) okumaktan "
                "fazlasını yapabilen her anahtar silinecektir, günü bildirilmedi. "
                "Anahtarı bağlayın."
            ),
        ),
        Said(
            "Enable Withdrawals can be given only to a key that is restricted to IP addresses.",
            "Enable Withdrawals yalnızca IP adresleriyle kısıtlanmış bir anahtara verilebilir.",
        ),
        Said(
            (
                "An address may spend 6000 weight in a minute; going on after a refusal gets it "
                "banned for 2 minutes to 3 days."
            ),
            (
                "Bir adres dakikada 6000 ağırlık harcayabilir; retten sonra sürdürmek, adresi 2 "
                "dakikadan 3 güne kadar engelletir."
            ),
        ),
    ),
    doubts=(
        Said(
            (
                "When the right to trade of a key without an IP binding lapses: 30 days by the "
                "announcement of 2021, up to 60 in examples."
            ),
            (
                "IP adresine bağlı olmayan bir anahtarın işlem izninin ne zaman kapandığı: 2021 "
                "duyurusuna göre 30 gün, örneklerde 60 güne kadar."
            ),
        ),
        Said(
            "Whether the date of that is still told: newer documents leave the field out.",
            "Bu tarihin hâlâ bildirilip bildirilmediği: yeni belgelerde o alan yok.",
        ),
        Said(
            (
                "Whether a key that is limited to some pairs is refused by the same code as a "
                "wrong key."
            ),
            (
                "Belirli çiftlerle sınırlı bir anahtarın, yanlış bir anahtarla aynı kodla "
                "reddedilip reddedilmediği."
            ),
        ),
    ),
)
