"""HTX: how to create its key, what its limits are, and what is not known of it."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from bf_reconciler.exchanges.guide import Cell, Fact, Guide, Known
from bf_reconciler.facts import Said

GUIDE = Guide(
    page=Said("API Management", "API Yönetimi"),
    steps=(
        Said(
            (
                "Log in to HTX with the main account: a key of a sub-user may not be able to read "
                "its own rights."
            ),
            (
                "HTX'te ana hesapla oturum açın: alt kullanıcı anahtarı kendi haklarını "
                "okuyamayabilir."
            ),
        ),
        Said(
            "Open API Management and create an API key; put the connection's name into its note.",
            (
                "API Yönetimi sayfasında bir API anahtarı oluşturun; not olarak bağlantının adını "
                "yazın."
            ),
        ),
        Said(
            (
                "Permissions: Read-only and Trade. Leave Withdraw off. Trade covers spot, margin, "
                "futures and transfers together."
            ),
            (
                "İzinler: Read-only ve Trade. Withdraw kapalı kalsın. Trade; spot, marjin, vadeli "
                "işlem ve transferleri birlikte kapsar."
            ),
        ),
        Said(
            (
                "Bind the IP addresses of the server, 20 at most; without one the key ends after "
                "90 days without use, by an older document 90 days after its creation."
            ),
            (
                "Sunucunun IP adreslerini bağlayın; en çok 20 adres. Adressiz anahtar 90 gün "
                "kullanılmazsa, eski bir belgeye göre oluşturulduktan 90 gün sonra sona erer."
            ),
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
        Fact.FUTURES: Cell(
            Known.UNTOLD,
            Said("one right for all trading", "tüm işlemler için tek hak"),
        ),
        Fact.WITHDRAW: Cell(Known.DOCUMENTED),
        Fact.IP_LIST: Cell(Known.DOCUMENTED),
        Fact.EXPIRY: Cell(
            Known.DOCUMENTED,
            Said("in whole days", "tam gün olarak"),
        ),
        Fact.CREATION: Cell(Known.DOCUMENTED),
        Fact.ASSETS: Cell(
            Known.PARTLY,
            Said(
                "of keys of sub-users alone; others are told a sum",
                "yalnızca alt kullanıcı anahtarlarında; diğerlerine toplam bildirilir",
            ),
        ),
    },
    limits=(
        Said(
            "At most 20 IP addresses or networks per key, IPv4 or IPv6.",
            "Anahtar başına en çok 20 IP adresi veya ağ, IPv4 ya da IPv6.",
        ),
        Said(
            (
                "HTX allows 20 descriptions of a key in 2 seconds, and 10 requests in a second "
                "elsewhere."
            ),
            "HTX 2 saniyede 20 anahtar bilgisi, başka çağrılarda saniyede 10 istek hakkı tanır.",
        ),
    ),
    doubts=(
        Said(
            "Whether the call for the key demands the user's number, as older documents have it.",
            "Anahtar çağrısının, eski belgelerdeki gibi kullanıcı numarası isteyip istemediği.",
        ),
        Said(
            "Whether a key of a sub-user may describe itself.",
            "Alt kullanıcı anahtarının kendini anlatıp anlatamadığı.",
        ),
        Said(
            (
                "How far our clock may be off: 5 minutes by one document, less than one by "
                "another; the smaller is taken."
            ),
            (
                "Saatimizin ne kadar sapabileceği: bir belgeye göre 5 dakika, bir başkasına göre 1 "
                "dakikadan az; küçük olan alınır."
            ),
        ),
    ),
)
