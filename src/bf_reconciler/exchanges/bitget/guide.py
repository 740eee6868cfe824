"""Bitget: how to create its key, what its limits are, and what is not known of it."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from bf_reconciler.exchanges.guide import Cell, Fact, Guide, Known
from bf_reconciler.facts import Said

GUIDE = Guide(
    page=Said("API Management", "API Yönetimi"),
    steps=(
        Said(
            (
                "Log in to Bitget. A sub-account of its own keeps other funds out of reach of the "
                "strategy."
            ),
            (
                "Bitget'te oturum açın. Ayrı bir alt hesap, diğer varlıkları stratejinin "
                "erişiminden uzak tutar."
            ),
        ),
        Said(
            (
                "Open API Management and create an API key with a secret; name it like the "
                "connection. For `environment: demo` create it in the demo."
            ),
            (
                "API Yönetimi sayfasında gizli anahtarlı bir API anahtarı oluşturun; adı "
                "bağlantının adıyla aynı olsun. `environment: demo` için anahtarı demo ortamında "
                "oluşturun."
            ),
        ),
        Said(
            (
                "Choose an API passphrase and keep it. It is not the login password, and the file "
                "needs it."
            ),
            "Bir API parolası belirleyip saklayın. Oturum parolası değildir ve dosyada gereklidir.",
        ),
        Said(
            (
                "Classic account: read-write for spot trade; futures orders and holdings only "
                "where `markets` has futures. Unified account: read-write with UTA trade."
            ),
            (
                "Klasik hesap: spot işlem için okuma-yazma; vadeli emirler ve pozisyonlar yalnızca "
                "`markets` içinde futures varsa. Birleşik hesap: UTA trade ile okuma-yazma."
            ),
        ),
        Said(
            "Leave Transfer, Withdraw, P2P and sub-account management off.",
            "Transfer, Withdraw, P2P ve alt hesap yönetimi kapalı kalsın.",
        ),
        Said("Bind the IP addresses of the server.", "Sunucunun IP adreslerini bağlayın."),
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
        Fact.FUTURES: Cell(
            Known.PARTLY,
            Said(
                "classic accounts alone; a unified one has one right for all trading",
                "yalnızca klasik hesapta; birleşik hesapta tüm işlemler için tek hak vardır",
            ),
        ),
        Fact.WITHDRAW: Cell(
            Known.PARTLY,
            Said(
                "not by a key that shows the older words; then a person can attest it",
                "eski kelimeleri gösteren anahtarda bildirilmez; o zaman bir kişi beyan edebilir",
            ),
        ),
        Fact.IP_LIST: Cell(Known.DOCUMENTED),
        Fact.EXPIRY: Cell(Known.UNTOLD),
        Fact.CREATION: Cell(Known.UNTOLD),
    },
    limits=(
        Said("At most 10 keys per account.", "Hesap başına en çok 10 anahtar."),
        Said(
            "A key can withdraw only from addresses on its allowlist.",
            "Bir anahtar yalnızca IP listesindeki adreslerden para çekebilir.",
        ),
        Said(
            (
                "Bitget allows an address 20 time calls in a second, and a classic account one "
                "description of its key."
            ),
            (
                "Bitget bir adrese saniyede 20 saat çağrısı, klasik bir hesaba saniyede bir "
                "anahtar bilgisi hakkı tanır."
            ),
        ),
    ),
    doubts=(
        Said(
            (
                "Which words classic accounts really show: the page that lists them has others in "
                "its example."
            ),
            (
                "Klasik hesapların gerçekte hangi kelimeleri gösterdiği: onları listeleyen "
                "sayfanın örneğinde başkaları var."
            ),
        ),
        Said("How an empty allowlist is written.", "Boş bir IP listesinin nasıl yazıldığı."),
        Said(
            "Whether keys end at all: no document speaks of it.",
            "Anahtarların süresinin dolup dolmadığı: hiçbir belge bundan söz etmiyor.",
        ),
        Said(
            "What a read-only key of a unified account lists, and what UTA management covers.",
            (
                "Birleşik hesabın salt okunur anahtarının neleri listelediği ve UTA yönetiminin "
                "neyi kapsadığı."
            ),
        ),
        Said(
            (
                "Good keys are said to be refused as unknown now and then: a refusal is asked "
                "again before it is believed."
            ),
            (
                "Geçerli anahtarların da zaman zaman bilinmeyen diye reddedildiği söyleniyor: bir "
                "ret, inanılmadan önce yeniden sorulur."
            ),
        ),
    ),
)
