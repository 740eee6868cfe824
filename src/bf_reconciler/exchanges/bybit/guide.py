"""Bybit: how to create its key, what its limits are, and what is not known of it."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from bf_reconciler.exchanges.guide import Cell, Fact, Guide, Known
from bf_reconciler.facts import Said

GUIDE = Guide(
    page=Said("the API page", "API sayfası"),
    steps=(
        Said(
            (
                "Log in to Bybit. A sub-account of its own keeps other funds out of reach of the "
                "strategy."
            ),
            (
                "Bybit'te oturum açın. Ayrı bir alt hesap, diğer varlıkları stratejinin "
                "erişiminden uzak tutar."
            ),
        ),
        Said(
            (
                "Open the API page and create an API key with a secret; name it like the "
                "connection. For `environment: testnet` or `demo` create it there."
            ),
            (
                "API sayfasında gizli anahtarlı bir API anahtarı oluşturun; adı bağlantının adıyla "
                "aynı olsun. `environment: testnet` ya da `demo` için anahtarı orada oluşturun."
            ),
        ),
        Said(
            (
                "Choose read-write, and of the permissions Spot: Trade. Contracts: Orders and "
                "Positions only where `markets` has futures."
            ),
            (
                "Okuma-yazma seçin; izinlerden Spot: Trade. Contracts: Orders ve Positions "
                "yalnızca `markets` içinde futures varsa."
            ),
        ),
        Said(
            (
                "Leave everything under Wallet (Account Transfer, Subaccount Transfer, Withdrawal) "
                "off, and P2P, fiat, Pay, card, Earn and convert, too."
            ),
            (
                "Wallet altındaki her şey (Account Transfer, Subaccount Transfer, Withdrawal) "
                "kapalı kalsın; P2P, itibari para, Pay, kart, Earn ve dönüştürme de."
            ),
        ),
        Said(
            "Bind the IP addresses of the server; without one the key ends after 90 days.",
            "Sunucunun IP adreslerini bağlayın; adressiz anahtar 90 gün sonra sona erer.",
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
        Fact.READ: Cell(
            Known.DOCUMENTED,
            Said("every key may read", "her anahtar okuyabilir"),
        ),
        Fact.SPOT: Cell(Known.DOCUMENTED),
        Fact.FUTURES: Cell(
            Known.PARTLY,
            Said(
                "unified accounts list derivatives by default, which proves neither",
                "birleşik hesaplar türevleri kendiliğinden listeler; bu hiçbir şeyi kanıtlamaz",
            ),
        ),
        Fact.WITHDRAW: Cell(Known.DOCUMENTED),
        Fact.IP_LIST: Cell(Known.DOCUMENTED),
        Fact.EXPIRY: Cell(Known.DOCUMENTED),
        Fact.CREATION: Cell(Known.DOCUMENTED),
        Fact.ORDERS: Cell(
            Known.DOCUMENTED, Said("of spot, the first 20", "spot emirlerin ilk 20'si")
        ),
    },
    limits=(
        Said(
            "A key without an IP binding ends 7 days after a change of the account's password.",
            (
                "IP adresine bağlı olmayan bir anahtar, hesap parolası değiştikten 7 gün sonra "
                "sona erer."
            ),
        ),
        Said(
            "Withdrawal can be given only to a key of the main account.",
            "Withdrawal yalnızca ana hesabın anahtarına verilebilir.",
        ),
        Said(
            (
                "An address may send 600 requests in 5 seconds; then it is refused for 10 minutes "
                "or more; we wait 10 minutes then."
            ),
            (
                "Bir adres 5 saniyede 600 istek gönderebilir; aşarsa 10 dakika veya daha uzun süre "
                "reddedilir; o zaman 10 dakika beklenir."
            ),
        ),
    ),
    doubts=(
        Said(
            "Whether Withdraw counts on a read-only key that lists it: here it does.",
            (
                "Salt okunur bir anahtarın listesinde Withdraw varsa bunun geçerli olup olmadığı: "
                "burada geçerli sayılır."
            ),
        ),
        Said(
            "The HTTP status of a refused key: 200 or 401.",
            "Reddedilen bir anahtarın HTTP durumu: 200 ya da 401.",
        ),
    ),
)
